"""The fly scans of a camera."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar, cast

from framestore.documents import AssetDocuments

from .asking import by_bluesky
from .flight import Flight
from .outcome import Outcome
from .panel import Panel
from .request import events_of
from .staging import Staging
from .stagings import Stagings

Waits = TypeVar("Waits", bound=Outcome)


class Flights:
    """Prepares, begins and ends the fly scans of a camera, one after another.

    Parameters
    ----------
    panel
        Of the camera.
    documents
        Of the camera.
    stagings
        Of the camera.
    """

    def __init__(
        self,
        panel: Panel,
        documents: AssetDocuments,
        stagings: Stagings,
    ) -> None:
        self._panel = panel
        self._documents = documents
        self._stagings = stagings

    def prepare(self, value: Any) -> "Future[None]":
        """Claim the file, and note the number of points; done when the file is there."""
        staging = self._staged("prepare")
        points = events_of(value, staging, self._panel.name)
        prepared: Future[None] = Future()
        flight = staging.flight
        if flight is not None and flight.interrupted:
            if staging.points == points:  # a plan that goes back behind a pause
                prepared.set_result(None)
                return prepared
            flight.interrupted = False

        def opened(future: "Future[None]") -> None:
            error = future.exception()
            if error is None:
                staging.points = points
                prepared.set_result(None)
            else:
                prepared.set_exception(error)

        if flight is not None:
            flight.check_landed("prepared")  # before what it was prepared for is forgotten: a pause asks for that
        staging.points = None
        staging.begin_flown_file().add_done_callback(opened)
        return prepared

    @property
    def is_interrupted(self) -> bool:
        """Whether there was a pause in a fly scan, so that the plan may prepare and kick it off again."""
        return self._flight is not None and self._flight.interrupted

    def check_landed(self, what: str) -> None:
        """Refuse what cannot be done while a fly scan is under way; RuntimeError."""
        if self._flight is not None:
            self._flight.check_landed(what)

    def check_prepared(self) -> Staging:
        """The staging, which is prepared, or in a pause; RuntimeError when there is none."""
        staging = self._staged("kickoff")
        if staging.points is None and not self.is_interrupted:
            msg = (
                f"{self._panel.name}: kickoff before prepare; have the plan prepare it once it is staged, and wait: "
                f"bps.prepare({self._panel.name}, 10, wait=True)"
            )
            raise RuntimeError(msg)
        return staging

    def check_kicked_off(self) -> Flight:
        """The fly scan, which may be over; RuntimeError when there is none."""
        if self._flight is None:
            msg = f"{self._panel.name}: complete before kickoff; have the plan kick it off in the same staging"
            raise RuntimeError(msg)
        return self._flight

    def kickoff(self, points: int | None = None) -> None:
        """Begin, with as many points as it was prepared for, or so many; or go on after a pause."""
        staging = self.check_prepared()
        if staging.flight is not None and staging.flight.interrupted:
            staging.flight.interrupted = False
            staging.flight.resume()
            return
        staging.fly(
            Flight(
                panel=self._panel,
                acquisition=staging.acquisition,
                documents=self._documents,
                destination=staging.destination,
                points=cast("int", staging.points) if points is None else points,
                frames_per_point=staging.frames_per_point,
                by_hand=not by_bluesky(),
            )
        )

    def pause(self) -> None:
        """A pause came before the fly scan that was just begun."""
        if self._flight is not None:
            self._flight.pause()

    def complete(self, outcome: Callable[[int | None], Waits], points: int | None = None) -> Waits:
        """Let the fly scan end, or wait for the first so many of its points.

        Parameters
        ----------
        outcome
            Makes what waits for it; it takes the number of frames, None: it is not known.
        points
            How many are enough; None: all.
        """
        flight = self.check_kicked_off()
        flight.interrupted = False
        waits = outcome(flight.order.frames)
        flight.complete(waits, points)
        return waits

    @property
    def _flight(self) -> Flight | None:
        return None if self._stagings.last is None else self._stagings.last.flight

    def next_index(self) -> int:
        """Index that the next point would have."""
        landed = 0 if self._flight is None else self._flight.landed
        return self._documents.next_index + landed

    def _staged(self, verb: str) -> Staging:
        if self._documents.external != "STREAM:":
            msg = (
                f"{self._panel.name}: {verb} with documents='datum'; bluesky collects no events of a device that "
                "writes streams, so a fly scan has nothing that could name a Datum: make the camera with "
                "documents='stream'"
            )
            raise RuntimeError(msg)
        return self._stagings.ready_for(verb)
