"""What an acquisition was asked to take."""

import math
import threading
import time
from collections.abc import Callable


class Order:
    """A number of frames that belong together, such as those of one event.

    It is armed once, and then ends once: complete, cancelled, or failed. The writer thread alone changes it, but for
    `over`, by which anybody may say that its frames are no longer wanted.

    Parameters
    ----------
    frames
        How many.
    on_written
        Called on the writer thread with the number of this order's frames that other processes can read by now.
    accept
        Called on the writer thread when all frames can be read and all numbers are there: whether they are accepted.
        When not, the order is cancelled; an error of it fails the order.
    on_end
        Called on the writer thread, exactly once, when nothing more happens to this order: with None when all frames
        can be read and all numbers are there, or when the order was cancelled (see `cancelled`), else with the error.
    timeout
        Seconds from now, after which the order is given up.
    on_overdue
        Called on the reader thread when it is given up because the file system does not return, so that its end may be
        far: with the error, or with None when its time is over anyhow.
    """

    def __init__(
        self,
        frames: int,
        *,
        on_written: Callable[[int], None] = lambda _: None,
        accept: Callable[[], bool] = lambda: True,
        on_end: Callable[[Exception | None], None] = lambda _: None,
        timeout: float = math.inf,
        on_overdue: Callable[[TimeoutError | None], None] = lambda _: None,
    ) -> None:
        self.frames = frames
        self.on_written = on_written
        self.accept = accept
        self.on_end = on_end
        self.on_overdue = on_overdue
        self.began = time.time()
        """When it was made, POSIX seconds."""
        self.deadline = time.monotonic() + timeout
        """When it is given up, on the clock of `time.monotonic`."""
        self.over = False
        """Whether the source need not be asked for more of its frames."""
        self.given_up = False
        """Whether its time was over, or the file system did not return; it then is cancelled."""
        self.settled = False
        """Whether it has ended as far as the acquisition is concerned: another may be armed."""
        self.cancelled = False
        """Whether it was taken back before it was complete; known once it is settled."""
        self.ended = threading.Event()
        """Set after ``on_end`` has returned."""
        self.first = 0
        """Row of its first frame in the file."""
        self.appended = 0
        """How many of its frames were given to the file."""
        self.dropped = 0
        """How many frames were lost among its frames; where the source is not free-running, also before the first."""
        self.numbers: dict[str, int | float] = {}
        """Statistics over all its frames, by name."""
