"""Documents that come while somebody waits for them."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from .growing import GrowingFile
from .items import Pair, Parser


class Source(Protocol):
    """Where documents come from, bit by bit."""

    @property
    def name(self) -> str:
        """What it is, for messages."""
        ...

    @property
    def gives_all(self) -> bool:
        """Whether it gives all documents each time that it is asked, not only those that came since."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether no more can come."""
        ...

    def pairs(self) -> Iterable[Pair]:
        """The documents that came."""
        ...

    def wait(self, seconds: float, closed: threading.Event) -> None:
        """Wait until more may have come: at most so long, and not when ``closed``."""
        ...

    def close(self) -> None:
        """No more is wanted."""
        ...


LONGEST = 1.0
"""Seconds of one wait: a Ctrl-C that comes while Python goes to sleep is seen when it wakes up."""


def in_turns(comes: Callable[[float], bool], seconds: float) -> None:
    """Wait at most so many seconds for what ``comes`` waits for, a while at a time."""
    end = time.monotonic() + seconds
    while not comes(min(seconds, LONGEST)):
        seconds = end - time.monotonic()
        if seconds <= 0:
            return


class FileSource:
    """The documents of a file that is being written."""

    gives_all = False
    is_over = False

    def __init__(self, path: Path, parser: Callable[[Path], Parser]) -> None:
        self.name = str(path)
        self._file = GrowingFile(path)
        self._parser = parser(path)

    def pairs(self) -> Iterator[Pair]:
        """The documents that came since."""
        for piece in self._file.pieces():
            yield from self._parser.pairs(piece)

    def wait(self, seconds: float, closed: threading.Event) -> None:
        """Wait so long."""
        in_turns(closed.wait, seconds)

    def close(self) -> None:
        """It holds nothing open."""


class AskedSource:
    """The documents of a run in a data base or on a server, asked for again each time."""

    gives_all = True
    is_over = False

    def __init__(self, name: str, ask: Callable[[], Iterable[Pair]]) -> None:
        self.name = name
        self.pairs = ask

    def wait(self, seconds: float, closed: threading.Event) -> None:
        """Wait so long."""
        in_turns(closed.wait, seconds)

    def close(self) -> None:
        """It holds nothing open."""


class IterableSource:
    """Documents out of an iterable that waits for them itself."""

    name = "the iterable"
    gives_all = False

    def __init__(self, pairs: Iterator[Pair]) -> None:
        self._pairs = pairs
        self.is_over = False

    def pairs(self) -> Sequence[Pair]:
        """The next document, once there is one."""
        for pair in self._pairs:
            return [pair]
        self.is_over = True
        return []

    def wait(self, seconds: float, closed: threading.Event) -> None:
        """The iterable does."""

    def close(self) -> None:
        """It is its owner's."""


class ThreadSource:
    """Documents out of an iterable that waits for them itself, in a thread, so that it can be waited for so long only.

    The thread asks for a document when somebody waits for one. It ends with the iterable; when it is not wanted any
    more it ends as soon as the iterable gives something.
    """

    name = "the iterable"
    gives_all = False

    def __init__(self, pairs: Iterator[Pair]) -> None:
        self.is_over = False
        self._iterable = pairs
        self._is_asked = self._is_closed = False
        self._asked = threading.Semaphore(0)
        self._came: queue.SimpleQueue[Pair | BaseException | None] = queue.SimpleQueue()
        self._news: list[Pair] = []
        threading.Thread(target=self._pull, name="load(live=True)", daemon=True).start()

    def pairs(self) -> Sequence[Pair]:
        """The document that came while it was waited for."""
        news, self._news = self._news, []
        return news

    def wait(self, seconds: float, closed: threading.Event) -> None:
        """Wait for a document."""
        if closed.is_set():
            return
        if not self._is_asked:
            self._is_asked = True
            self._asked.release()
        in_turns(self._comes, seconds)

    def close(self) -> None:
        """Wait no more."""
        self._is_closed = True
        self._asked.release()
        self._came.put(None)

    def _comes(self, seconds: float) -> bool:
        try:
            came = self._came.get(timeout=seconds)
        except queue.Empty:
            return False
        self._is_asked = False
        if isinstance(came, BaseException):
            raise came
        self.is_over = came is None
        self._news = [] if came is None else [came]
        return True

    def _pull(self) -> None:
        try:
            while self._asked.acquire() and not self._is_closed:
                pair = next(self._iterable, None)
                self._came.put(pair)
                if pair is None:
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self._came.put(error)
