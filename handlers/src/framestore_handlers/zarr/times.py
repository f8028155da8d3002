"""When the frames of a Zarr store were taken."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.place import Place

from .layout import LAYOUT
from .opening import array_folder, array_in, check_whole


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
    folder = place.checked(array_folder(place.checked()).parent / LAYOUT.timestamp)
    array = array_in(folder, place)
    if array is None:
        return
    _check(array, folder, frames)
    events = range(start // frames, min(-(-(start + len(out)) // frames), array.shape[0]))
    if not events:
        return
    check_whole(array, folder, place, events, range(frames))
    try:
        held = array[events.start : events.stop]
    except Exception as error:
        msg = f"{folder} cannot be read: {type(error).__name__}: {error}"
        raise OSError(msg) from error
    times = np.asarray(held).reshape(-1)[start % frames :][: len(out)]
    out[: len(times)] = times


def _check(array: Any, folder: Path, frames: int) -> None:
    """Check that an array holds a number for each frame of an event."""
    if array.shape[1:] != (frames,) or np.dtype(array.dtype).kind not in "fiu":
        msg = f"{folder} holds {array.shape} {array.dtype}, not times of {frames} frames an event: (events, {frames})"
        raise OSError(msg)
