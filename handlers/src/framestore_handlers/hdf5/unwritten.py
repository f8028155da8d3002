"""Rows that were never written: HDF5 gives their dataset's fill value for them, which is 0 where nobody chose another.

A writer that chose another value, such as NaN, means it to be read where it wrote nothing. A 0 is no such choice: a
pixel may be 0, and areaDetector's plugin sets it in each of its files.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from .opening import corners, lacking

_COMPARABLE = "biufc"
"""Kinds of dtypes that can be compared with 0."""


def check_written(dataset: h5py.Dataset, path: Path, start: int, stop: int) -> None:
    """Check that rows ``start`` to ``stop`` were written, or that their fill value was chosen.

    Raises
    ------
    OSError
        When one was not; it names file and frame.
    """
    if stop <= start or dataset.is_virtual or 0 in dataset.shape or is_chosen(dataset):
        return
    if dataset.chunks is None:
        _check_storage(dataset, path, start)
        return
    check_chunks(dataset, path, corners(dataset, start - start % dataset.chunks[0], stop), start)


def check_read(dataset: h5py.Dataset, path: Path, out: NDArray[Any], start: int) -> None:
    """Check it of the rows from ``start`` on that HDF5 gave as ``out``: only what came as zeros is looked for.

    To find a chunk takes the longer the more there are.

    Raises
    ------
    OSError
        See `check_written`.
    """
    stop, shape = start + len(out), dataset.chunks
    if shape is None or out.dtype.kind not in _COMPARABLE:
        check_written(dataset, path, start, stop)
        return

    def is_blank(corner: tuple[int, ...]) -> bool:
        rows = slice(max(corner[0] - start, 0), corner[0] + shape[0] - start)
        others = (slice(place, place + size) for place, size in zip(corner[1:], shape[1:], strict=True))
        part = out[(rows, *others)]
        return not part[(0,) * part.ndim] and not part.any()

    if 0 not in out.shape:
        check_chunks(dataset, path, filter(is_blank, corners(dataset, start - start % shape[0], stop)), start)


def check_chunks(dataset: h5py.Dataset, path: Path, wanted: Iterable[tuple[int, ...]], start: int) -> None:
    """Check it of the chunks that begin at some corners; ``start`` is the first row that is read.

    Raises
    ------
    OSError
        See `check_written`.
    """
    corners_wanted = list(wanted)
    if not corners_wanted or is_chosen(dataset):
        return
    corner = next(lacking(dataset, corners_wanted), None)
    if corner is not None:
        raise _unwritten(dataset, path, max(corner[0], start))


def _check_storage(dataset: h5py.Dataset, path: Path, start: int) -> None:
    """Check it of a dataset that stands in one piece, unless that is in other files."""
    plist = dataset.id.get_create_plist()
    is_here = plist.get_layout() == h5py.h5d.CONTIGUOUS and not plist.get_external_count()
    if is_here and dataset.id.get_offset() is None:
        raise _unwritten(dataset, path, start)


def is_chosen(dataset: h5py.Dataset) -> bool:
    """Whether whoever made the dataset chose what is read where nothing was written."""
    is_set = dataset.id.get_create_plist().fill_value_defined() == h5py.h5d.FILL_VALUE_USER_DEFINED
    return is_set and bool(np.any(dataset.fillvalue))


def _unwritten(dataset: h5py.Dataset, path: Path, row: int) -> OSError:
    return OSError(
        f"{path}: frame {row} of {dataset.name} was never written, or not all of it; HDF5 would make zeros of it. "
        "Read those that there are"
    )
