"""A lazy array as dask's tasks: each is small, and holds what its block needs, no more."""

from typing import Any
from uuid import uuid4

import dask.array as da
import numpy as np
from dask import config
from dask.array.core import getter, normalize_chunks
from dask.blockwise import BlockwiseDep, blockwise
from dask.highlevelgraph import HighLevelGraph

from .frame_array import FrameArray
from .missing import remember
from .segments import events_of_a_block

Sizes = tuple[tuple[int, ...], ...]
"""Those of the blocks along each axis, as dask's ``chunks``."""


class _Blocks(BlockwiseDep):
    """The blocks that dask's ``getter`` takes an index of: made when a task is, so that those never read cost nothing.

    Each has all frames of its events.
    """

    produces_tasks = False

    def __init__(self, frames: FrameArray, name: str, sizes: Sizes) -> None:
        self._frames = frames
        self._name = name
        self._sizes = sizes
        self.numblocks = tuple(map(len, sizes))
        remember(frames, name)

    def __reduce__(self) -> tuple[Any, ...]:
        """What it is made of: it is made anew, and remembered, wherever the lazy array goes."""
        return _Blocks, (self._frames, self._name, self._sizes)

    def __getitem__(self, idx: tuple[int, ...]) -> FrameArray:
        """The events of the block of these numbers."""
        start = idx[0] * self._sizes[0][0]
        return self._frames.part(start, start + self._sizes[0][idx[0]], self._name)

    def __dask_tokenize__(self) -> tuple[str, str]:
        """A name of it that no other has."""
        return "blocks", self._name


class _Indices(BlockwiseDep):
    """Which part of what `_Blocks` gives is the block."""

    produces_tasks = False

    def __init__(self, name: str, sizes: Sizes, *, has_axis: bool) -> None:
        self._name = name
        self._sizes = sizes
        self._has_axis = has_axis
        self.numblocks = tuple(map(len, sizes))

    def __getitem__(self, idx: tuple[int, ...]) -> tuple[slice | int, ...]:
        """The index of the block of these numbers; it picks the only frame of each event where no axis is for that."""
        events = slice(0, self._sizes[0][idx[0]])
        others = zip(self._sizes[1:], idx[1:], strict=True)
        starts = [(number * sizes[0], sizes[number]) for sizes, number in others]  # all are of one size but the last
        parts = [slice(start, start + size) for start, size in starts]
        return (events, *parts) if self._has_axis else (events, 0, *parts)

    def __dask_tokenize__(self) -> tuple[str, str]:
        """A name of it that no other has."""
        return "indices", self._name


def lazy(frames: FrameArray, chunks: tuple[int, ...], *, has_axis: bool = True) -> da.Array:
    """Dask array of some frames, in blocks of these ``chunks``; of fewer events where those are in many files.

    Where dask's query planning is on, all blocks share ``frames``: an experiment of dask's, which takes no graphs.

    Parameters
    ----------
    frames
        The frames, (events, frames, \\*frame shape).
    chunks
        Shape of a block of them.
    has_axis
        Whether the array has an axis of frames; without, (events, \\*frame shape), an event has one.
    """
    if not frames.shape[0] or plans_queries():
        whole = _shared(frames, chunks)
        return whole if has_axis else whole[:, 0]
    name = f"frames-{uuid4().hex}"
    sizes = _sizes(frames, chunks)
    sizes = sizes if has_axis else (sizes[0], *sizes[2:])
    axes = tuple(range(len(sizes)))
    blocks, indices = _Blocks(frames, name, sizes), _Indices(name, sizes, has_axis=has_axis)
    # dask puts the index of whoever reads together with that of getter, so that only what is wanted is read
    layer = blockwise(getter, name, axes, blocks, axes, indices, axes, numblocks={})
    graph = HighLevelGraph.from_collections(name, layer)
    return da.Array(graph, name, sizes, meta=np.empty((0,) * len(sizes), frames.dtype))  # pyright: ignore[reportCallIssue] - it has __new__


def plans_queries() -> bool:
    """Whether dask's arrays are those of its query planning, which are no graphs."""
    return bool(config.get("array.query-planning", default=None))


def _shared(frames: FrameArray, chunks: tuple[int, ...]) -> da.Array:
    if not frames.shape[0]:
        return da.zeros(frames.shape, dtype=frames.dtype, chunks=frames.shape)
    meta = np.empty((0,) * frames.ndim, frames.dtype)
    return da.from_array(frames, _sizes(frames, chunks), name=f"frames-{uuid4().hex}", asarray=True, meta=meta)


def _sizes(frames: FrameArray, chunks: tuple[int, ...]) -> Any:
    """They are `Sizes`; dask's own annotation of what ``from_array`` takes is another."""
    return normalize_chunks((events_of_a_block(frames.segments, chunks[0]), *chunks[1:]), frames.shape)
