"""What waits for a point, or for a fly scan."""

import math
import threading
import time
from typing import Protocol


class Outcome(Protocol):
    """What a front gives to those who wait, such as a Status: it ends once. Methods may be called on any thread."""

    @property
    def claim(self) -> "Claim":
        """Who ends it."""
        ...

    def report(self, written: int) -> None:
        """So many frames can be read."""
        ...

    def set_finished(self) -> None:
        """End, complete; whoever calls has the claim."""
        ...

    def fail(self, error: Exception) -> None:
        """End with an error, unless somebody else has claimed to end it."""
        ...

    def expire(self) -> None:
        """End since its time is over, unless somebody else has claimed to end it."""
        ...


class Claim:
    """The right to end something that ends once; and until when it may end well.

    Parameters
    ----------
    timeout
        Seconds from now.
    """

    def __init__(self, timeout: float = math.inf) -> None:
        self.began = time.monotonic()
        """When it was made, on the clock of `time.monotonic`."""
        self._deadline = self.began + timeout
        self._free = threading.Lock()

    @property
    def late(self) -> bool:
        """Whether its time is over."""
        return time.monotonic() > self._deadline

    def take(self) -> bool:
        """Whether nobody has it yet; whoever is told so has it now, and has to end what it is about."""
        return self._free.acquire(blocking=False)

    def take_in_time(self) -> bool:
        """As `take`, but not when its time is over."""
        return not self.late and self.take()

    def give_back(self) -> None:
        """Not to end it after all."""
        self._free.release()
