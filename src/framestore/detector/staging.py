"""What a camera has from stage to unstage."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from framestore.acquisition import Acquisition, Order
from framestore.documents import AssetDocuments

from .asking import by_bluesky
from .destination import Destination
from .panel import Panel

if TYPE_CHECKING:
    from .flight import Flight


class Staging:
    """An acquisition, the file that its frames go to, and what the documents of the camera require of that file.

    Parameters
    ----------
    acquisition
        Takes the frames; it is started.
    documents
        Those of the camera.
    destination
        Where the frames go.
    frames_per_point
        Frames in an event.
    exposures_per_frame
        Exposures in a frame.
    panel
        Of the camera: what is set there must not be changed while it lasts.
    """

    def __init__(
        self,
        acquisition: Acquisition,
        documents: AssetDocuments,
        *,
        destination: Destination,
        frames_per_point: int,
        exposures_per_frame: int,
        panel: Panel,
    ) -> None:
        self.acquisition = acquisition
        """Takes the frames."""
        self.frames_per_point = frames_per_point
        """Frames in an event."""
        self.exposures_per_frame = exposures_per_frame
        """Exposures in a frame."""
        self.points: int | None = None
        """How many a fly scan is prepared for; 0: until it is stopped; None: it is not prepared."""
        self.flight: Flight | None = None
        """The fly scan that was kicked off last."""
        self.paused = False
        """Whether there was a pause since the last trigger, so that the plan may go back behind it."""
        self.closed = False
        """Whether the camera was unstaged: documents are handed out still, the file stays as it is."""
        self._documents = documents
        self.destination = destination
        """Where the frames go."""
        self._panel = panel
        self._lock = threading.Lock()
        self._closing = threading.RLock()

    def check_gone(self, camera: str, source: object) -> None:
        """Refuse another staging while a call of this one has not returned; RuntimeError."""
        if self.acquisition.stuck:
            msg = (
                f"{camera}: the source {source!r}, or its file, has not returned from a call of the last staging; look "
                "at the camera and the disk, and stage again once it has"
            )
            raise RuntimeError(msg)

    def check_unchanged(self) -> None:
        """Refuse settings that were changed since the camera was staged; RuntimeError."""
        is_set = {"frames_per_point": self.frames_per_point, "exposures_per_frame": self.exposures_per_frame}
        for name, value in self._panel.asked().items():
            if value != is_set[name]:
                msg = (
                    f"{self._panel.name}: {name} was changed from {is_set[name]} to {value} while staged; unstage "
                    "first (ophyd's stage_sigs can set it, too)"
                )
                raise RuntimeError(msg)

    def check_idle(self, what: str) -> None:
        """Refuse what would lose points: of a trigger, or a fly scan, that is under way or not collected."""
        self._check_landed(what)
        self.acquisition.check_ready(what)
        if self.flight is not None:
            self.flight.check_collected(what)

    @property
    def waits(self) -> bool:
        """Whether `take` waits for something: the path provider, or the file system."""
        return self.paused or not self.destination.is_there

    def take(self, order: Order) -> None:
        """Take the frames of a point; they may take the place of one that never was emitted."""
        with self._lock:  # two triggers at once must not open two files
            self._check_landed("triggered")
            self._check_collected()
            self._retake()
            self.acquisition.check_ready()
            if not self.destination.is_there:
                self.destination.begin()
            self.acquisition.arm(order)

    def begin_flown_file(self) -> "Future[None]":
        """Make the file of a fly scan, unless there is one for its stream; done when it is made."""
        with self._lock:
            self._check_landed("prepared")
            if self.paused:
                self.acquisition.cancel()
            self.acquisition.check_ready()
            if not self.destination.needs_file:
                made: Future[None] = Future()
                made.set_result(None)
                return made
            self._make_room()
            made = self.destination.begin(vital=False)

        def check(made: "Future[None]") -> None:
            self.destination.is_there = made.exception() is None

        made.add_done_callback(check)
        return made

    def fly(self, flight: "Flight") -> None:
        """Take the points of a fly scan."""
        with self._lock:
            self._check_landed("kicked off")
            self.acquisition.check_ready()
            self.destination.take_out(self._documents.forget_steps())
            if self.destination.needs_file:
                self._make_room()
                self.destination.begin()
            elif self.flight is not None:
                if self.flight.is_open and by_bluesky():
                    self.destination.take_out(self._documents.forget_held())
                self.flight.collect()
            self._documents.begin_flight()
            flight.order.may_begin_part = not self._documents.uncollected
            self.flight = flight
            self.acquisition.arm(flight.order)

    def stop(self, *, success: bool) -> None:
        """End the point, or the fly scan, that is under way; unless with ``success``, as an error."""
        flight = self.flight if self.flight is not None and not self.flight.is_over else None
        left = "its frames were taken out of the file again" if flight is None else "points that have landed stay"
        what = "point" if flight is None else "fly scan"
        error = RuntimeError(f"{self._panel.name}: stopped before the {what} was complete; {left}")
        self.acquisition.cancel(None if success or (flight is not None and flight.is_open) else error)

    def pause(self) -> None:
        """Note that the plan may go back behind the last point; a fly scan begins no further one."""
        self.paused = True
        if self.flight is not None:
            self.flight.pause()

    def resume(self) -> None:
        """A fly scan goes on."""
        if self.flight is not None:
            self.flight.resume()

    def close(self) -> None:
        """End the acquisition; points that belong to no event leave the file before. Who comes second waits for that.

        Raises
        ------
        StuckSourceError
            When the source does not return.
        RuntimeError
            When documents went into a wrong stream.
        Exception
            Whatever the source or the file system raised. All the rest is done all the same.
        """
        with self._closing:  # bluesky does not wait for what it unstages itself, since a plan left it staged
            self._close()

    def _close(self) -> None:
        if self.closed:
            return self.acquisition.close()  # harmless, unless it was interrupted
        self.closed = True
        with contextlib.ExitStack() as stack:
            stack.callback(self.acquisition.close)
            self.acquisition.cancel()
            if self.flight is not None:
                stack.callback(self.flight.close)
                self.flight.collect()
            self._documents.check()
            self.destination.take_out(self._documents.abandon())
        return None

    def settle(self) -> None:
        """Bring the file in order before documents are handed out.

        Raises
        ------
        RuntimeError
            When the documents went into a wrong stream, or the camera was unstaged before a point was read whose frames
            would have to be moved.
        OSError
            When the file system does not allow it.
        """
        self.destination.settle(by_hand=not by_bluesky(), closed=self.closed)

    @property
    def takes_events(self) -> bool:
        """Whether an event that is read now has an image: not in a fly scan, whose points are collected."""
        return not self.closed and (self.flight is None or self.flight.is_over)

    def collect(self, index: int | None = None, *, reading: bool) -> Iterator[tuple[str, Any]]:
        """Hand out the documents of the points that were taken since.

        Parameters
        ----------
        index
            Of the first point of a fly scan that is not wanted yet; None: all are.
        reading
            Whether that may be for an event, which has no points of a fly scan.
        """
        if index is not None or not reading:
            self._documents.recall_flown()
            if self.flight is not None:
                self.flight.split(index)
                self.flight.collect()
            self._documents.want_flown(index, by_hand=not by_bluesky())
        self.settle()
        yield from self._documents.collect(by_hand=not by_bluesky())

    def _check_landed(self, what: str) -> None:
        """Refuse what cannot be done while a fly scan is under way; RuntimeError."""
        if self.flight is not None:
            self.flight.check_landed(what)

    def _check_collected(self) -> None:
        """Refuse a step behind points of a fly scan that nobody collected, unless by hand, or in its place."""
        if self.flight is not None and by_bluesky() and not (self.paused and self.flight.interrupted):
            self.flight.check_collected()
            self.destination.take_out(self._documents.forget_held())
        elif self.flight is not None:
            self.flight.collect()

    def _retake(self) -> None:
        """After a pause: take back what was taken and never emitted."""
        if not self.paused:
            return
        self.acquisition.cancel()
        self.destination.take_out(self._documents.retake())
        self.paused = False

    def _make_room(self) -> None:
        """Before another file: points that were taken for this one and never read leave it."""
        if self.destination.is_there:
            if self.flight is not None and self.flight.landed:
                msg = (
                    f"{self._panel.name}: {self.flight.landed} points of the fly scan before were not collected, and "
                    "another stream was declared; have the plan collect them first"
                )
                raise RuntimeError(msg)
            self.destination.take_out(self._documents.forget_unread())
