"""What a coroutine waits for: the frames of a point, or of a fly scan."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator

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
        self._camera = camera
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
                    f"{self._camera}: {self._written} of {self.frames} frames could be read when the "
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
                msg = f"{self._camera}: no frame came within the {patience:g} s of exposure_timeout; look at the camera"
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
