"""Other processes of this computer."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait

from .workers import Item, Result

_AHEAD = 2
"""Pieces that are under way for each process: one that it does, and one that waits."""


class Processes:
    """Pieces in several processes at a time, which are started for the first one, and end with this.

    They are started anew ("spawn"), so a script that exports has to keep its work under
    ``if __name__ == "__main__":``, see https://docs.python.org/3/library/multiprocessing.html.

    Parameters
    ----------
    count
        How many processes.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ProcessPoolExecutor | None = None

    @property
    def count(self) -> int:
        """How many processes."""
        return self._count

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Results of the pieces, in their order; see `Workers`."""
        under_way: deque[Future[Result]] = deque()
        for item in items:
            under_way.append(self._submit(function, item))
            if len(under_way) >= _AHEAD * self._count:
                yield _result(under_way.popleft())
        while under_way:
            yield _result(under_way.popleft())

    def close(self) -> None:
        """End the processes; pieces that they have begun are done before."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _submit(self, function: Callable[[Item], Result], item: Item) -> Future[Result]:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._count, context, initializer=_end_with_parent)
        return self._pool.submit(function, item)


def _result(future: Future[Result]) -> Result:
    try:
        return future.result()
    except BrokenProcessPool as error:
        msg = (
            "a process of the export was killed, or could not start; was memory short? Export again with fewer workers"
        )
        raise OSError(msg) from error


def _end_with_parent() -> None:
    """Leave interrupts to the process that exports, and end when it does, however that comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for, args=(parent.sentinel,), name="framestore parent", daemon=True).start()


def _wait_for(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
