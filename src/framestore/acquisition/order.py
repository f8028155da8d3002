"""What an acquisition was asked to take."""

import math
import threading
import time
from collections.abc import Callable

from .split import Split


class Order:
    """A number of frames that belong together, such as those of one event, or of a fly scan.

    It is armed once, and then ends once: complete, cancelled, or failed. The writer thread alone changes it, but for
    `over`, by which anybody may say that its frames are no longer wanted, and what `hold`, `go_on` and `finish` do.

    Parameters
    ----------
    frames
        How many; None: until `finish`.
    point
        Frames of each point, if its points are kept when it ends early; None: then all its frames leave the file.
    numbers
        Whether statistics of its frames are wanted; not where it goes on until `finish`.
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
        frames: int | None,
        *,
        point: int | None = None,
        numbers: bool = True,
        on_written: Callable[[int], None] = lambda _: None,
        accept: Callable[[], bool] = lambda: True,
        on_end: Callable[[Exception | None], None] = lambda _: None,
        timeout: float = math.inf,
        on_overdue: Callable[[TimeoutError | None], None] = lambda _: None,
    ) -> None:
        self.frames = frames
        self.wants_numbers = numbers and frames is not None
        """Whether statistics of its frames are wanted."""
        self._point = point
        self._going = threading.Event()
        self._going.set()
        self.finishing = False
        """Whether it ends with the point that is being taken."""
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
        self.readable = 0
        """How many of these others can read."""
        self.awaited = 0
        """Of how many of these somebody wants to know as soon as others can read them."""
        self.may_begin_part = True
        """Whether its frames may go to another file than those before, if that is full."""
        self.splitting: Split | None = None
        """The wish to go on in another file, with the point that comes next."""
        self._parts: list[tuple[int, int]] = []
        self.dropped = 0
        """How many frames were lost among its frames; where the source exposes none unasked, also before the first."""
        self.numbers: dict[str, int | float] = {}
        """Statistics over all its frames, by name."""

    @property
    def wanted(self) -> str:
        """How many frames it is about, in words."""
        return "any number of" if self.frames is None else str(self.frames)

    @property
    def held(self) -> bool:
        """Whether no point is to be begun for the time being."""
        return not self._going.is_set()

    @property
    def kept(self) -> int:
        """How many of the frames in the file stay there when it ends early: those of whole points."""
        return self.appended - self.appended % self._point if self._point else 0

    def give_up_in(self, seconds: float) -> None:
        """Let its time be over so many seconds from now, whatever was said before; ``math.inf``: never.

        An order of frames that triggers from elsewhere begin waits for these as long as it has time: it can be armed
        without a limit, and be given one when the last trigger must have come.
        """
        self.deadline = time.monotonic() + seconds

    def hold(self) -> None:
        """Begin no further point until `go_on`; the one that is being taken is completed."""
        self._going.clear()

    def go_on(self) -> None:
        """Take further points. What was exposed unasked, and began before, is none of them."""
        self.began = time.time()
        self._going.set()

    def wait_to_go_on(self, timeout: float) -> None:
        """Wait until it is not held, for at most ``timeout`` seconds."""
        self._going.wait(timeout)

    def finish(self) -> None:
        """End, complete, with the point that is being taken."""
        self.finishing = True
        self._going.set()

    @property
    def frames_of_a_point(self) -> int:
        """How many frames go to one file in any case."""
        return self._point or self.frames or 1

    def note_part(self, part: int) -> None:
        """The frames from the next on go to that part of a file that is split."""
        if not self._parts or self._parts[-1][1] != part:
            self._parts.append((self.appended, part))

    def parts(self, frames: int) -> list[tuple[int, int]]:
        """To which parts the first so many frames went: of each, up to which frame, and its number."""
        began = [*self._parts]
        ends = [*(first for first, _ in began[1:]), frames]
        return [(min(end, frames), part) for (first, part), end in zip(began, ends, strict=False) if first < frames]

    def is_between_points(self, taken: int) -> bool:
        """Whether the next frame, after so many, begins a point."""
        return taken % self.frames_of_a_point == 0

    def is_enough(self, taken: int) -> bool:
        """Whether so many frames are all that are wanted."""
        return taken == self.frames or (self.finishing and self.is_between_points(taken))
