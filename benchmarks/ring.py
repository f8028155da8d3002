"""Frames that lie ready in memory and are handed out over and over: nobody waits for them, nobody makes them."""

import itertools
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from framestore import Frame

Ring = Sequence[NDArray[Any]]
"""Frames of one shape and dtype."""


def noise(frames: int, shape: tuple[int, ...], dtype: DTypeLike) -> Ring:
    """Return frames of noise that use all of an unsigned ``dtype``; the same ones each time."""
    random = np.random.default_rng(1)
    top = np.iinfo(dtype).max
    return [random.integers(0, top, shape, dtype, endpoint=True) for _ in range(frames)]


class RingFunction:
    """A camera's function: it returns the next frame of the ring."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self.start()

    def start(self) -> None:
        """Begin with the first frame."""
        self._next = itertools.cycle(self.ring)

    def __call__(self) -> NDArray[Any]:
        """Return the next frame."""
        return next(self._next)


class RingSource:
    """A `FrameSource` that waits for nothing."""

    reuses_buffers = False  # nobody writes into the ring

    def __init__(self, ring: Ring) -> None:
        self.shape = ring[0].shape
        self.dtype = ring[0].dtype
        self._ring = ring
        self._count = 0

    def start(self) -> None:
        """Begin with the first frame."""
        self._count = 0

    def next_frame(self, timeout: float) -> Frame:
        """Return the next frame of the ring."""
        del timeout
        frame = Frame(self._ring[self._count % len(self._ring)], self._count, time.time())
        self._count += 1
        return frame

    def stop(self) -> None:
        """Do nothing."""
