"""A source whose frames are known, and that fails when it is told to."""

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from framestore.frame import Frame

_PRIME = 251
"""Values repeat after so many pixels or frames: a prime, so that no row or column equals the next."""


class KnownSource:
    """Frame k is known from k alone. One buffer is filled anew for each frame, as drivers do.

    Frames are counted on over all stagings, so that none of them is like one before.

    Parameters
    ----------
    shape
        Of the frames, pixels.
    dtype
        Of the frames.
    """

    can_wait = True

    def __init__(self, shape: tuple[int, ...] = (8, 16), dtype: DTypeLike = "uint8") -> None:
        self.shape = tuple(shape)
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self.count = 0
        """Number of the next frame."""
        self.threads: set[int] = set()
        """Identities of the threads that have called."""
        self._buffer = np.empty(self.shape, self.dtype)
        self._acts: dict[int | str, Callable[[], object]] = {}

    def frame(self, k: int) -> NDArray[Any]:
        """Frame ``k``, (\\*shape)."""
        pixels = np.arange(np.prod(self.shape)).reshape(self.shape)
        return ((pixels * 3 + k * 17) % _PRIME).astype(self.dtype)

    def at(self, when: int | str, act: Callable[[], object]) -> None:
        """Do something once: before frame ``when`` is exposed, or at ``"start"`` or ``"stop"``.

        When it returns an array, that is given instead of the frame.
        """
        self._acts[when] = act

    def lose(self, k: int) -> None:
        """Let frame ``k`` be missing."""
        self.at(k, self._lose)

    def start(self) -> None:
        """Do what was told for it."""
        self._act("start")

    def next_frame(self, timeout: float) -> Frame:
        """The next frame, at once."""
        del timeout
        began = time.time()
        act = self._act(self.count)
        number, self.count = self.count, self.count + 1
        if isinstance(act, np.ndarray):
            return Frame(act, number, began)
        self._buffer[...] = self.frame(number)
        return Frame(self._buffer, number, began)

    def stop(self) -> None:
        """Do what was told for it."""
        self._act("stop")

    def _act(self, when: int | str) -> object:
        self.threads.add(threading.get_ident())
        act = self._acts.pop(when, None)
        return None if act is None else act()

    def _lose(self) -> None:
        self.count += 1

    def __repr__(self) -> str:
        """Its name."""
        return "KnownSource()"
