"""Waiting for what may not return."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


async def aside(function: Callable[[], T], name: str) -> T:
    """Call a function on a thread of its own, in the same context, and return what it returns.

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
    done: Future[T] = Future()
    done.set_running_or_notify_cancel()  # who waits may be cancelled; the function goes on

    context = copy_context()

    def call() -> None:
        try:
            done.set_result(context.run(function))
        except BaseException as error:  # noqa: BLE001 - raised where somebody waits
            done.set_exception(error)

    threading.Thread(target=call, name=name, daemon=True).start()
    return await asyncio.wrap_future(done)
