"""The trigger input of a simulated camera."""

import math
import threading
import time
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """That a trigger has begun."""

    number: int
    """Number of the trigger."""
    began: float
    """When, POSIX seconds."""
    seconds: float
    """How long it takes."""


class TriggerInput:
    """What edges have a camera expose: it begins at one, whether anybody asks for the frame or not.

    Edges come from any thread; all else is asked by the one that has the source.

    Parameters
    ----------
    buffers
        Exposures that are kept, the one that is under way included; those before are lost.
    """

    def __init__(self, buffers: int) -> None:
        self._changed = threading.Condition()
        self._mode = "internal"
        self._seconds = 0.0
        self._exposures: deque[Exposure] = deque(maxlen=buffers)
        self._rose: float | None = None
        self._busy_until = -math.inf
        self.number = 0
        """Number of the next trigger."""

    def listen(self, mode: str, seconds: float, number: int) -> None:
        """Forget all, break off what is under way, and begin anew.

        Parameters
        ----------
        mode
            One of `framestore.setting.TRIGGER_MODES`; edges are heeded where it is external.
        seconds
            How long each exposure takes, where the falling edge does not say it.
        number
            Of the first trigger.
        """
        with self._changed:
            self._mode, self._seconds, self.number = mode, seconds, number
            self._exposures.clear()
            self._rose, self._busy_until = None, -math.inf

    def edge(self, rising: bool, when: float) -> None:  # noqa: FBT001 - as lines tell it
        """The line has risen, or fallen."""
        with self._changed:
            if self._mode == "external_level":
                self._follow(when, rising=rising)
            elif self._mode == "external_edge" and rising:
                self._begin(when)

    def next(self, timeout: float) -> Exposure:
        """The oldest exposure that is kept, once it is complete; TimeoutError when that takes longer."""
        until = time.monotonic() + timeout
        with self._changed:
            while (left := self._left()) > 0:
                patience = until - time.monotonic()
                if patience <= 0:
                    msg = f"no exposure that a trigger began was complete within {timeout:g} s"
                    raise TimeoutError(msg)
                self._changed.wait(min(left, patience))
            return self._exposures.popleft()

    def _left(self) -> float:
        """Seconds until an exposure is complete."""
        if not self._exposures:
            return math.inf
        oldest = self._exposures[0]
        return oldest.began + oldest.seconds - time.time()

    def _begin(self, when: float) -> None:
        """Expose for the time that was set; a trigger that comes too soon is counted, and has no frame."""
        if when >= self._busy_until:
            self._busy_until = when + self._seconds
            self._keep(self.number, when, self._seconds)
        self.number += 1

    def _follow(self, when: float, *, rising: bool) -> None:
        """Expose as long as the line is high."""
        if rising:
            self._rose = when
            self.number += 1
        elif self._rose is not None:
            self._keep(self.number - 1, self._rose, when - self._rose)
            self._rose = None

    def _keep(self, number: int, began: float, seconds: float) -> None:
        self._exposures.append(Exposure(number=number, began=began, seconds=seconds))
        self._changed.notify()
