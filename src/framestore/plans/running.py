"""What a plan leaves to a thread: the RunEngine goes on, and can be interrupted, meanwhile."""

import asyncio
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from bluesky.utils import Msg

Result = TypeVar("Result")


def in_a_thread(function: Callable[[], Result]) -> Generator[Msg, Any, Result]:
    """Call a function that takes its time, such as one that reads files.

    It is for plans of which it is known that a RunEngine executes their messages.

    Parameters
    ----------
    function
        Called again after a pause that came while it ran.

    Returns
    -------
    Result
        What it returned.

    Raises
    ------
    Exception
        Whatever it raised.
    """
    outcomes: list[Result | BaseException] = []

    async def call() -> None:
        outcomes.extend(await asyncio.gather(asyncio.to_thread(function), return_exceptions=True))

    while not outcomes:  # a message that a pause interrupted need not be executed again
        yield Msg("wait_for", None, [call])
    outcome = outcomes[-1]
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome
