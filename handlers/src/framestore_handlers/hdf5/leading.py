"""Frames of a dataset that has no dimension before those of a frame, or several, where one that counts them is usual.

areaDetector's HDF5 plugin writes a scan over several axes into as many dimensions, its extra dimensions, and what it
saves alone into none (https://areadetector.github.io/areaDetector/ADCore/NDFileHDF5.html).
"""

from collections.abc import Iterator
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from framestore_handlers.held import ShortFileError, check_count, check_type
from framestore_handlers.place import Place

from .filters import ensure_filters
from .opening import chunks_at
from .trust import check_sources
from .unwritten import check_written

Box = tuple[slice, ...]
"""From where to where, in each dimension."""
_NUM_DIMS = "NDArrayNumDims"
"""Attribute by which areaDetector says how many dimensions a frame has."""


def leading_of(dataset: h5py.Dataset) -> tuple[int, ...]:
    """Sizes of the dimensions before those of a frame; the first dimension, where the file does not say otherwise."""
    try:
        dims = np.ravel(dataset.attrs.get(_NUM_DIMS, dataset.ndim - 1))
    except (OSError, RuntimeError, TypeError, ValueError):  # not one of areaDetector, whatever it is
        return dataset.shape[:1]
    known = dims.size == 1 and dims.dtype.kind in "iu" and 0 < dims[0] <= dataset.ndim
    return dataset.shape[: dataset.ndim - int(dims[0])] if known else dataset.shape[:1]


def read_leading(dataset: h5py.Dataset, place: Place, out: NDArray[Any], start: int) -> None:
    """Fill ``out``, (rows, \\*row shape), with the rows from number ``start`` on.

    A row is what the last dimensions hold. Those before number the rows in C order, the last the fastest: in that
    order the plugin writes.

    Raises
    ------
    MissingFileError, UntrustedPathError
        When a source of a virtual dataset is gone, or may not be opened.
    OSError
        When the dataset holds rows of another shape or dtype, or fewer, or one of them was never written.
    """
    path = place.path
    at = dataset.ndim - out.ndim + 1
    leading, row = dataset.shape[: max(at, 0)], dataset.shape[max(at, 0) :]
    what = f"{path}: {dataset.name} of shape {dataset.shape}"
    check_type(what, (row, dataset.dtype), (out.shape[1:], out.dtype), in_order=True)
    check_count(what, prod(leading), start + len(out))
    found = list(boxes(leading, start, start + len(out)))
    if len(leading_of(dataset)) > 1 or dataset.file.swmr_mode:
        check_boxes(dataset, path, found)
    span = (found[0][0].start, found[-1][0].stop) if leading else (0, dataset.shape[0])
    if dataset.is_virtual:
        check_sources(dataset, place, *span)
    elif len(leading) < 2:
        check_written(dataset, path, *span)
    ensure_filters(dataset, path)
    done = 0
    for box in found:
        sizes = [part.stop - part.start for part in box]
        part = out[done : done + prod(sizes)]
        dataset.read_direct(part.reshape(*sizes, *row), (*box, *(slice(0, size) for size in row)))
        done += len(part)


def boxes(leading: tuple[int, ...], start: int, stop: int) -> Iterator[Box]:
    """The boxes that rows ``start`` to ``stop`` are, where dimensions of these sizes number them in C order.

    Examples
    --------
    >>> list(boxes((2, 3), 1, 6))
    [(slice(0, 1, None), slice(1, 3, None)), (slice(1, 2, None), slice(0, 3, None))]
    """
    if not leading:
        yield ()
        return
    inner = prod(leading[1:])
    while start < stop:
        index, skip = divmod(start, inner)
        whole = 0 if skip else (stop - start) // inner
        if whole:
            yield (slice(index, index + whole), *(slice(0, size) for size in leading[1:]))
            start += whole * inner
            continue
        end = min(stop, (index + 1) * inner)
        for box in boxes(leading[1:], skip, skip + end - start):
            yield (slice(index, index + 1), *box)
        start = end


def check_boxes(dataset: h5py.Dataset, path: Path, wanted: list[Box]) -> None:
    """Check that the chunks of these boxes are in the file: of a scan that was ended early, HDF5 makes zeros.

    Raises
    ------
    OSError
        When a chunk was never written, or lies beyond the end of the file.
    """
    if dataset.chunks is None:
        return
    size, wanted_corners = path.stat().st_size, [corner for box in wanted for corner in _corners(dataset, box)]
    for corner, info in chunks_at(dataset, wanted_corners):
        if info is None or info.byte_offset is None or info.byte_offset + info.size > size:
            msg = f"{path}: {dataset.name} holds nothing at {corner}: it was never written, or the file is cut off"
            raise ShortFileError(msg)


def _corners(dataset: h5py.Dataset, box: Box) -> Iterator[tuple[int, ...]]:
    """Where the chunks begin that a box touches."""
    whole = (*box, *(slice(0, size) for size in dataset.shape[len(box) :]))
    chunks = dataset.chunks or dataset.shape
    ranges = (
        range(part.start - part.start % chunk, part.stop, chunk) for part, chunk in zip(whole, chunks, strict=True)
    )
    yield from product(*ranges)
