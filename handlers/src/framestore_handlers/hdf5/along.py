"""Rows of a file that its writer has not finished, or never will."""

from pathlib import Path
from typing import Any

import h5py
from numpy.typing import NDArray

from .opening import check_whole
from .rows import read_rows

_ATTEMPTS = 10
"""Times that a row is read which changes meanwhile."""


def read_along(dataset: h5py.Dataset, path: Path, out: NDArray[Any], start: int) -> None:
    """Fill ``out`` with the rows from ``start`` on, while the file's writer may take frames anew.

    A row of one chunk is the old frame or the new one. One of several could be made of both: it is read again when its
    chunks are not where they were.

    Raises
    ------
    OSError
        When a chunk is not in the file, or cannot be read, or the row does not come to rest.
    """
    stop = start + len(out)
    for _ in range(_ATTEMPTS):
        places = check_whole(dataset, path, start, stop)
        read_rows(dataset, path, out, start)
        if dataset.chunks is None or dataset.chunks[1:] == dataset.shape[1:]:
            return
        dataset.refresh()
        if dataset.shape[0] < stop:
            break
        if check_whole(dataset, path, start, stop) == places:
            return
    msg = f"{path}: frames {start} to {stop} of {dataset.name} were taken back or anew each time that they were read"
    raise OSError(msg)
