"""Rows of a dataset, by the fastest way that gives what HDF5 itself would give."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from .chunks import Chunks
from .decoding import Filters
from .filters import ensure_filters
from .pieces import read_pieces
from .unwritten import check_read

_NUMBERS = "uif"
"""Kinds of dtypes whose values stand in the file as they do in memory."""


def read_rows(dataset: h5py.Dataset, path: Path, out: NDArray[Any], start: int) -> None:
    """Fill ``out``, (rows, \\*frame shape) of the dataset's dtype, with the rows from ``start`` on.

    Raises
    ------
    ModuleNotFoundError
        When hdf5plugin is needed and not installed; it names the command that installs it.
    OSError
        When a row is damaged, cut off or was never written; it names file and frame.
    """
    filters = Filters.of(dataset) if is_as_in_memory(dataset) else None
    if filters and not filters.undo and read_pieces(dataset, path, out, start):
        return
    shape, extent = dataset.chunks, dataset.shape
    if filters and filters.undo and shape:
        Chunks(dataset=dataset, extent=extent, shape=shape, filters=filters, path=path, out=out, start=start).read()
        return
    ensure_filters(dataset, path)
    dataset.read_direct(out, np.s_[start : start + len(out)])
    check_read(dataset, path, out, start)


def is_as_in_memory(dataset: h5py.Dataset) -> bool:
    """Whether values need not be converted, and nobody in this process may hold newer ones back."""
    dtype, file = dataset.dtype, dataset.file
    return (
        dtype.kind in _NUMBERS
        and dataset.id.get_type() == h5py.h5t.py_create(dtype)
        and file.id.get_intent() & h5py.h5f.ACC_RDWR == 0
        and file.driver == "sec2"
        and 0 not in dataset.shape
    )
