"""How long a source has been inside a call."""

import time
from types import TracebackType


class StuckSourceError(TimeoutError):
    """A source has not returned from a call; its thread ends when it does."""


class Call:
    """A context in which the reader thread calls the source; other threads may ask how long it has been in there."""

    def __init__(self) -> None:
        self._entered: float | None = None

    def __enter__(self) -> None:
        """Begin a call."""
        self._entered = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the call."""
        self._entered = None

    def seconds(self) -> float:
        """For how long the call that is under way has lasted; 0 when there is none."""
        entered = self._entered
        return 0.0 if entered is None else time.monotonic() - entered
