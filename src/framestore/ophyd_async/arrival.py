"""What a coroutine waits for: the frames of a point, or of a fly scan."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable
from typing import Any

from ophyd_async.core import DetectorTrigger, TriggerInfo, WatcherUpdate

from framestore.detector.asking import elsewhere
from framestore.detector.outcome import Claim


class Arrival:
    """A `framestore.detector.outcome.Outcome`; made in the event loop, told on any thread.

    Parameters
    ----------
    camera
        Name of the camera.
    frames
        How many; None: it is not known.
    timeout
        Seconds that they may take.
    """

    def __init__(self, camera: str, frames: int | None, timeout: float = math.inf) -> None:
        self.claim = Claim(timeout)
        """Who ends it."""
        self.frames = frames
        """How many are to come."""
        self.given_up = False
        """Whether nothing came for too long, while they are still taken."""
        self.camera = camera
        """Its name."""
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._scheduled = False
        self._written = 0
        self._ended = False
        self._error: Exception | None = None

    def report(self, written: int) -> None:
        """So many frames can be read."""
        self._written = written
        self._tell()

    def set_finished(self) -> None:
        """End, complete."""
        self._end(None)

    def fail(self, error: Exception) -> None:
        """End with an error, unless somebody else has claimed to end it."""
        if self.claim.take():
            self._end(error)

    def expire(self) -> None:
        """End with a TimeoutError, unless somebody else has claimed to end it."""
        if self.claim.take():
            self._end(
                TimeoutError(
                    f"{self.camera}: {self._written} of {self.frames} frames could be read when the "
                    f"{self._timeout:g} s of the point were over; look at the camera and the disk, or allow more with "
                    "timeout="
                )
            )

    async def progress(self, patience: float | None = None) -> AsyncIterator[int]:
        """How many frames can be read, each time that this changes, until all can.

        Parameters
        ----------
        patience
            Seconds that may pass without another.

        Raises
        ------
        TimeoutError
            When nothing comes for so long.
        Exception
            That with which it ended.
        """
        while not self._ended:
            try:
                async with asyncio.timeout(patience):
                    await self._news.wait()
            except TimeoutError:
                if not self.claim.take():  # it ends in this moment
                    continue
                self.given_up = True
                msg = f"{self.camera}: no frame came within the {patience:g} s of exposure_timeout; look at the camera"
                raise TimeoutError(msg) from None
            self._news.clear()
            yield self._written
        if self._error is not None:
            raise self._error

    def _end(self, error: Exception | None) -> None:
        self._error = error
        self._ended = True
        self._tell()

    def _tell(self) -> None:
        """Wake up who waits; behind all that the panel was told before."""
        if not self._scheduled:
            self._scheduled = True
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._scheduled = False
        self._news.set()


async def updates(
    arrival: Arrival, trigger_info: TriggerInfo, divisor: int, give_up: Callable[[], object]
) -> AsyncIterator[WatcherUpdate[int]]:
    """Wait for frames, and tell how many there are, in units of so many; raises as `Arrival.progress`.

    When nothing comes for too long, ``give_up`` is called on another thread: nobody waits any more.
    """
    target: Any = None if arrival.frames is None else arrival.frames // divisor
    try:
        async for frames in arrival.progress(_patience(trigger_info)):
            current = frames // divisor
            yield WatcherUpdate(name=arrival.camera, current=current, initial=0, target=target, unit="", precision=0)
    finally:
        if arrival.given_up:
            await elsewhere(give_up)


def _patience(trigger_info: TriggerInfo) -> float | None:
    """Seconds for each frame, where somebody said so, or triggers from outside are waited for.

    What ophyd-async puts there itself knows no exposure time but that of the TriggerInfo.
    """
    is_internal = trigger_info.trigger is DetectorTrigger.INTERNAL
    if is_internal and "exposure_timeout" not in trigger_info.model_fields_set:
        return None
    return trigger_info.exposure_timeout * trigger_info.exposures_per_collection
