"""Points and fly scans of a camera, as ophyd-async begins and ends them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

from ophyd_async.core import DetectorAcquireLogic, DetectorTrigger, TriggerInfo, WatcherUpdate

from framestore.acquisition import StuckSourceError
from framestore.detector.asking import by_bluesky, elsewhere
from framestore.detector.flights import Flights
from framestore.detector.point import Point, before_the_first
from framestore.detector.stagings import Stagings
from framestore.documents import AssetDocuments

from .arrival import Arrival
from .counts import Counts
from .panel import LoopPanel
from .triggers import SourceTriggers
from .turn import Turn, Turns


class Acquiring(DetectorAcquireLogic):
    """Stages the camera, takes its points and fly scans, and waits for their frames.

    Parameters
    ----------
    panel, documents, stagings, flights, counts, turns, triggers
        Of the camera.
    numbers
        Names of the numbers of an event.
    times
        Tells how many seconds a point may take, None: as long as its exposures may; and the seconds between its last
        frame and the end of its Status.
    """

    def __init__(
        self,
        panel: LoopPanel,
        documents: AssetDocuments,
        stagings: Stagings,
        flights: Flights,
        *,
        counts: Counts,
        turns: Turns,
        triggers: SourceTriggers,
        numbers: tuple[str, ...],
        times: Callable[[], tuple[float | None, float]],
    ) -> None:
        self._panel = panel
        self._documents = documents
        self._stagings = stagings
        self._flights = flights
        self._counts = counts
        self._turns = turns
        self._triggers = triggers
        triggers.unstaged = self.restage
        self._numbers = numbers
        self._times = times
        self._arrival: Arrival | None = None
        self._prepared = self._begun = 0
        self._armed = False
        self.begin: Callable[[], Awaitable[None]] = self.nothing
        """What is begun when ophyd-async starts to acquire."""

    async def ensure_ready(self) -> None:
        """Start the source; raises as `framestore.ophyd.Camera.stage`."""
        await self.ensure_stopped()
        await self._start()

    async def ensure_stopped(self) -> None:
        """Stop the source and close the file; raises as `framestore.ophyd.Camera.unstage`."""
        try:
            await self._end()
        finally:
            self._counts.restore()
            await self._triggers.restore()

    async def restage(self, change: Callable[[], Awaitable[None]] | None = None) -> None:
        """Do something while the source is stopped, if anything, and start it again."""
        await self._end()
        if change is not None:
            await change()
        await self._start()

    async def _start(self) -> None:
        self._panel.begin()
        self._turns.begin_staging()
        self._prepared, self._begun, self._armed = 0, 0, False
        try:
            staging = await elsewhere(self._stagings.begin)
        except BaseException:
            with contextlib.suppress(TimeoutError):  # what is stuck was named, or is by the first error
                await self.ensure_stopped()
            raise
        self._panel.show(before_the_first(self._numbers, staging.acquisition.dtype))

    async def _end(self) -> None:
        self._stagings.check_thread()
        try:
            await elsewhere(self._stagings.end)
        except StuckSourceError as error:
            self._panel.log.error("%s", error)  # noqa: TRY400 - the message says all

    async def start_acquiring(self) -> None:
        """Take the frames of a point, or begin a fly scan."""
        await self.begin()

    async def wait_for_idle(self) -> None:
        """Do nothing: who waited for the frames knows that they are there."""

    async def take(self, turn: Turn, trigger_info: TriggerInfo) -> None:
        """Take the frames of a point."""
        staging = self._stagings.ready_for("trigger")
        await self.disarm()
        if turn.again:
            staging.paused = True
        timeout, settle_time = self._times()
        if timeout is None:
            timeout = staging.acquisition.patience(staging.frames_per_point)
            if trigger_info.trigger is not DetectorTrigger.INTERNAL:
                timeout += trigger_info.exposure_timeout * trigger_info.number_of_exposures
        arrival = Arrival(self._panel.name, staging.frames_per_point, timeout)
        point = Point(
            panel=self._panel,
            staging=staging,
            documents=self._documents,
            outcome=arrival,
            timeout=timeout + settle_time,
            by_hand=not by_bluesky(),
        )
        take = partial(staging.take, point.order())
        if staging.waits:
            await elsewhere(take)
        else:
            take()
        turn.has_begun()
        self._arrival = arrival

    async def claim(self, points: int) -> None:
        """Claim the file of a fly scan of so many points."""
        await asyncio.wrap_future(await elsewhere(partial(self._flights.prepare, points)))
        self._prepared, self._begun, self._armed = points, 0, False

    async def arm(self, points: int) -> None:
        """Claim the file of a fly scan that is triggered from outside, and begin it: triggers may come from now on."""
        await self.claim(points)
        await elsewhere(self._flights.kickoff)
        self._armed = True

    async def disarm(self) -> None:
        """What waits for its first trigger from outside, and was not kicked off, does not begin after all.

        Raises
        ------
        RuntimeError
            When triggers have come.
        """
        staging = self._stagings.last
        if staging is None or staging.flight is None or self._begun or not self._armed:
            return
        if staging.flight.order.appended:
            msg = (
                f"{self._panel.name}: triggers have come since it was prepared; kick it off and complete it, or "
                "unstage it"
            )
            raise RuntimeError(msg)
        await elsewhere(staging.acquisition.cancel)
        self._armed = False

    async def kickoff(self, points: int) -> None:
        """Begin so many of the points that it was prepared for; or go on after a pause.

        Raises
        ------
        RuntimeError
            When it was not prepared for so many.
        """
        self._flights.check_prepared()
        if self._flights.is_interrupted:
            self._begun = self._begun or points
            return await elsewhere(self._flights.kickoff)
        left = self._prepared - self._begun
        if self._prepared and not 0 < points <= left:
            msg = (
                f"{self._panel.name}: kicked off for {points} events, while {left} are left of those that it was "
                "prepared for; prepare it for more"
            )
            raise RuntimeError(msg)
        if not self._armed:
            await elsewhere(partial(self._flights.kickoff, points))
        self._begun += points
        return None

    async def nothing(self) -> None:
        """Begin nothing: ophyd-async starts a detector that is triggered from outside when it is prepared, too."""

    async def arriving(self, trigger_info: TriggerInfo, divisor: int) -> AsyncIterator[WatcherUpdate[int]]:
        """Wait for the frames of the point that was begun last, and tell how many others can read."""
        del divisor
        arrival = self._arrival
        if arrival is None:
            return
        async for update in self._updates(arrival, trigger_info, 1):
            yield update
        if settle_time := self._times()[1]:
            await asyncio.sleep(settle_time)

    async def landing(self, trigger_info: TriggerInfo) -> AsyncIterator[WatcherUpdate[int]]:
        """Wait for the points of the fly scan that were kicked off, and tell how many others can read."""
        points = self._begun if self._armed and self._prepared else None
        arrival = self._flights.complete(partial(Arrival, self._panel.name), points)
        async for update in self._updates(arrival, trigger_info, trigger_info.collections_per_event):
            yield update

    async def _updates(
        self, arrival: Arrival, trigger_info: TriggerInfo, divisor: int
    ) -> AsyncIterator[WatcherUpdate[int]]:
        target: Any = None if arrival.frames is None else arrival.frames // divisor
        name = self._panel.name
        try:
            async for frames in arrival.progress(_patience(trigger_info)):
                current = frames // divisor
                yield WatcherUpdate(name=name, current=current, initial=0, target=target, unit="", precision=0)
        finally:
            if arrival.given_up and self._stagings.last is not None:
                await elsewhere(self._stagings.last.acquisition.cancel)


def _patience(trigger_info: TriggerInfo) -> float | None:
    """Seconds for each frame, where somebody said so, or triggers from outside are waited for.

    What ophyd-async puts there itself knows no exposure time but that of the TriggerInfo.
    """
    is_internal = trigger_info.trigger is DetectorTrigger.INTERNAL
    if is_internal and "exposure_timeout" not in trigger_info.model_fields_set:
        return None
    return trigger_info.exposure_timeout * trigger_info.exposures_per_collection
