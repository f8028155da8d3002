"""What bluesky asks of a camera in a fly scan."""

from concurrent.futures import Future
from functools import partial
from typing import Any

from ophyd.status import DeviceStatus

from framestore.detector.flights import Flights

from .camera_signals import CameraSignals
from .status import PointStatus


class Flyer(CameraSignals):
    """A camera that takes points by itself, from kickoff on, while a plan moves something else."""

    _flights: Flights

    def prepare(self, value: Any) -> DeviceStatus:
        """Claim the file of a fly scan, and say how long that is.

        Parameters
        ----------
        value
            Number of events, of ``frames_per_point`` frames each; 0: until `complete`. Or a mapping or an object with
            ``number_of_events``, such as ophyd-async's TriggerInfo; what else it asks for has to be as it is.

        Returns
        -------
        DeviceStatus
            Done when the file is there; fails with a FileExistsError when its name is taken.

        Raises
        ------
        RuntimeError
            When it is not staged, is busy, or ``documents`` are not ``"stream"``.
        ValueError, TypeError
            When it is no number from 0 on, asks for what the camera does not do, or the file's name is refused.
        """
        prepared = self._flights.prepare(value)
        status = DeviceStatus(self, call_stop_on_failure=False)

        def end(prepared: "Future[None]") -> None:
            error = prepared.exception()
            if error is None:
                status.set_finished()
            else:
                status.set_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))

        prepared.add_done_callback(end)
        return status

    def kickoff(self) -> DeviceStatus:
        """Begin to take points. After a pause, a fly scan that is under way goes on instead.

        Returns
        -------
        DeviceStatus
            Done at once.

        Raises
        ------
        RuntimeError
            When it was not prepared in this staging, is busy, or ``documents`` are not ``"stream"``.
        """
        self._flights.kickoff()
        status = DeviceStatus(self, call_stop_on_failure=False)
        status.set_finished()
        return status

    def complete(self) -> PointStatus:
        """Wait for the last point; without a number of points, the one that is being taken is the last.

        Returns
        -------
        PointStatus
            Done when others can read all frames; fails with the error of the source or the file. Points that have
            landed before can be collected all the same.

        Raises
        ------
        RuntimeError
            When it was not kicked off in this staging.
        """
        return self._flights.complete(partial(PointStatus, self))

    def describe_collect(self) -> dict[str, Any]:
        """Data key of the frames: the only one of a stream that is flown, which has no events."""
        self.image.there = True
        return self.image.describe()

    def get_index(self) -> int:
        """Index in its stream that the next point would have: points before it can be collected, or were."""
        return self._flights.next_index()
