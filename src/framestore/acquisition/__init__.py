"""The frame path: a reader thread, a bounded queue, a writer thread, and numbers on the side.

It knows neither bluesky nor ophyd nor asyncio; a device front marshals into its own world.
"""

from .acquisition import Acquisition
from .call import StuckSourceError
from .combination import COMBINATIONS, combined_dtype
from .errand import Errand
from .exposure_time import exposure_time
from .order import Order
from .saved import SavedFrames, frames_of
from .settings import Known, SourceSettings
from .statistics import STATISTICS, check_names

__all__ = [
    "COMBINATIONS",
    "STATISTICS",
    "Acquisition",
    "Errand",
    "Known",
    "Order",
    "SavedFrames",
    "SourceSettings",
    "StuckSourceError",
    "check_names",
    "combined_dtype",
    "exposure_time",
    "frames_of",
]
