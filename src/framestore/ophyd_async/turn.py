"""Triggers of a camera, one after another."""

import asyncio
from types import TracebackType
from typing import Self


class Turns:
    """Lets one trigger after another begin; what a plan has gone back behind does not begin at all.

    A trigger of ophyd-async is a task. A pause may come before it has begun anything, and the plan may trigger again
    after that, while it still goes on.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._last: Turn | None = None
        self._interrupted = False

    def abandon(self) -> None:
        """Nobody waits for the last one any more, if it is not over: its plan has ended."""
        if self._last is not None and not self._last.over:
            self._last.abandoned = True

    def begin_staging(self) -> None:
        """Forget those of the staging before."""
        self._lock = asyncio.Lock()
        self._last = None
        self._interrupted = False

    def interrupt(self) -> None:
        """There was a pause: the plan may trigger again, whether the last one is over or not."""
        self._interrupted = True

    def next(self, camera: str) -> "Turn":
        """The next trigger; RuntimeError, which names ``camera``, while another is under way."""
        last, interrupted = self._last, self._interrupted
        again = last is not None and not last.over
        if again and not interrupted:
            msg = f"{camera}: triggered while the frames of the trigger before are being taken; wait for those"
            raise RuntimeError(msg)
        if last is not None and again:
            last.abandoned = True
        self._interrupted = False
        self._last = Turn(self._lock, again=again)
        return self._last


class Turn:
    """A trigger; entered while it goes on.

    Parameters
    ----------
    lock
        Held until it has begun to take frames.
    again
        Whether it takes the place of one that is still under way.
    """

    def __init__(self, lock: asyncio.Lock, *, again: bool) -> None:
        self._lock = lock
        self._holds = False
        self.again = again
        """Whether it takes the place of one that is still under way."""
        self.abandoned = False
        """Whether another took its place, or the camera was unstaged: how it ends is of no interest any more."""
        self.over = False
        """Whether it has ended."""

    async def __aenter__(self) -> Self:
        """Wait until the one before has begun."""
        await self._lock.acquire()
        self._holds = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """It is over."""
        self.end()

    def end(self, _: object = None) -> None:
        """It is over."""
        self.over = True
        self.has_begun()

    def has_begun(self) -> None:
        """Its frames are being taken: another may take its place."""
        if self._holds:
            self._holds = False
            self._lock.release()
