"""Points that follow each other without a plan in between: a fly scan."""

import threading

from framestore.acquisition import Acquisition, Order
from framestore.documents import AssetDocuments

from .destination import Destination
from .outcome import Outcome
from .panel import Panel


class Flight:
    """What is taken from kickoff on: its points, whose frames land in the file, until they are collected.

    Parameters
    ----------
    panel
        Of the camera.
    acquisition
        Takes the frames.
    documents
        Of the camera.
    destination
        Where the frames go.
    points
        How many; 0: until it is completed.
    frames_per_point
        Frames in each.
    by_hand
        Whether it is not bluesky that wants it.
    """

    def __init__(
        self,
        *,
        panel: Panel,
        acquisition: Acquisition,
        documents: AssetDocuments,
        destination: Destination,
        points: int,
        frames_per_point: int,
        by_hand: bool,
    ) -> None:
        self._panel = panel
        self._acquisition = acquisition
        self._documents = documents
        self._destination = destination
        self._frames_per_point = frames_per_point
        self._by_hand = by_hand
        self._open = points == 0
        self._collected = 0
        self._lock = threading.Lock()
        self._waiting: list[tuple[Outcome, int | None]] = []
        self._ended = False
        self._error: Exception | None = None
        self._told = False
        self.interrupted = False
        """Whether there was a pause, so that the plan may kick it off again though it goes on."""
        self.order = Order(
            points * frames_per_point or None,
            point=frames_per_point,
            numbers=False,
            on_written=self._written,
            on_end=self._end,
            on_overdue=self._overdue,
        )
        """For its frames."""

    @property
    def is_over(self) -> bool:
        """Whether all its points have landed, or it has failed."""
        return self._ended

    @property
    def is_open(self) -> bool:
        """Whether it has no number of points, and goes on until it is stopped."""
        return self._open

    @property
    def landed(self) -> int:
        """Points, not collected yet, all frames of which others can read."""
        return self.order.readable // self._frames_per_point - self._collected

    def complete(self, outcome: Outcome, points: int | None = None) -> None:
        """Let it end: at once, with the point that is being taken, where it has no number of points.

        Parameters
        ----------
        outcome
            Who waits for that.
        points
            With how many of its points that ends well already; None: with the last.
        """
        if self._open:
            self.order.finish()
        enough = None if points is None else points * self._frames_per_point
        self.order.awaited = enough or 0
        outcome.report(self.order.readable)
        with self._lock:
            self._told = True
            self._waiting.append((outcome, enough))
        self._tell(self.order.readable)

    def pause(self) -> None:
        """Begin no further point, until `resume`."""
        self.interrupted = not (self._ended and self.landed == 0)
        self.order.hold()

    def resume(self) -> None:
        """Go on."""
        self.order.go_on()

    def split(self, index: int | None) -> None:
        """Have further points go to another file, if this one is full: now, since all that landed is collected.

        bluesky takes no documents of two resources in one collect. So a fly scan goes on in another file only when all
        of its points before an index, or None for all that there are, can be handed out with the first one's.
        """
        most = None if index is None else self._collected + index - self._documents.next_index
        self._acquisition.placing.split(self.order, None if most is None else most * self._frames_per_point)

    def collect(self) -> None:
        """Give points that have landed to the documents."""
        self.interrupted = False
        with self._lock:  # a plan may collect while another thread unstages
            for frames, part in self.order.parts(self.order.readable):
                points = frames // self._frames_per_point - self._collected
                if points > 0:
                    self._destination.follow(part)
                    self._collected += points
                    self._documents.add_flown(points, by_hand=self._by_hand)

    def check_landed(self, what: str) -> None:
        """Refuse what cannot be done while it is under way; RuntimeError."""
        if not self._ended:
            name = self._panel.name
            msg = f"{name}: {what} while a fly scan is under way; have the plan complete and collect it first"
            raise RuntimeError(msg)

    def check_collected(self, what: str = "triggered") -> None:
        """Refuse a step, or ``what`` else, while points wait that no collect has met; RuntimeError."""
        points = self.landed + self._documents.uncollected
        if points:
            msg = (
                f"{self._panel.name}: {what} while {points} points of the fly scan before are not collected; have "
                "the plan collect them first"
            )
            raise RuntimeError(msg)

    def close(self) -> None:
        """It is over; an error that nobody was told of is logged."""
        if self._error is not None and not self._told:
            self._panel.log.error("%s: the fly scan ended early: %s", self._panel.name, self._error)

    def _written(self, frames: int) -> None:
        self._panel.show({"frames_written": self._acquisition.frames_written})
        for outcome, _ in list(self._waiting):
            outcome.report(frames)
        self._tell(frames)

    def _tell(self, frames: int) -> None:
        """End those whose wait is over, now that so many frames can be read."""
        over = self._ended or self._error is not None
        with self._lock:
            done = [one for one in self._waiting if over or (one[1] is not None and frames >= one[1])]
            self._waiting = [one for one in self._waiting if one not in done]
        for outcome, enough in done:
            if self._error is not None and (enough is None or frames < enough):
                outcome.fail(self._error)
            elif outcome.claim.take():
                outcome.set_finished()

    def _overdue(self, error: TimeoutError | None) -> None:
        """The file system does not return: whoever waits is told now, though the end may be far."""
        if error is None:  # its time is over; but it has as much as it takes
            return
        with self._lock:
            self._error = error
        self._tell(self.order.readable)

    def _end(self, error: Exception | None) -> None:
        panel, dropped = self._panel, self.order.dropped
        try:
            total = {"total_frames_dropped": self._acquisition.frames_dropped} if dropped else {}
            panel.show({"frames_written": self._acquisition.frames_written, "frames_dropped": dropped, **total})
            if dropped:
                complete = error is None and not self.order.cancelled
                then = "; others took their places" if complete else ", which did not come to its end"
                panel.log.warning("%s: %d frames were lost in a fly scan%s", panel.name, dropped, then)
        except Exception as raised:  # noqa: BLE001 - by a signal of a subclass; nothing else would end the outcome
            error = error or raised
        with self._lock:
            self._ended, self._error = True, self._error or error
        self._tell(self.order.readable)
