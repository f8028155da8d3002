"""How long a thread has been inside a call that may not return."""

import contextlib
import math
import threading
import time
from types import TracebackType


class StuckSourceError(TimeoutError):
    """A source has not returned from a call; its thread ends when it does."""


def join(thread: threading.Thread, timeout: float) -> None:
    """Wait for the end of a thread, if it was started."""
    with contextlib.suppress(RuntimeError):
        thread.join(timeout)


class Call:
    """A context in which a thread calls a source, or a file system; other threads may ask how long it has been inside.

    Parameters
    ----------
    limit
        Seconds that a call may take.
    """

    def __init__(self, limit: float = math.inf) -> None:
        self._limit = limit
        self._entered: float | None = None

    def within(self, seconds: float) -> "Call":
        """The same call, which may take ``seconds``."""
        self._limit = seconds
        return self

    def __enter__(self) -> None:
        """Begin a call."""
        self._entered = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the call."""
        self._entered = None

    def left(self) -> float:
        """Seconds that the call that is under way may still take; below 0 when it is late; infinite without one."""
        entered = self._entered
        return math.inf if entered is None else entered + self._limit - time.monotonic()
