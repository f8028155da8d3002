"""Numbers of an event, computed from its frames while they are in memory.

`Statistics` takes the frames of orders and has the thread. A `Region` says which pixels, `Wanted` which sums. A pass
goes over the pixels of a frame and adds to the `Lines` of an order: `NumpyPass` everywhere, `CompiledPass` where numba
is installed and frames are large. `Moments` makes the numbers of the sums, when the last frame is in.
"""

from .moments import STATISTICS
from .region import check_names
from .statistics import Statistics

__all__ = ["STATISTICS", "Statistics", "check_names"]
