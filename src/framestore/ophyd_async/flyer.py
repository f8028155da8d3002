"""What bluesky asks of a camera in a fly scan."""

from collections.abc import AsyncIterator
from typing import Any

from event_model import DataKey
from ophyd_async.core import AsyncStatus, DetectorTrigger, TriggerInfo, WatchableAsyncStatus, WatcherUpdate

from framestore.detector.asking import remembered
from framestore.detector.flights import Flights
from framestore.detector.stagings import Stagings

from .acquire import Acquiring
from .camera_signals import CameraSignals
from .fly_scans import FlyScans
from .images import ImageStream
from .request import asked_of, filled
from .triggers import SourceTriggers


class Flyer(CameraSignals):
    """A camera that takes points by itself, from kickoff on, while a plan moves something else."""

    _acquiring: Acquiring
    _flights: Flights
    _fly_scans: FlyScans
    _images: ImageStream
    _stagings: Stagings
    _triggers: SourceTriggers

    def prepare(self, value: Any) -> "AsyncStatus[None]":
        """Get ready for a number of events, and claim the file for them.

        Parameters
        ----------
        value
            A ``TriggerInfo``, its fields in a mapping, or a number of events; 0: until `complete`. What it does not
            name stays as the camera is set: collections in an event (``frames_per_point``), exposures in a collection
            (``exposures_per_frame``), and the trigger. What it names holds until the camera is unstaged; times stay.

        Raises
        ------
        RuntimeError
            When the camera is not staged, or is busy.
        ValueError, TypeError
            When the source has no such trigger or time, it is out of range, or the file's name is refused.
        FileExistsError
            When the file's name is taken.
        """
        with remembered():
            return self._prepare(value)

    @AsyncStatus.wrap
    async def _prepare(self, value: Any) -> None:
        ended = self._acquiring.ended
        try:
            await self._prepare_for(asked_of(value, self.name))
        except Exception:
            if ended == self._acquiring.ended:
                raise
            self.log.info("%s: a prepare that nobody waits for any more has failed", self.name, exc_info=True)

    async def _prepare_for(self, asked: TriggerInfo) -> None:
        staging = await self._acquiring.ready_for("prepare")
        if self._flights.is_interrupted and staging.points == asked.number_of_events:
            return  # a plan that goes back behind a pause
        await self._fly_scans.disarm()
        self._flights.check_landed("prepared")
        info = await self.set_up(asked)
        if info.trigger is DetectorTrigger.INTERNAL:
            await self._fly_scans.claim(info.number_of_events)
        else:  # as ophyd-async does: triggers may come from now on
            await self._fly_scans.arm(info.number_of_events)

    def kickoff(self) -> "AsyncStatus[None]":
        """Begin to take the points it was prepared for. After a pause, a fly scan that is under way goes on instead.

        Raises
        ------
        RuntimeError
            When it was not prepared in this staging, or is busy.
        """
        with remembered():
            return self._kickoff(self._fly_scans.pauses)

    @AsyncStatus.wrap
    async def _kickoff(self, pauses: int) -> None:
        await self._fly_scans.kickoff(await self.events_to_kickoff.get_value(), pauses)

    def complete(self) -> "WatchableAsyncStatus[int]":
        """Wait for the last point; without a number of points, the one that is being taken is the last.

        Returns
        -------
        WatchableAsyncStatus
            Done when others can read all frames; fails with the error of the source or the file. Points that have
            landed before can be collected all the same.

        Raises
        ------
        RuntimeError
            When it was not kicked off in this staging.
        """
        self._flights.check_kicked_off()
        return self._complete()

    async def describe_collect(self) -> dict[str, DataKey]:
        """Data key of the frames: the only one of a stream that is flown, which has no events."""
        return self._images.data_key()

    async def get_index(self) -> int:
        """Index in its stream that the next point would have: points before it can be collected, or were."""
        return self._flights.next_index()

    @WatchableAsyncStatus.wrap
    async def _complete(self) -> AsyncIterator[WatcherUpdate[int]]:
        async for update in self._fly_scans.landing(self.prepared or TriggerInfo()):
            yield update

    async def set_up(self, asked: TriggerInfo) -> TriggerInfo:
        """Set the camera as it is asked for, and what is not named as it is set; returns all of it."""
        counts = self._counts.asked()
        as_set = {
            "trigger": await self._triggers.current(),
            "collections_per_event": counts["frames_per_point"],
            "exposures_per_collection": counts["exposures_per_frame"],
        }
        info = filled(asked, as_set)
        wanted = {
            "frames_per_point": info.collections_per_event,
            "exposures_per_frame": info.exposures_per_collection,
        }
        if wanted != counts:
            self._stagings.check_idle("prepared")
        await self.plain_prepare(info)
        if wanted != counts:

            async def change() -> None:
                self._counts.change(wanted)

            await self._acquiring.restage(change)
        return info
