"""Fly scans of a camera, as ophyd-async prepares, begins and completes them."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from ophyd_async.core import TriggerInfo, WatcherUpdate

from framestore.detector.asking import elsewhere
from framestore.detector.flights import Flights
from framestore.detector.stagings import Stagings

from .arrival import Arrival, updates
from .panel import LoopPanel


class FlyScans:
    """Begins fly scans whole or in parts, or has them wait for triggers from outside.

    Parameters
    ----------
    panel, stagings, flights
        Of the camera.
    """

    def __init__(self, panel: LoopPanel, stagings: Stagings, flights: Flights) -> None:
        self._panel = panel
        self._stagings = stagings
        self._flights = flights
        self._prepared = self._begun = 0
        self._armed = False
        self._claimed_at = 0
        self.pauses = 0
        """How often plans were paused."""

    def begin_staging(self) -> None:
        """Forget those of the staging before."""
        self._prepared, self._begun, self._armed = 0, 0, False

    @property
    def is_over(self) -> bool:
        """Whether all that it was prepared for has landed, or has failed."""
        staging = self._stagings.last
        flight = None if staging is None else staging.flight
        return flight is not None and flight.is_over and self._begun >= self._prepared

    async def claim(self, points: int) -> None:
        """Claim the file of a fly scan of so many points."""
        await asyncio.wrap_future(await elsewhere(partial(self._flights.prepare, points)))
        self._prepared, self._begun, self._armed = points, 0, False
        self._claimed_at = self.pauses

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

    def pause(self) -> None:
        """The plan may go back behind the last kickoff."""
        self.pauses += 1

    async def kickoff(self, points: int, pauses: int) -> None:
        """Begin so many of the points that it was prepared for; or go on after a pause.

        Parameters
        ----------
        points
            How many.
        pauses
            How many pauses there were when it was asked for: a further one may have come since.

        Raises
        ------
        RuntimeError
            When it was not prepared for so many.
        """
        staging = self._flights.check_prepared()
        if self._flights.is_interrupted:
            self._begun = self._begun or points
            return self._flights.kickoff()
        if self._claimed_at == self.pauses:  # else the plan may have gone back: what landed before stays
            self._check_left(points)
        if not self._armed:
            kickoff = partial(self._flights.kickoff, points)
            if staging.destination.needs_file:
                await elsewhere(kickoff)
            else:
                kickoff()
        self._begun += points
        if pauses != self.pauses:
            self._flights.pause()
        return None

    def _check_left(self, points: int) -> None:
        left = self._prepared - self._begun
        if not self._prepared or 0 < points <= left:
            return
        what = f"it was prepared for {self._prepared}, of which {left} are left; " if left else "none are left; "
        mend = f"set events_to_kickoff to a number from 1 to {left}" if left else "prepare it again"
        msg = f"{self._panel.name}: kicked off for {points} events: {what}{mend}"
        raise RuntimeError(msg)

    async def landing(self, trigger_info: TriggerInfo) -> AsyncIterator[WatcherUpdate[int]]:
        """Wait for the points of the fly scan that were kicked off, and tell how many others can read."""
        points = self._begun if self._armed and self._prepared else None
        arrival = self._flights.complete(partial(Arrival, self._panel.name), points)
        events = trigger_info.collections_per_event
        async for update in updates(arrival, trigger_info, events, self._stagings.give_up):
            yield update
