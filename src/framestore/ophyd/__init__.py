"""The ophyd front: a camera as an ``ophyd.Device``."""

from importlib.util import find_spec

if not (find_spec("ophyd") and find_spec("bluesky")):
    message = "framestore.ophyd needs ophyd and bluesky: pip install 'framestore[ophyd]'"
    raise ModuleNotFoundError(message, name="ophyd")

from .camera import Camera
from .settings import SettingSignal
from .signals import FrameReference, WholeNumber
from .status import PointStatus

__all__ = ["Camera", "FrameReference", "PointStatus", "SettingSignal", "WholeNumber"]
