"""A lazy array as dask's tasks: each is small, and holds what its block needs, no more."""

from typing import Any
from uuid import uuid4

import dask.array as da
import numpy as np
from dask import config
from dask.array.core import getter, normalize_chunks
from dask.blockwise import BlockwiseDep, blockwise
from dask.highlevelgraph import HighLevelGraph

from .event_array import EventArray
from .frame_array import FrameArray
from .missing import remember
from .segments import events_of_a_block


class _Blocks(BlockwiseDep):
    """The blocks that dask's ``getter`` takes an index of: made when a task is, so that those never read cost nothing.

    Each has all frames of its events.
    """

    produces_tasks = False

    def __init__(self, frames: FrameArray, name: str, chunks: tuple[tuple[int, ...], ...]) -> None:
        self._frames = frames
        self._name = name
        self._events = chunks[0][0]
        self._chunks = chunks
        self.numblocks = tuple(map(len, chunks))
        remember(frames, name)

    def __reduce__(self) -> tuple[Any, ...]:
        """What it is made of: it is made anew, and remembered, wherever the lazy array goes."""
        return _Blocks, (self._frames, self._name, self._chunks)

    def __getitem__(self, idx: tuple[int, ...]) -> FrameArray:
        """The events of the block of these numbers."""
        start = idx[0] * self._events
        return self._frames.part(start, min(start + self._events, self._frames.shape[0]), self._name)

    def __dask_tokenize__(self) -> tuple[str, str]:
        """A name of it that no other has."""
        return "blocks", self._name


class _Indices(BlockwiseDep):
    """Which part of what `_Blocks` gives is the block."""

    produces_tasks = False

    def __init__(self, name: str, chunks: tuple[tuple[int, ...], ...]) -> None:
        self._name = name
        self._chunks = chunks
        self.numblocks = tuple(map(len, chunks))

    def __getitem__(self, idx: tuple[int, ...]) -> tuple[slice, ...]:
        """The index of the block of these numbers."""
        events = self._chunks[0][idx[0]]
        others = zip(self._chunks[1:], idx[1:], strict=True)
        starts = [(number * sizes[0], sizes[number]) for sizes, number in others]  # all are of one size but the last
        return (slice(0, events), *(slice(start, start + size) for start, size in starts))

    def __dask_tokenize__(self) -> tuple[str, str]:
        """A name of it that no other has."""
        return "indices", self._name


def lazy(frames: FrameArray, chunks: tuple[int, ...]) -> da.Array:
    """Dask array of some frames, in blocks of these ``chunks``; of fewer events where those are in many files.

    Where dask's query planning is on, all blocks share ``frames``: an experiment of dask's, which takes no graphs.
    """
    if not frames.shape[0]:
        return da.zeros(frames.shape, dtype=frames.dtype, chunks=frames.shape)
    name = f"frames-{uuid4().hex}"
    sizes: Any = normalize_chunks((events_of_a_block(frames.segments, chunks[0]), *chunks[1:]), frames.shape)
    if plans_queries():
        meta = np.empty((0,) * frames.ndim, frames.dtype)
        return da.from_array(frames, chunks=sizes, name=name, asarray=True, meta=meta)
    return EventArray.of(frames, _graph(frames, name, sizes), name, sizes)


def plans_queries() -> bool:
    """Whether dask's arrays are those of its query planning, which are no graphs."""
    return bool(config.get("array.query-planning", default=None))


def _graph(frames: FrameArray, name: str, sizes: tuple[tuple[int, ...], ...]) -> HighLevelGraph:
    """A block is dask's ``getter`` of a `FrameArray` and an index.

    dask puts further indices together with that, so that only what is wanted is read.
    """
    axes = tuple(range(frames.ndim))
    blocks, indices = _Blocks(frames, name, sizes), _Indices(name, sizes)
    return HighLevelGraph.from_collections(
        name, blockwise(getter, name, axes, blocks, axes, indices, axes, numblocks={})
    )
