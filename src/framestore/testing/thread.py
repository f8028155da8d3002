"""A thread that calls, and somebody who does not wait for it forever."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Self, TypeVar

T = TypeVar("T")


class HangsError(AssertionError):
    """A call has not returned."""


class OneThread:
    """A thread that makes one call after another, as framestore does with a source.

    A call that does not return fails the test, and is left behind: it keeps neither the test run nor the interpreter
    from ending.

    Parameters
    ----------
    name
        Of the thread.
    """

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def begin(self, function: Callable[[], T]) -> "Future[T]":
        """Have a call made, and do not wait for it."""
        future: Future[T] = Future()
        self._calls.put((future, function))
        return future

    def call(self, function: Callable[[], T], what: str, within: float) -> T:
        """Have a call made, and return what it returns.

        Parameters
        ----------
        function
            Takes no argument.
        what
            Its name, for the message.
        within
            Seconds that it may take.

        Raises
        ------
        HangsError
            When it has not returned by then; an AssertionError.
        Exception
            Whatever it raised.
        """
        future = self.begin(function)
        try:
            return future.result(within)
        except TimeoutError as error:
            if future.done():
                raise
            msg = f"{what} has not returned within {within:g} s"
            raise HangsError(msg) from error

    def end(self) -> None:
        """End the thread after the calls that were begun."""
        self._calls.put(None)

    def __enter__(self) -> Self:
        """The thread, which runs."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.end()

    def _run(self) -> None:
        while (item := self._calls.get()) is not None:
            future, function = item
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - raised where the call was asked for
                future.set_exception(error)
            del item, future, function  # what was called is not kept alive while nothing is to do
