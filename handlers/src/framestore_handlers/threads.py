"""Work that several threads share: decompressing chunks, decoding files, reading pieces of a file."""

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from typing import Generic, TypeVar

_MOST = 8
"""More threads than this share the bandwidth of memory, and starve what else the computer does."""
_WORTH = 2**20
"""Bytes of pixels that are read before another thread would have started."""

Item = TypeVar("Item")


def share(work: Callable[[Item], None], items: Iterable[Item], *, count: int, nbytes: int) -> None:
    """Do ``work`` for each of ``items``, in this thread and in others where processors have nothing to do.

    All that read in this process have as many threads together as there are processors, besides their own: with many
    readers, as dask has them, each works alone. The others end before this returns, so that a process that is forked
    between two calls lacks none.

    Parameters
    ----------
    work
        Does one. It has to leave the interpreter's lock to others, or nothing is gained.
    items
        They are taken one after another, when a thread has time, and never by two at once.
    count
        How many there are.
    nbytes
        Bytes of pixels that come of all; few are not worth a thread.

    Raises
    ------
    Exception
        What ``work`` raised, or ``items``: of the first item for which it did. Items behind it are left out.
    """
    shared = _Shared(work, items)
    seats = _seats(os.getpid())
    is_seated = seats.acquire(blocking=False)
    threads: list[threading.Thread] = []
    try:
        while len(threads) < count - 1 and nbytes >= _WORTH and seats.acquire(blocking=False):
            threads.append(threading.Thread(target=shared.run, name="framestore reading", daemon=True))
        for thread in threads:
            with suppress(RuntimeError):  # the interpreter ends: no thread starts any more
                thread.start()
        shared.run()
    finally:
        try:
            shared.leave(threads)
        finally:  # also after an interrupt while it waited: seats that are not given back are gone for this process
            seats.release(len(threads) + is_seated) if threads or is_seated else None
    shared.check()


def usable_cpus() -> int:
    """Processors that this process may use, up to a limit: as many threads read, or encode, at once."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(found or 1, _MOST)


@cache
def _seats(process: int) -> threading.Semaphore:
    """Threads that may work at once in a process; one that was forked has its own."""
    del process
    return threading.Semaphore(usable_cpus())


class _Shared(Generic[Item]):
    """Items, and what goes wrong with them."""

    def __init__(self, work: Callable[[Item], None], items: Iterable[Item]) -> None:
        self._work = work
        self._items = enumerate(items)
        self._taking = threading.Lock()
        self._taken = -1
        self._errors: dict[int, BaseException] = {}

    def run(self) -> None:
        """Work until no item is left, or one has failed."""
        for number, item in iter(self._take, None):
            try:
                self._work(item)
            except BaseException as error:  # noqa: BLE001 - `check` raises it in the thread that waits
                self._errors[number] = error

    def leave(self, threads: Iterable[threading.Thread]) -> None:
        """Wait for the other threads, also where this one has been interrupted."""
        try:
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
        except BaseException as error:
            self._errors[-1] = error  # they take no more
            self.leave(threads)
            raise

    def check(self) -> None:
        """Raise what the first item raised that failed."""
        if self._errors:
            raise self._errors[min(self._errors)]

    def _take(self) -> tuple[int, Item] | None:
        with self._taking:
            if self._errors:
                return None
            try:
                taken = next(self._items, None)
            except BaseException as error:  # noqa: BLE001 - as above
                self._errors[self._taken + 1] = error
                return None
            self._taken += taken is not None
            return taken
