"""When the frames of a Zarr store were taken."""

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.place import Place

from .layout import LAYOUT, METADATA
from .opening import array_folder, zarr_python


def times_into(place: Place, out: NDArray[np.float64], start: int) -> None:
    """Fill ``out``, (frames,), with the times from that of frame ``start`` on, POSIX seconds; NaN where there is none.

    Parameters
    ----------
    place
        The store, or the image's array in it, beside which the times stand.

    Raises
    ------
    UntrustedPathError
        When they are outside of what may be opened.
    OSError
        When they cannot be read.
    """
    out.fill(np.nan)
    folder = place.checked(array_folder(place.checked()).parent / LAYOUT.timestamp)
    if not (folder / METADATA).is_file():
        return
    try:
        array = zarr_python().open_array(folder, mode="r")
        frames = array.shape[1]
        events = array[start // frames : -(-(start + len(out)) // frames)]
    except ModuleNotFoundError:
        raise
    except Exception as error:
        msg = f"{folder} cannot be read as a Zarr array: {type(error).__name__}: {error}"
        raise OSError(msg) from error
    times = np.asarray(events).reshape(-1)[start % frames :][: len(out)]
    out[: len(times)] = times
