"""Plans, and what is put around plans: what bluesky's own leave to be said for cameras that write files.

``count``, ``scan``, ``grid_scan`` and the rest of bluesky's plans need nothing from here.
"""

from importlib.util import find_spec

if not find_spec("bluesky"):
    message = "framestore.plans needs bluesky: pip install 'framestore[ophyd]'"
    raise ModuleNotFoundError(message, name="bluesky")

from .declaring import declare_streams_decorator, declare_streams_wrapper
from .fly import fly, fly_points
from .image import Image, Snapshot
from .settings import settings_decorator, settings_wrapper
from .snapshot import snapshot
from .time_series import time_series

__all__ = [
    "Image",
    "Snapshot",
    "declare_streams_decorator",
    "declare_streams_wrapper",
    "fly",
    "fly_points",
    "settings_decorator",
    "settings_wrapper",
    "snapshot",
    "time_series",
]
