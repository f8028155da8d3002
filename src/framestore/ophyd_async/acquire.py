"""Stagings and points of a camera, as ophyd-async begins and ends them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import cast

from ophyd_async.core import DetectorAcquireLogic, DetectorTrigger, TriggerInfo, WatcherUpdate

from framestore.acquisition import StuckSourceError
from framestore.detector.asking import by_bluesky, elsewhere
from framestore.detector.point import Point, before_the_first
from framestore.detector.staging import Staging
from framestore.detector.stagings import Stagings
from framestore.documents import AssetDocuments

from .arrival import Arrival, updates
from .counts import Counts
from .fly_scans import FlyScans
from .mock import MockAcquisition
from .panel import LoopPanel
from .triggers import SourceTriggers
from .turn import Turn, Turns


class Acquiring(DetectorAcquireLogic):
    """Stages the camera, takes its points, and waits for their frames.

    Parameters
    ----------
    panel, documents, stagings, fly_scans, counts, turns, triggers
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
        fly_scans: FlyScans,
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
        self._fly_scans = fly_scans
        self._counts = counts
        self._turns = turns
        self._triggers = triggers
        triggers.unstaged = self.restage
        self._numbers = numbers
        self._times = times
        self._lock = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ended = 0
        """How often it was unstaged."""

    async def ensure_ready(self) -> None:
        """Start the source; raises as `framestore.ophyd.Camera.stage`."""
        async with self._changing():
            await self._stop()
            await self._start()

    async def ensure_stopped(self) -> None:
        """Stop the source and close the file; raises as `framestore.ophyd.Camera.unstage`."""
        self._stagings.check_thread()
        self.ended += 1
        self._turns.abandon()
        async with self._changing():  # a plan may unstage what is still being staged
            await self._stop()

    @property
    def changes(self) -> bool:
        """Whether it is being staged, or unstaged."""
        return self._lock.locked()

    async def ready_for(self, verb: str) -> Staging:
        """The staging, once it is there again where a pause came while it was changed; raises as `Stagings`."""
        async with self._changing():
            return self._stagings.ready_for(verb)

    async def restage(self, change: Callable[[], Awaitable[None]] | None = None) -> None:
        """Do something while the source is stopped, if anything, and start it again.

        Raises
        ------
        RuntimeError
            When the camera was unstaged meanwhile, is busy, or points of a fly scan are not collected.
        """
        async with self._changing():
            self._stagings.check_idle("prepared")
            await self._end()
            try:
                if change is not None:
                    await change()
            finally:
                await self._start()

    def _changing(self) -> asyncio.Lock:
        """Held while the staging changes; a lock belongs to an event loop."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._lock = loop, asyncio.Lock()
        return self._lock

    async def _stop(self) -> None:
        try:
            await self._end()
        finally:
            self._counts.restore()
            await self._triggers.restore()

    async def _start(self) -> None:
        self._panel.begin()
        self._turns.begin_staging()
        self._fly_scans.begin_staging()
        try:
            staging = await elsewhere(self._stagings.begin)
        except BaseException:
            with contextlib.suppress(TimeoutError):  # what is stuck was named, or is by the first error
                await self._stop()
            raise
        mocked = isinstance(cast("object", staging.acquisition), MockAcquisition)
        numbers = [name for name in self._numbers if not (mocked and self._panel.shown(name))]  # a test has set that
        self._panel.show(before_the_first(numbers, staging.acquisition.dtype))

    async def _end(self) -> None:
        self._stagings.check_thread()
        try:
            await elsewhere(self._stagings.end)
        except StuckSourceError as error:
            self._panel.log.error("%s", error)  # noqa: TRY400 - the message says all

    async def start_acquiring(self) -> None:
        """Do nothing: points and fly scans are begun by the verbs of the camera, which know which of them it is."""

    async def wait_for_idle(self) -> None:
        """Do nothing: who waited for the frames knows that they are there."""

    async def point(self, turn: Turn, trigger_info: TriggerInfo) -> AsyncIterator[WatcherUpdate[int]]:
        """Take the frames of a point, and tell how many of them others can read."""
        arrival = await self._take(turn, trigger_info)
        turn.has_begun()
        async for update in updates(arrival, trigger_info, 1, self._stagings.give_up):
            yield update
        if settle_time := self._times()[1]:
            await asyncio.sleep(settle_time)

    async def _take(self, turn: Turn, trigger_info: TriggerInfo) -> Arrival:
        staging = self._stagings.ready_for("trigger")
        await self._fly_scans.disarm()
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
        return arrival
