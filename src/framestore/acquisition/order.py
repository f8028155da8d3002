"""What an acquisition was asked to take."""

import threading
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
    on_end
        Called on the writer thread, exactly once, when nothing more happens to this order: with None when all frames
        can be read and all numbers are there, or when the order was cancelled (see `cancelled`), else with the error.
    """

    def __init__(
        self,
        frames: int,
        *,
        on_written: Callable[[int], None] = lambda _: None,
        on_end: Callable[[Exception | None], None] = lambda _: None,
    ) -> None:
        self.frames = frames
        self.on_written = on_written
        self.on_end = on_end
        self.over = False
        """Whether the source need not be asked for more of its frames."""
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
        self.numbers: dict[str, int | float] = {}
        """Statistics over all its frames, by name."""
