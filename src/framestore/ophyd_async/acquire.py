"""Points and fly scans of a camera, as ophyd-async begins and ends them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

from ophyd_async.core import DetectorAcquireLogic, TriggerInfo, WatcherUpdate

from framestore.acquisition import StuckSourceError
from framestore.detector.asking import by_bluesky, elsewhere
from framestore.detector.flights import Flights
from framestore.detector.point import Point, before_the_first
from framestore.detector.stagings import Stagings
from framestore.documents import AssetDocuments

from .arrival import Arrival
from .counts import Counts
from .panel import LoopPanel
from .turn import Turn, Turns


class Acquiring(DetectorAcquireLogic):
    """Stages the camera, takes its points and fly scans, and waits for their frames.

    Parameters
    ----------
    panel, documents, stagings, flights, counts, turns
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
        numbers: tuple[str, ...],
        times: Callable[[], tuple[float | None, float]],
    ) -> None:
        self._panel = panel
        self._documents = documents
        self._stagings = stagings
        self._flights = flights
        self._counts = counts
        self._turns = turns
        self._numbers = numbers
        self._times = times
        self._arrival: Arrival | None = None
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

    async def restage(self, change: Callable[[], Awaitable[None]] | None = None) -> None:
        """Do something while the source is stopped, if anything, and start it again."""
        await self._end()
        if change is not None:
            await change()
        await self._start()

    async def _start(self) -> None:
        self._panel.begin()
        self._turns.begin_staging()
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

    async def take(self, turn: Turn) -> None:
        """Take the frames of a point."""
        staging = self._stagings.ready_for("trigger")
        if turn.again:
            staging.paused = True
        timeout, settle_time = self._times()
        if timeout is None:
            timeout = staging.acquisition.patience(staging.frames_per_point)
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
        """Claim the file of a fly scan."""
        await asyncio.wrap_future(await elsewhere(partial(self._flights.prepare, points)))

    async def fly(self, points: int | None = None) -> None:
        """Begin a fly scan, with as many points as it was prepared for, or so many; or go on after a pause."""
        await elsewhere(partial(self._flights.kickoff, points))

    async def arm(self, points: int) -> None:
        """Claim the file of a fly scan, and begin it: its triggers may come from now on."""
        await self.claim(points)
        await self.fly(points)

    async def nothing(self) -> None:
        """Begin nothing: ophyd-async starts a detector that is triggered from outside when it is prepared, too."""

    async def arriving(self, trigger_info: TriggerInfo, divisor: int) -> AsyncIterator[WatcherUpdate[int]]:
        """Wait for the frames of what was begun last, and tell how many others can read."""
        arrival, self._arrival = self._arrival, None
        is_point = arrival is not None
        if arrival is None:
            arrival = self._flights.complete(partial(Arrival, self._panel.name))
        target = None if arrival.frames is None else arrival.frames // divisor
        async for frames in arrival.progress(_patience(trigger_info)):
            yield WatcherUpdate(
                name=self._panel.name, current=frames // divisor, initial=0, target=target, unit="", precision=0
            )  # type: ignore[arg-type] - bluesky's bars take no target where it is not known
        if is_point and (settle_time := self._times()[1]):
            await asyncio.sleep(settle_time)


def _patience(trigger_info: TriggerInfo) -> float | None:
    """Seconds for each frame, where somebody said so; what ophyd-async puts there itself knows no exposure time."""
    if "exposure_timeout" not in trigger_info.model_fields_set:
        return None
    return trigger_info.exposure_timeout * trigger_info.exposures_per_collection
