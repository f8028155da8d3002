"""The events of a stream as a lazy array."""

from typing import Any, Self

import dask.array as da
import numpy as np
from dask.highlevelgraph import HighLevelGraph

from .frame_array import FrameArray
from .point_array import PointArray

_ALL = slice(None)


class EventArray(da.Array):
    """A dask array (events, frames, \\*frame shape), out of which one event, or one frame, is a `PointArray`.

    Other indices, and operations, give a dask array as any other.
    """

    _frames: FrameArray
    _made_as: str

    @classmethod
    def of(cls, frames: FrameArray, graph: HighLevelGraph, name: str, sizes: tuple[tuple[int, ...], ...]) -> Self:
        """Of a graph of which ``name`` is the layer that reads ``frames``, in blocks of these sizes."""
        self = cls(graph, name, sizes, meta=np.empty((0,) * frames.ndim, frames.dtype))  # pyright: ignore[reportCallIssue] - it has __new__
        self._frames, self._made_as = frames, name
        return self

    def __getitem__(self, index: Any) -> da.Array:
        """What an index picks, lazily."""
        picked = self._picked(index)
        if picked is None:
            return super().__getitem__(index)
        event = picked[0]
        part = self._frames.part(event, event + 1, self._made_as)
        return PointArray.of(part, (0, picked[1]) if len(picked) > 1 else 0, self._frames)

    def _picked(self, index: Any) -> list[int] | None:
        """Number of the event, and of the frame if one is picked; None of anything else."""
        if self.name != self._made_as:  # dask assigns in place
            return None
        given = list(index) if isinstance(index, tuple) else [index]
        while given and (given[-1] is Ellipsis or (isinstance(given[-1], slice) and given[-1] == _ALL)):
            given.pop()
        least, most = 1 if self.numblocks[1] == 1 else 2, min(2, self.ndim - 1)
        picks = list(zip(given, self._frames.shape, strict=False))
        if not least <= len(given) <= most or not all(_is_number(pick, size) for pick, size in picks):
            return None
        return [int(pick) % size for pick, size in picks]


def _is_number(pick: Any, size: int) -> bool:
    return isinstance(pick, int | np.integer) and not isinstance(pick, bool) and bool(-size <= pick < size)
