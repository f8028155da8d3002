"""Frames that are known, of all forms that cameras give."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore.frame import Frame, FrameInfo

DTYPES = (
    *("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"),
    *("float16", "float32", "float64", "complex64", "complex128", ">u2", ">i4", ">f8"),
)
"""Dtypes that frames may have."""
MONO = ((1, 1), (1, 7), (7, 1), (6, 9), (33, 18))
"""Shapes of grey frames, (height, width)."""
COLOUR = ((1, 1, 3), (1, 5, 3), (5, 1, 3), (6, 9, 3))
"""Shapes of RGB frames, (height, width, 3)."""
OTHERS = ((7,), (6, 9, 1), (6, 9, 2), (6, 9, 4), (3, 6, 9), (2, 6, 9, 3))
"""Shapes that a format may hold, or refuse."""
EMPTY = ((), (0,), (0, 9), (6, 0), (0, 9, 3))
"""Shapes without a pixel, or without an axis."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """What frames of a camera are like."""

    shape: tuple[int, ...]
    """Of each."""
    dtype: np.dtype[Any]
    """Of each."""

    def frame(self, k: int, *, smooth: bool = False) -> NDArray[Any]:
        """Frame ``k``, (\\*shape).

        Parameters
        ----------
        k
            Each is another; they differ in how well they can be compressed, too. Every third is full of zeros, the one
            behind it any bits at all, NaN and infinity among them.
        smooth
            Whether it should be one that a lossy format keeps nearly as it is.
        """
        if smooth:
            return self._gradient(k)
        if k % 3 == 0:
            return self._ramp(k)
        return self._bits(k) if k % 3 == 2 else np.zeros(self.shape, self.dtype)

    def _ramp(self, k: int) -> NDArray[Any]:
        pixels = np.arange(np.prod(self.shape)).reshape(self.shape)
        return ((pixels * 3 + k * 17 + 1) % 127).astype(self.dtype)

    def _bits(self, k: int) -> NDArray[Any]:
        random = np.random.default_rng((k, *self.shape))
        if self.dtype.kind == "b":
            return random.integers(0, 2, self.shape).astype(bool)
        pixels = random.integers(0, 256, (*self.shape, self.dtype.itemsize), np.uint8)
        return pixels.view(self.dtype).reshape(self.shape)

    def _gradient(self, k: int) -> NDArray[Any]:
        """From top left to bottom right, brighter from frame to frame; not more than a seventh of the range each."""
        height, width = self.shape[0], self.shape[1] if len(self.shape) > 1 else 1
        plane = np.add.outer(np.arange(height) / height, np.arange(width) / width) * 16 + 24 * (k % 7) + 20
        tail = (1,) * (len(self.shape) - 2)
        return np.broadcast_to(plane.reshape(*self.shape[:2], *tail), self.shape).astype(self.dtype)

    def __str__(self) -> str:
        """For messages."""
        return f"frames of {self.shape} {self.dtype}"


def about(k: int) -> FrameInfo:
    """What is known of frame ``k``, beside its pixels: ids that 8, 16 and 32 bits do not hold are among them."""
    return FrameInfo(frame_id=k + 2 ** (8 * (k % 6)), timestamp=1.7e9 + k + k / 1024, exposure_time=(k + 1) / 512)


class GivenFrames:
    """A source of arrays that are there already.

    Parameters
    ----------
    arrays
        Its frames, one after another.
    reuses_buffers
        Whether to refill the array of one frame with the next, where that can be done.
    """

    can_wait = True
    exposure_time = 0.25

    def __init__(self, arrays: Sequence[NDArray[Any]], *, reuses_buffers: bool = True) -> None:
        self.shape = arrays[0].shape
        self.dtype: np.dtype[Any] = arrays[0].dtype
        self.reuses_buffers = reuses_buffers
        self.numbers = [(1 + k, about(k).timestamp) for k in range(len(arrays))]
        """Id and timestamp of each frame."""
        self._arrays = arrays
        self._count = 0

    def start(self) -> None:
        """Nothing is to be done."""

    def next_frame(self, timeout: float) -> Frame:
        """The next array; that of the frame before is spoiled where buffers are reused, unless it is read-only."""
        del timeout
        k, self._count = self._count, self._count + 1
        if k and self.reuses_buffers and self._arrays[k - 1].flags.writeable:
            self._arrays[k - 1].fill(0)
        return Frame(self._arrays[k], *self.numbers[k])

    def stop(self) -> None:
        """Nothing is to be done."""

    def __repr__(self) -> str:
        """Its name."""
        return "GivenFrames()"
