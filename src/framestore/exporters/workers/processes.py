"""Other processes of this computer."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from .process import Process
from .sent import packed, result
from .workers import Item, Result

_AHEAD = 2
"""Pieces that are under way for each process: one that it does, and one that waits."""


class Processes:
    """Pieces in several processes at a time, which are started for the first ones, and end with this.

    They end, too, when this process does, however that comes. Each has a thread here that waits for it.

    Parameters
    ----------
    count
        How many processes.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._threads = ThreadPoolExecutor(count, "framestore export")
        self._own = threading.local()
        self._lock = threading.Lock()
        self._processes: list[Process] = []
        self._under_way: deque[Future[bytes]] = deque()
        self._is_closed = False

    @property
    def count(self) -> int:
        """How many processes."""
        return self._count

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Results of the pieces, in their order; see `Workers`."""
        under_way = self._under_way
        for item in items:
            under_way.append(self._threads.submit(self._do, packed(function, item)))
            if len(under_way) >= _AHEAD * self._count:
                yield result(under_way.popleft().result())
        while under_way:
            yield result(under_way.popleft().result())

    def close(self) -> None:
        """End the processes; pieces that they are at are given up."""
        with self._lock:
            self._is_closed = True
            processes = list(self._processes)
        if any(not future.done() for future in self._under_way):
            for process in processes:
                process.give_up()
        self._threads.shutdown(cancel_futures=True)
        for process in processes:
            process.close()

    def _do(self, piece: bytes) -> bytes:
        """Have a piece done by the process of this thread."""
        if not hasattr(self._own, "process"):
            with self._lock:
                if self._is_closed:
                    msg = "the export has ended"
                    raise OSError(msg)
                self._own.process = Process()
                self._processes.append(self._own.process)
        return self._own.process.do(piece)
