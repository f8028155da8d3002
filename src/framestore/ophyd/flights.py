"""The fly scans of a camera."""

from concurrent.futures import Future
from typing import Any

from ophyd.status import DeviceStatus

from framestore.documents import AssetDocuments

from .asking import by_bluesky
from .camera_signals import CameraSignals
from .flight import Flight
from .request import events_of
from .staging import Staging
from .stagings import Stagings
from .status import PointStatus


class Flights:
    """Prepares, begins and ends the fly scans of a camera, one after another.

    Parameters
    ----------
    camera
        Whose.
    documents
        Of the camera.
    stagings
        Of the camera.
    """

    def __init__(
        self,
        camera: CameraSignals,
        documents: AssetDocuments,
        stagings: Stagings,
    ) -> None:
        self._camera = camera
        self._documents = documents
        self._stagings = stagings

    def prepare(self, value: Any) -> DeviceStatus:
        """Claim the file, and note the number of points."""
        staging = self._staged("prepare")
        points = events_of(value, staging, self._camera.name)
        status = DeviceStatus(self._camera, call_stop_on_failure=False)
        flight = staging.flight
        if flight is not None and flight.interrupted:
            if staging.points == points:  # a plan that goes back behind a pause
                status.set_finished()
                return status
            flight.interrupted = False

        def opened(future: "Future[None]") -> None:
            error = future.exception()
            if error is None:
                staging.points = points
                status.set_finished()
            else:
                status.set_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))

        if flight is not None:
            flight.check_landed("prepared")  # before what it was prepared for is forgotten: a pause asks for that
        staging.points = None
        staging.begin_flown_file().add_done_callback(opened)
        return status

    def kickoff(self) -> DeviceStatus:
        """Begin, or go on after a pause."""
        staging = self._staged("kickoff")
        flight = staging.flight
        if flight is not None and flight.interrupted:
            flight.interrupted = False
            flight.resume()
        elif staging.points is None:
            msg = (
                f"{self._camera.name}: kickoff before prepare; have the plan prepare it once it is staged, and wait: "
                f"bps.prepare({self._camera.name}, 10, wait=True)"
            )
            raise RuntimeError(msg)
        else:
            staging.fly(
                Flight(
                    camera=self._camera,
                    acquisition=staging.acquisition,
                    documents=self._documents,
                    destination=staging.destination,
                    points=staging.points,
                    frames_per_point=staging.frames_per_point,
                    by_hand=not by_bluesky(),
                )
            )
        status = DeviceStatus(self._camera, call_stop_on_failure=False)
        status.set_finished()
        return status

    def complete(self) -> PointStatus:
        """Let the fly scan end."""
        staging = self._stagings.last
        if staging is None or staging.flight is None:
            msg = f"{self._camera.name}: complete before kickoff; have the plan kick it off in the same staging"
            raise RuntimeError(msg)
        staging.flight.interrupted = False
        return staging.flight.complete()

    def describe_collect(self) -> dict[str, Any]:
        """Data key of the frames."""
        self._camera.image.there = True
        return self._camera.image.describe()

    def next_index(self) -> int:
        """Index that the next point would have."""
        staging = self._stagings.last
        landed = staging.flight.landed if staging is not None and staging.flight is not None else 0
        return self._documents.next_index + landed

    def _staged(self, verb: str) -> Staging:
        if self._documents.external != "STREAM:":
            msg = (
                f"{self._camera.name}: {verb} with documents='datum'; bluesky collects no events of a device that "
                "writes streams, so a fly scan has nothing that could name a Datum: make the camera with "
                "documents='stream'"
            )
            raise RuntimeError(msg)
        return self._stagings.ready_for(verb)
