"""When the frames of an HDF5 file were taken: as framestore says it, or as areaDetector does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from framestore_handlers.place import MissingFileError, UntrustedPathError
from framestore_handlers.tiff.layout import EPICS_EPOCH

from .layout import LAYOUT
from .opening import check_whole

Find = Callable[[str], h5py.Dataset]
"""The dataset of a name; OSError when there is none."""

_GROUPS = ("/entry/instrument/NDAttributes", "/entry/instrument/detector/NDAttributes")
"""Where areaDetector's file writer puts what it knows of each frame, unless its layout file says otherwise.

https://areadetector.github.io/areaDetector/ADCore/NDFileHDF5.html
"""


def times_into(find: Find, path: Path, out: NDArray[np.float64], start: int) -> None:
    """Fill ``out``, (frames,), with the times from that of frame ``start`` on, POSIX seconds; NaN where there is none.

    areaDetector has the time of EPICS, in seconds and nanoseconds since 1990, and the driver's own, which is of the
    same kind in most drivers; the latter is taken where EPICS' is 0.

    Raises
    ------
    MissingFileError, UntrustedPathError
        When a link to the times leads to a file that is gone, or may not be opened.
    OSError
        When they are cut off.
    """
    own = _column(find, path, LAYOUT.timestamp, start, len(out))
    out[...] = np.nan if own is None else own
    for group in _GROUPS:
        if np.isnan(out).any():
            np.copyto(out, _since_1990(find, path, group, start, len(out)), where=np.isnan(out))


def _since_1990(find: Find, path: Path, group: str, start: int, count: int) -> NDArray[np.float64]:
    columns = [
        _column(find, path, f"{group}/NDArray{name}", start, count)
        for name in ("EpicsTSSec", "EpicsTSnSec", "TimeStamp")
    ]
    seconds, nanoseconds, times = (np.full(count, np.nan) if column is None else column for column in columns)
    epics = np.where(seconds > 0, EPICS_EPOCH + seconds + nanoseconds * 1e-9, np.nan)
    return np.where(np.isnan(epics), EPICS_EPOCH + times, epics)


def _column(find: Find, path: Path, name: str, start: int, count: int) -> NDArray[np.float64] | None:
    """Numbers of the frames, NaN behind the last; None where the file has no such column."""
    try:
        dataset = find(name)
    except (MissingFileError, UntrustedPathError):
        raise
    except OSError:
        return None
    if dataset.ndim != 1 or dataset.dtype.kind not in "iuf" or dataset.is_virtual:
        return None
    column = np.full(count, np.nan)
    stop = min(start + count, dataset.shape[0])
    if stop > start:
        if dataset.file.swmr_mode:
            check_whole(dataset, path, start, stop)
        values: Any = dataset[start:stop]
        column[: stop - start] = values
    return column
