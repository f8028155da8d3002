"""When the frames of a Zarr store were taken."""

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.place import Place

from .layout import LAYOUT
from .numbers import Numbers


def times_into(place: Place, out: NDArray[np.float64], start: int, frames: int) -> None:
    """Fill ``out``, (frames,), with the times from that of frame ``start`` on, POSIX seconds; NaN where there is none.

    Parameters
    ----------
    place
        The store, or the image's array in it, beside which the times stand.
    out, start
        What to fill, and the number of its first frame.
    frames
        Frames in an event, as the image's array has them.

    Raises
    ------
    UntrustedPathError
        When they are outside of what may be opened.
    OSError
        When they cannot be read: a file of them is gone or cut off, or they are not numbers, one a frame.
    """
    out.fill(np.nan)
    numbers = Numbers.opened(place, LAYOUT.timestamp, frames, "fiu")
    if numbers is not None:
        times = numbers.read(start, len(out))
        out[: len(times)] = times
