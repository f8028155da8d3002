"""What triggers simulated cameras."""

import threading
import time
from collections.abc import Callable

Input = Callable[[bool, float], object]
"""Told of each edge of a line: whether it rises, and when it does, POSIX seconds. It returns at once."""


class TriggerLine:
    """A cable from a pulse generator to the trigger inputs of simulated cameras. Any thread may drive it.

    Examples
    --------
    >>> from framestore.sources import SimulatedSource, TriggerLine
    >>> line = TriggerLine()
    >>> camera = SimulatedSource((24, 32), trigger=line)
    >>> camera.settings["trigger_mode"].set("external_edge")
    >>> camera.start()
    >>> times = line.pulses(3, period=0.01)
    >>> [camera.next_frame(1.0).timestamp for _ in range(3)] == times
    True
    >>> camera.stop()
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inputs: list[Input] = []
        self._high = False
        self._since = 0.0

    def connect(self, to: Input) -> None:
        """Have an input told of each edge from now on."""
        with self._lock:
            if to not in self._inputs:
                self._inputs.append(to)

    def disconnect(self, to: Input) -> None:
        """Have an input told of no more edges, if it was connected."""
        with self._lock:
            if to in self._inputs:
                self._inputs.remove(to)

    def rise(self) -> float:
        """Go high, unless it is; returns when it did, POSIX seconds."""
        return self._go(high=True)

    def fall(self) -> float:
        """Go low, unless it is; returns when it did, POSIX seconds."""
        return self._go(high=False)

    def pulse(self, width: float = 0.0) -> float:
        """Rise, and fall after ``width`` seconds; returns when it rose, POSIX seconds."""
        began = self.rise()
        _wait(began + width)
        self.fall()
        return began

    def pulses(self, count: int, period: float, width: float = 0.0) -> list[float]:
        """Give ``count`` pulses, one each ``period`` seconds; later where the computer is busy, never sooner.

        Parameters
        ----------
        count
            How many.
        period
            Seconds from one rising edge to the next.
        width
            Seconds from a rising edge to the falling one.

        Returns
        -------
        list[float]
            When each rose, POSIX seconds; once the last has fallen.

        Raises
        ------
        ValueError
            When a pulse does not end before the next begins.
        """
        if not 0 <= width <= period:
            msg = f"a pulse must end before the next begins, got width={width!r} and period={period!r} seconds"
            raise ValueError(msg)
        times: list[float] = []
        while len(times) < count:
            if times:
                _wait(times[-1] + period)
            times.append(self.pulse(width))
        return times

    def _go(self, *, high: bool) -> float:
        with self._lock:  # so that all inputs are told of edges in the order of their times
            if high != self._high:
                self._high, self._since = high, time.time()
                for told in self._inputs:
                    told(high, self._since)
            return self._since


def _wait(until: float) -> None:
    left = until - time.time()
    if left > 0:
        time.sleep(left)
