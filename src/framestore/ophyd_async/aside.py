"""Waiting for what may not return."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future


async def aside(function: Callable[[], object], name: str) -> None:
    """Call a function on a thread of its own, and wait for it.

    One that does not return keeps neither the process from exiting, nor others waiting for one of the threads of
    asyncio, which are few.

    Parameters
    ----------
    function
        May block.
    name
        Of the thread.

    Raises
    ------
    Exception
        Whatever it raised.
    """
    done: Future[None] = Future()
    done.set_running_or_notify_cancel()  # who waits may be cancelled; the function goes on

    def call() -> None:
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - raised where somebody waits
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=call, name=name, daemon=True).start()
    await asyncio.wrap_future(done)
