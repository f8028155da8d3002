"""The ophyd front: a camera as an ``ophyd.Device``."""

try:
    import ophyd  # noqa: F401
except ModuleNotFoundError as error:
    message = "framestore.ophyd needs ophyd and bluesky: pip install 'framestore[ophyd]'"
    raise ModuleNotFoundError(message, name="ophyd") from error

from .camera import Camera
from .signals import FrameReference, FramesPerPoint
from .status import PointStatus

__all__ = ["Camera", "FrameReference", "FramesPerPoint", "PointStatus"]
