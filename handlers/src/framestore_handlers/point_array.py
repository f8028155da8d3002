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

    _frames: FrameArray
    _read_as: str

    @classmethod
    def of(cls, frames: FrameArray) -> Self:
        """The first event of an array of frames: (frames, \\*frame shape)."""
        shape, name = frames.shape[1:], f"frames-{uuid4().hex}"
        task = (FrameArray.__getitem__, frames, 0)
        meta = np.empty((0,) * len(shape), frames.dtype)
        self = cls({(name, *(0 for _ in shape)): task}, name, tuple((size,) for size in shape), meta=meta)  # pyright: ignore[reportCallIssue] - it has __new__
        self._frames, self._read_as = frames, name
        return self

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy's protocol
        """Its pixels, read anew each time.

        Raises
        ------
        ValueError
            When they are to be given without a copy: they are in a file.
        """
        if copy is False:
            msg = "pixels that are in a file cannot be given without a copy"
            raise ValueError(msg)
        is_assigned_to = self.name != self._read_as  # dask does that in place
        pixels: NDArray[Any] = self.compute() if is_assigned_to else self._frames[0]
        return pixels if dtype is None else pixels.astype(dtype, copy=False)
