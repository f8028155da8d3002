"""Plans, and what is put around plans: what bluesky's own leave to be said for cameras that write files.

``count``, ``scan``, ``grid_scan`` and the rest of bluesky's plans need nothing from here.
"""

from importlib.util import find_spec

if not find_spec("bluesky"):
    message = "framestore.plans needs bluesky: pip install 'framestore[ophyd]'"
    raise ModuleNotFoundError(message, name="bluesky")

from .dark_flat import dark_flat, take_darks, take_flats
from .declaring import declare_streams_decorator, declare_streams_wrapper
from .fly import fly, fly_points
from .image import Image, Snapshot
from .in_run import in_run_decorator, in_run_wrapper
from .settings import settings_decorator, settings_wrapper
from .snapshot import snapshot
from .time_series import time_series

__all__ = [
    "Image",
    "Snapshot",
    "dark_flat",
    "declare_streams_decorator",
    "declare_streams_wrapper",
    "fly",
    "fly_points",
    "in_run_decorator",
    "in_run_wrapper",
    "settings_decorator",
    "settings_wrapper",
    "snapshot",
    "take_darks",
    "take_flats",
    "time_series",
]
