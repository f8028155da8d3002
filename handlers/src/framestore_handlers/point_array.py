"""An event as a lazy array that is cheap to have and to compute: one of many, or a point of event-model's Filler."""

from typing import Any, Self
from uuid import uuid4

import dask.array as da
import numpy as np
from dask import local, threaded
from dask.base import get_scheduler
from numpy.typing import NDArray

from .frame_array import FrameArray


class PointArray(da.Array):
    """A dask array of one block that is read without dask, whose scheduling takes longer than the reading.

    That is so where dask would read in this process, too. What is made of it, by an index or an operation or by sending
    it elsewhere, is a dask array as any other.
    """

    _frames: FrameArray
    _picked: int | tuple[int, int]
    _read_as: str
    _whole: object

    @classmethod
    def of(cls, frames: FrameArray, picked: int | tuple[int, int] = 0, whole: object = None) -> Self:
        """One event of an array of frames, (frames, \\*frame shape), or one frame of that.

        Parameters
        ----------
        frames
            A few events.
        picked
            Number of the event among them, or that and the number of its frame.
        whole
            What is to be kept as long as this: the array of which ``frames`` are a part.
        """
        shape = frames.shape[1:] if isinstance(picked, int) else frames.shape[2:]
        name = f"frames-{uuid4().hex}"
        task = (FrameArray.__getitem__, frames, picked)
        meta = np.empty((0,) * len(shape), frames.dtype)
        self = cls({(name, *(0 for _ in shape)): task}, name, tuple((size,) for size in shape), meta=meta)  # pyright: ignore[reportCallIssue] - it has __new__
        self._frames, self._picked, self._read_as, self._whole = frames, picked, name, whole
        return self

    def compute(self, **kwargs: Any) -> Any:
        """Its pixels, read anew each time; ``kwargs`` are dask's."""
        is_assigned_to = self.name != self._read_as  # dask does that in place
        if kwargs or is_assigned_to or get_scheduler(cls=type(self)) not in (threaded.get, local.get_sync):
            return super().compute(**kwargs)
        return self._frames[self._picked]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - numpy's protocol
        """Its pixels, as `compute` gives them."""
        del copy
        pixels: NDArray[Any] = self.compute()
        return pixels if dtype is None else pixels.astype(dtype, copy=False)
