"""The frame path: a reader thread, a bounded queue, a writer thread, and numbers on the side.

It knows neither bluesky nor ophyd nor asyncio; a device front marshals into its own world.
"""

from .acquisition import Acquisition
from .call import StuckSourceError
from .combination import COMBINATIONS
from .exposures import exposure_time
from .order import Order
from .saved import SavedFrames, frames_of
from .statistics import STATISTICS

__all__ = [
    "COMBINATIONS",
    "STATISTICS",
    "Acquisition",
    "Order",
    "SavedFrames",
    "StuckSourceError",
    "exposure_time",
    "frames_of",
]
