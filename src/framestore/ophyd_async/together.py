"""Settings that are changed at the same time."""

import asyncio
from collections.abc import Awaitable, Callable

_GRACE = 0.2
"""Seconds in which another setting may be changed, so that what was refused is allowed."""


class Together:
    """Settings of a camera that limit each other, as exposure time and frame rate do, whatever the order of their puts.

    ophyd-async's `apply_settings` sets all signals of a device at once. What is refused waits for the others, and is
    tried again when one of them has succeeded.

    Parameters
    ----------
    settings
        How many there are: what is refused after so many others have succeeded is refused for good.
    """

    def __init__(self, settings: int) -> None:
        self._settings = settings
        self._under_way = 0
        self._succeeded = 0
        self._changed = asyncio.Event()

    async def put(self, attempt: Callable[[], Awaitable[None]]) -> None:
        """Try, and try again while other puts may make a difference.

        Raises
        ------
        ValueError
            When it was refused, and no other put is left that could help.
        Exception
            Whatever else the attempt raised.
        """
        left = self._settings
        while True:
            before, left = self._succeeded, left - 1
            try:
                await self._attempt(attempt)
            except ValueError:
                if left <= 0 or not await self._another(before):
                    raise
            else:
                return

    async def _attempt(self, attempt: Callable[[], Awaitable[None]]) -> None:
        self._under_way += 1
        self._tell()
        try:
            await attempt()
            self._succeeded += 1
        finally:
            self._under_way -= 1
            self._tell()

    async def _another(self, before: int) -> bool:
        """Whether another succeeds, of those that are under way or begin soon."""
        while self._succeeded == before:
            try:
                async with asyncio.timeout(None if self._under_way else _GRACE):
                    await self._changed.wait()
            except TimeoutError:
                return False
        return True

    def _tell(self) -> None:
        """Those who wait look again."""
        self._changed.set()
        self._changed = asyncio.Event()
