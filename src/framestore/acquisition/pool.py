"""Buffers for frames on their way: few, reused, and bounded in bytes."""

import math
from concurrent.futures import Future
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore.frame import FrameInfo, FrameSource

from .encoding import Encoding, settle

_FEWEST = 2
"""Frames that may be on their way whatever their size: one is taken while another is written."""


_FRAMES_OF_A_PATIENT_SOURCE = 4
"""Frames on their way from a source that can wait: one is taken, one written, two even out their pace. Each thread that
encodes has one more."""


class Slot:
    """A place for one frame, given back when all who hold it have let go of it."""

    __slots__ = ("_buffer", "_content", "_holders", "_pool", "_releases", "_scratch", "array", "info")

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._buffer: NDArray[Any] | None = None
        self._holders = 1
        self._releases = count(1)
        self._scratch: NDArray[np.uint8] | None = None
        self._content: Future[Any] | None = None
        self.array: NDArray[Any]
        self.info: FrameInfo

    def hold(self, array: NDArray[Any], *, holders: int, copy: bool) -> None:
        """Carry a frame for a number of holders; as a copy, when its source will refill the array before they end."""
        self._holders = holders
        self._releases = count(1)
        if copy or not array.flags.c_contiguous:
            if self._buffer is None:
                self._buffer = np.empty(array.shape, array.dtype)
            np.copyto(self._buffer, array)
            array = self._buffer
        self.array = array

    def encode(self, info: FrameInfo, encoding: Encoding) -> None:
        """Have the content of the frame made, where it is not the frame itself."""
        self.info = info
        if encoding.scratch_bytes and self._scratch is None:
            self._scratch = np.empty(encoding.scratch_bytes, np.uint8)
        self._content = encoding.begin(self.array, info, self._scratch)

    @property
    def content(self) -> Any:
        """What is to be written, as soon as it was made; raises what that raised."""
        return self.array if self._content is None else self._content.result()

    def written(self) -> None:
        """The content is not needed any more: let go of it, and of the frame."""
        content, self._content = self._content, None
        settle(content)
        self.release()

    def release(self) -> None:
        """Let go of the frame; the last holder frees the slot. Safe from several threads: ``next`` is atomic."""
        if next(self._releases) == self._holders:
            self.array = np.empty(0)
            self._pool.give(self)


class Pool:
    """As many slots as ``limit_bytes`` allows. Buffers come into being only as they are needed, and stay.

    Parameters
    ----------
    limit_bytes
        Most that all buffers together may take; at least two frames always fit.
    frame_bytes
        Size of a frame.
    """

    def __init__(self, limit_bytes: int, frame_bytes: int) -> None:
        self.limit = max(limit_bytes // max(frame_bytes, 1), _FEWEST)
        self._made = 0
        self._free: SimpleQueue[Slot] = SimpleQueue()

    def take(self, timeout: float) -> Slot | None:
        """Return a free slot; when all are on their way, wait for one, up to ``timeout`` seconds."""
        try:
            return self._free.get_nowait()
        except Empty:
            if self._made < self.limit:
                self._made += 1
                return Slot(self)
        try:
            return self._free.get(timeout=timeout)
        except Empty:
            return None

    def give(self, slot: Slot) -> None:
        """Take back a free slot."""
        self._free.put(slot)


def pool_for(
    source: FrameSource, queue_bytes: int, shape: tuple[int, ...], dtype: np.dtype[Any], encoding: Encoding
) -> Pool:
    """Slots for frames of a shape and dtype, with the scratch that each needs: few where the source can wait."""
    size = math.prod(shape) * dtype.itemsize + encoding.scratch_bytes
    patient = getattr(source, "can_wait", False)
    few = (_FRAMES_OF_A_PATIENT_SOURCE + encoding.threads) * size
    return Pool(min(few, queue_bytes) if patient else queue_bytes, size)
