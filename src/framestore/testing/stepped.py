"""A source that goes on when it is let."""

import threading

from numpy.typing import DTypeLike

from framestore.frame import Frame

from .known import KnownSource


class SteppedSource(KnownSource):
    """A `KnownSource`, the frames of which come when a test lets them.

    Parameters
    ----------
    shape
        Of the frames, pixels.
    dtype
        Of the frames.
    """

    def __init__(self, shape: tuple[int, ...] = (8, 16), dtype: DTypeLike = "uint8") -> None:
        super().__init__(shape, dtype)
        self._steps = threading.Semaphore(0)

    def release(self, frames: int) -> None:
        """Let so many frames come, beside those that were let come before."""
        self._steps.release(frames)

    def next_frame(self, timeout: float) -> Frame:
        """The next frame, once it is let come; TimeoutError when it is not, within ``timeout`` seconds."""
        if not self._steps.acquire(timeout=timeout):
            msg = f"frame {self.count} was not let come within {timeout:g} s"
            raise TimeoutError(msg)
        return super().next_frame(timeout)

    def __repr__(self) -> str:
        """Its name."""
        return "SteppedSource()"
