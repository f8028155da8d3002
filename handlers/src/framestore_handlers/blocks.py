"""Lazy arrays of frames, in blocks that are read when they are needed and never open in between."""

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .claims import check_blocks
from .frame_array import FrameArray
from .segments import Segment

if TYPE_CHECKING:
    import dask.array as da

BLOCK_BYTES = 64 * 2**20
"""Size that a block of a lazy array aims at, in bytes."""


def read(segments: Sequence[Segment], shape: tuple[int, ...], dtype: str, start: int, stop: int) -> NDArray[Any]:
    """Events from ``start`` to ``stop`` as one numpy array, straight from the files; ``shape`` is that of an event."""
    return array(segments, shape, dtype).read(start, stop)


def lazy(segments: Sequence[Segment], shape: tuple[int, ...], dtype: str, block_bytes: int = BLOCK_BYTES) -> "da.Array":
    """Dask array (events, \\*shape) over ``segments``, in blocks of about ``block_bytes``; see `chunks`."""
    whole = array(segments, shape, dtype)
    return in_blocks(whole, chunks(whole.shape, whole.dtype, block_bytes))


def in_blocks(frames: FrameArray, chunks: tuple[int, ...], *, has_axis: bool = True) -> "da.Array":
    """Dask array of them, in blocks of these ``chunks``, or of fewer events; see `graph.lazy`."""
    from .graph import lazy  # noqa: PLC0415 - dask takes a second, and a camera that only writes never needs it

    return lazy(frames, chunks, has_axis=has_axis)


def lazy_event(segment: Segment, shape: tuple[int, ...], dtype: str) -> "da.Array":
    """Dask array (\\*shape) of the only event of a segment; see `lazy`."""
    from .graph import plans_queries  # noqa: PLC0415 - it imports dask
    from .point_array import PointArray  # noqa: PLC0415 - it imports dask

    whole = array([segment], shape, dtype)
    if not plans_queries() and chunks(whole.shape, whole.dtype, BLOCK_BYTES) == whole.shape:
        return PointArray.of(whole)
    return lazy([segment], shape, dtype)[0]


def array(segments: Sequence[Segment], shape: tuple[int, ...], dtype: str) -> FrameArray:
    """The frames of ``segments`` as one array that reads; ``shape`` is that of an event."""
    events = sum(segment.events for segment in segments)
    return FrameArray(segments=tuple(segments), shape=(events, *shape), dtype=np.dtype(dtype))


def check_block_bytes(given: object) -> None:
    """Refuse a size of blocks that is none.

    Raises
    ------
    TypeError
        When it is no whole number.
    ValueError
        When it is below 1.
    """
    if not isinstance(given, int):
        msg = f"block_bytes must be a whole number of bytes, such as {BLOCK_BYTES}, not {given!r:.80}"
        raise TypeError(msg)
    if given < 1:
        msg = f"block_bytes must be 1 or more, not {given}"
        raise ValueError(msg)


def chunks(shape: tuple[int, ...], dtype: np.dtype[Any], block_bytes: int) -> tuple[int, ...]:
    """Shape of the blocks of an array (events, frames, \\*frame shape): about ``block_bytes``, and whole frames.

    Events that are larger than that are cut between frames.
    """
    frame_bytes = max(prod(shape[2:]) * dtype.itemsize, 1)
    events = max(block_bytes // (frame_bytes * max(shape[1], 1)), 1)
    frames = max(block_bytes // frame_bytes, 1) if events == 1 else shape[1]
    check_blocks(-(-shape[0] // events) * -(-shape[1] // frames), block_bytes)
    return (min(events, shape[0]), min(frames, shape[1]), *shape[2:])
