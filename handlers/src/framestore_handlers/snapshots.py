"""A run that goes on: what there is of it by now, and again when there is more."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Self

from .collector import Collector, RunParts
from .documents import Source
from .run import Run


class Snapshots(Iterator[Run]):
    """Runs as far as they have come: one now, and one whenever more came, until the run has ended.

    A `Run` that was given does not change any more. The last is the one with the stop document; where documents end
    without one, as those of an iterable may, it is the one before that. Made by ``load(..., live=True)``; closing it,
    from any thread, ends a loop over it, as does leaving its ``with`` block.

    Parameters
    ----------
    source
        Where the documents come from.
    uid
        Which run, or the beginning of its uid; None: the first that has not ended, or else the only one.
    made
        Makes a run of its parts.
    poll
        How often to look for documents, in seconds.
    timeout
        How long to wait for something new of the run, in seconds; None: for ever.

    Raises
    ------
    ValueError
        When ``poll`` or ``timeout`` is not above 0.
    """

    def __init__(
        self, source: Source, uid: str | None, made: Callable[[RunParts], Run], *, poll: float, timeout: float | None
    ) -> None:
        for name, value in (("poll", poll), ("timeout", timeout)):
            if value is not None and not value > 0:
                msg = f"{name} must be more than 0 seconds, not {value}"
                raise ValueError(msg)
        self._source = source
        self._uid = uid
        self._made = made
        self._poll = poll
        self._timeout = timeout
        self._collector = Collector()
        self._size: tuple[object, ...] | None = None
        self._closed = threading.Event()

    def __next__(self) -> Run:
        """Wait until there is more of the run than in the last one, then give it.

        Raises
        ------
        StopIteration
            When the run has ended, or `close` was called.
        TimeoutError
            When nothing new came for ``timeout`` seconds; it names the last document.
        ValueError
            When the documents are broken, or several runs are there, all ended, and ``uid`` picks none.
        OSError
            When a documents file was replaced or became shorter.
        """
        try:
            run = self._wait()
        except Exception:
            self.close()
            raise
        if run is None:
            self.close()
            raise StopIteration
        return run

    def close(self) -> None:
        """Wait for no more."""
        self._closed.set()
        self._source.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _wait(self) -> Run | None:
        """The next; None when there is none."""
        since = time.monotonic()
        while not self._closed.is_set():
            self._collect()
            run = self._next()
            if run is not None:
                return run
            if self._source.is_over:
                self._check_there_was_one()
                return None
            self._source.wait(self._left(since), self._closed)
        return None

    def _collect(self) -> None:
        if self._source.gives_all:
            self._collector = Collector()
        self._collector.collect(self._source.pairs())

    def _next(self) -> Run | None:
        """The run as it is by now, where more of it came."""
        parts = self._picked()
        if parts is None or parts.size() == self._size:
            return None
        self._size = parts.size()
        if parts.stop is not None:
            self._closed.set()
        return self._made(parts.so_far())

    def _picked(self) -> RunParts | None:
        runs = self._collector.runs
        if self._uid not in runs:
            found = [uid for uid in runs if uid.startswith(self._uid or "")]
            going_on = [uid for uid in found if runs[uid].stop is None]
            if self._uid is None and going_on:
                found = going_on[:1]
            if not found:
                return None
            if len(found) > 1:
                which = "all ended" if self._uid is None else f"whose uid begins with {self._uid!r}"
                msg = f"{self._source.name} has several runs, {which}; name one with uid=, out of: {', '.join(found)}"
                raise ValueError(msg)
            self._uid = found[0]
        return runs[self._uid]

    def _check_there_was_one(self) -> None:
        if self._size is None:
            which = "no start document" if self._uid is None else f"no run whose uid begins with {self._uid!r}"
            msg = f"{self._source.name} ended and had {which}"
            raise ValueError(msg)

    def _left(self, since: float) -> float:
        """How long to wait before looking again, in seconds."""
        if self._timeout is None:
            return self._poll
        left = since + self._timeout - time.monotonic()
        if left > 0:
            return min(left, self._poll)
        name, document = self._collector.last or ("none", {})
        uid = document.get("uid", document.get("datum_id", ""))
        which = "of a run" if self._uid is None else f"of run {self._uid}, which has no stop document,"
        msg = (
            f"nothing new {which} came from {self._source.name} for {self._timeout} s; the last document was "
            f"{name} {uid}".rstrip()
            + "; was its writer killed? load(...) without live=True gives what there is"
        )
        raise TimeoutError(msg)
