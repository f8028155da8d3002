"""The wish to go on in another file."""

from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future


class Split:
    """Somebody wants the points of an order that come to go to another file, if its file is full.

    Parameters
    ----------
    most
        How many frames may stand in the file for that; None: any number.
    """

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._done: Future[None] = Future()

    def begin(self, frames: int) -> bool:
        """Whether it is still wanted, after so many frames of the order: then it cannot be dropped any more."""
        if self._most is not None and frames > self._most:
            self.drop()
            return False
        return self._done.set_running_or_notify_cancel()

    def end(self) -> None:
        """It was done, or failed."""
        self._done.set_result(None)

    def drop(self) -> None:
        """It is not done."""
        self._done.cancel()
        self._done.set_running_or_notify_cancel()  # tells who waits

    def wait(self, patience: float, until_done: "Callable[[Future[None]], None]") -> None:
        """Wait for it: up to ``patience`` seconds until it begins, else it is dropped; then ``until_done``."""
        futures.wait([self._done], patience)
        if not (self._done.done() or self._done.cancel()):
            until_done(self._done)
