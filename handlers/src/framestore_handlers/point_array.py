"""One point as a lazy array that is cheap to have: event-model's ``Filler`` makes one of each event."""

from typing import Any, Self
from uuid import uuid4

import dask.array as da
import numpy as np
from numpy.typing import NDArray

from .frame_array import FrameArray


class PointArray(da.Array):
    """A dask array of one block that numpy takes without dask, whose scheduling takes longer than the reading.

    What is made of it, by an index or an operation or by sending it elsewhere, is a dask array as any other.
    """

    _whole: FrameArray
    _read_as: str

    @classmethod
    def of(cls, whole: FrameArray) -> Self:
        """The first event of an array of frames: (frames, \\*frame shape)."""
        shape, name = whole.shape[1:], f"frames-{uuid4().hex}"
        task = (FrameArray.__getitem__, whole, 0)
        meta = np.empty((0,) * len(shape), whole.dtype)
        self = cls({(name, *(0 for _ in shape)): task}, name, tuple((size,) for size in shape), meta=meta)  # pyright: ignore[reportCallIssue] - it has __new__
        self._whole, self._read_as = whole, name
        return self

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy's protocol
        """Its pixels, read anew each time."""
        del copy
        is_assigned_to = self.name != self._read_as  # dask does that in place
        pixels: NDArray[Any] = self.compute() if is_assigned_to else self._whole[0]
        return pixels if dtype is None else pixels.astype(dtype, copy=False)
