"""A thread that draws, so that the thread from which documents come does not wait for it."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")

SHARE = 0.2
"""Of the time that a drawing takes, so much of all time at most: while it is drawn, Python's other threads get less."""


class Painter(Generic[Item]):
    """Draws what came last, in a thread that lives while there is something to draw.

    Whoever hands something over never waits. What comes while something is drawn waits its turn, and takes the place of
    what waits under the same key; of those that wait, the oldest give way where there are too many. What was never
    drawn is counted.

    Parameters
    ----------
    draw
        Called in the thread with all that waits, the oldest first. It must not raise.
    interval
        Seconds from the beginning of a drawing to that of the next, at least.
    name
        Of the thread.
    most
        How many may wait.

    Raises
    ------
    ValueError
        When the interval is no number of seconds.
    """

    def __init__(
        self,
        draw: Callable[[list[Item]], None],
        *,
        interval: float,
        name: str,
        most: int = 1000,
    ) -> None:
        if not 0 <= interval < threading.TIMEOUT_MAX:
            msg = f"{name}: interval must be a number of seconds from 0 on, not {interval!r}"
            raise ValueError(msg)
        self._draw = draw
        self._interval, self._name, self._most = interval, name, most
        self._changed = threading.Condition()
        self._waiting: dict[Hashable, Item] = {}
        self._is_busy = self._is_hurried = False
        self._due = 0.0
        self.is_late = False
        """Whether a drawing that was waited for is still not done: it hangs, in a file system that is gone, say."""
        self.skipped = 0
        """How many were never drawn, since others came."""

    def give(self, key: Hashable, item: Item) -> None:
        """Hand something over."""
        with self._changed:
            if self._waiting.pop(key, None) is not None:
                self.skipped += 1
            elif len(self._waiting) >= self._most:
                self._waiting.pop(next(iter(self._waiting)))
                self.skipped += 1
            self._waiting[key] = item
            if not self._is_busy:
                self._is_busy = True
                threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def finish(self, timeout: float) -> bool:
        """Draw what waits now, whatever the interval, and wait for it up to ``timeout`` seconds; whether it is done."""
        with self._changed:
            self._is_hurried = self._is_busy
            self._changed.notify_all()
            self.is_late = not self._changed.wait_for(lambda: not self._is_busy, timeout)
            return not self.is_late

    def _work(self) -> None:
        while items := self._next():
            began = time.monotonic()
            self._draw(items)
            took = time.monotonic() - began
            with self._changed:
                self._due = began + max(self._interval, took / SHARE)
                self.is_late = False

    def _next(self) -> list[Item]:
        """What is to be drawn, once it is time for it; nothing when the thread is to end."""
        with self._changed:
            while self._waiting and not self._is_hurried and (left := self._due - time.monotonic()) > 0:
                self._changed.wait(left)
            items = list(self._waiting.values())
            self._waiting.clear()
            if not items:
                self._is_busy = self._is_hurried = False
                self._changed.notify_all()
            return items
