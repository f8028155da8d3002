"""What bluesky asks of a camera in a step scan, and when a plan is interrupted."""

from collections.abc import AsyncIterator
from functools import partial

from ophyd_async.core import TriggerInfo, WatchableAsyncStatus, WatcherUpdate

from framestore.detector.asking import elsewhere, remembered
from framestore.detector.conversation import Conversation

from .flyer import Flyer
from .turn import Turn, Turns


class Stepper(Flyer):
    """A camera that takes a point at each trigger."""

    _conversation: Conversation
    _turns: Turns

    def trigger(self) -> "WatchableAsyncStatus[int]":
        """Take the frames of a point, as it was prepared, or as the camera is set.

        Returns
        -------
        WatchableAsyncStatus
            Done when plain tools of other processes can read them; fails with the error of the source or the file.

        Raises
        ------
        RuntimeError
            When the camera is not staged, or is still busy with the trigger before.
        ValueError
            When it was prepared for a number of events other than 1.
        """
        if not self._acquiring.changes:
            self._stagings.ready_for("trigger")
        if self._fly_scans.is_over:  # what it was prepared for
            self.forget_prepared()
        if self.prepared is not None and self.prepared.number_of_events != 1:
            events = self.prepared.number_of_events
            msg = f"{self.name}: triggered, but prepared for {events} events; kick it off, or prepare it for 1"
            raise ValueError(msg)
        turn = self._turns.next(self.name)
        with remembered():
            status = self._trigger(turn)
        status.task.add_done_callback(turn.end)  # it may be cancelled before it begins, or a watcher raise
        return status

    async def stop(self, success: bool = False) -> None:  # noqa: FBT001, FBT002 - bluesky's interface
        """Take back the point that is not complete; its Status ends, unless with ``success``, with a RuntimeError.

        A fly scan ends; its points that are complete can be collected. One without a number of points is complete.
        """
        await elsewhere(partial(self._conversation.stop, success=success))

    async def pause(self) -> None:
        """Note that the plan may go back behind the last point. A point that is under way is completed meanwhile.

        At the next trigger, frames of points that were not emitted are taken back; when the plan reads without one,
        their documents are handed out again. A free-running source goes on; what it exposes meanwhile is skipped.
        """
        self._conversation.pause()
        self._fly_scans.pause()
        self._turns.interrupt()

    async def resume(self) -> None:
        """Go on with a fly scan."""
        self._conversation.resume()

    @WatchableAsyncStatus.wrap
    async def _trigger(self, turn: Turn) -> AsyncIterator[WatcherUpdate[int]]:
        try:
            async with turn:
                if turn.abandoned:
                    return
                await self._acquiring.ready_for("trigger")  # a pause may come while it is staged
                info = self.prepared or await self.set_up(TriggerInfo())
                async for update in self._acquiring.point(turn, info):
                    yield update
        except Exception:
            if not turn.abandoned:
                raise
            self.log.info("%s: a trigger that nobody waits for any more has failed", self.name, exc_info=True)
