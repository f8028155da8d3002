"""What callbacks that draw have in common: documents come in one thread, and are drawn in another."""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import Any

from framestore_handlers import Run
from framestore_handlers.access import RootMap
from framestore_handlers.foreign import Handler

from .failures import Failures, OnError, run_named
from .painter import Painter
from .recent import Recent

Document = dict[str, Any]
End = Callable[[Document, Document], None]


def _nothing(*_: Any) -> None:
    pass


class Watch:
    """Takes documents, keeps those of the newest event, and has a thread draw; it waits at the end of a run only.

    Parameters
    ----------
    callback
        Name of the callback, for messages.
    draw
        Called in the thread with a run of one event, as `Recent` gives it.
    end
        Called in the thread when a run has ended, after all its events, with its start and stop documents.
    finish
        Called in the thread when all that came was drawn, if only for now.
    every
        Whether each event is drawn; else only the newest of each run.
    field
        The data key that is drawn; None: any.
    interval
        Seconds from one drawing to the next, at least.
    patience
        Seconds that the end of a run waits for the last drawing, at most.
    on_error
        What becomes of an error; see `Failures`.
    root_map, allowed_roots, handlers
        As those of ``framestore_handlers.load``.
    """

    def __init__(
        self,
        callback: str,
        draw: Callable[[Run], None],
        end: End = _nothing,
        finish: Callable[[], None] = _nothing,
        *,
        every: bool,
        field: str | None,
        interval: float,
        patience: float,
        on_error: OnError,
        root_map: RootMap | None,
        allowed_roots: Iterable[str | PathLike[str]] | None,
        handlers: Mapping[str, Handler] | None,
    ) -> None:
        if not 0 <= patience <= 3600:
            msg = f"{callback}: patience must be a number of seconds from 0 to 3600, not {patience!r}"
            raise ValueError(msg)
        self.failures = Failures(callback, on_error)
        self.painter: Painter[Run | tuple[Document, Document]] = Painter(
            self._paint, interval=interval, name=f"{callback} painter"
        )
        self._recent = Recent(callback, field=field, root_map=root_map, allowed_roots=allowed_roots, handlers=handlers)
        self._draw, self._ended, self._finish, self._every = draw, end, finish, every
        self._patience = patience
        self._late: list[Exception] = []
        self._number = 0

    def __call__(self, name: str, doc: Document) -> None:
        """Take a document."""
        start = doc if name == "start" else self._recent.start_of(name, doc)
        if name == "start" and not self._recent.is_open:
            self.failures.clear()
        with self.failures.caught(f"{run_named(start)}, {name}"):
            self._raise_late()
            self._take(name, doc)
        if name == "stop" and start is not None:
            self._end(start, doc)

    def wait(self, timeout: float) -> bool:
        """Have drawn what came, and wait for it; whether it is done."""
        return self.painter.finish(timeout)

    def failed(self, error: Exception, where: str = "window") -> None:
        """What drawing has raised: it is kept at once, or raised with the next document."""
        if self.failures.on_error == "raise":
            error.add_note(f"{self.failures.callback}, {where}")
            self._late.append(error)
            return
        with self.failures.caught(where):
            raise error

    def _take(self, name: str, doc: Document) -> None:
        if self._every:
            for run in self._recent.each(name, doc):
                self._number += 1
                self.painter.give(self._number, run)
        elif (run := self._recent(name, doc)) is not None:
            self.painter.give(run.start["uid"], run)

    def _paint(self, items: list[Run | tuple[Document, Document]]) -> None:
        """Draw, in the thread."""
        for item in items:
            with self._noted(item):
                if isinstance(item, Run):
                    self._draw(item)
                else:
                    self._ended(*item)
        with self._noted(items[-1]):
            self._finish()

    @contextmanager
    def _noted(self, item: Run | tuple[Document, Document]) -> Generator[None]:
        """An error in here is kept, and says of which run it is."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told of, and what comes next is drawn
            self.failed(error, run_named(item.start if isinstance(item, Run) else item[0]))

    def _end(self, start: Document, stop: Document) -> None:
        run = run_named(start)
        self.painter.give(("stop", start["uid"]), (start, stop))
        with self.failures.caught(f"{run}, stop"):
            patience = 0.0 if self.painter.is_late else self._patience
            if not self.painter.finish(patience):
                msg = (
                    f"the last of it was not done {patience:g} s after the run had ended, and is not waited for any "
                    "longer; it is done later, unless a file system hangs"
                )
                raise TimeoutError(msg)
            self._raise_late()
        self.failures.report(run)

    def _raise_late(self) -> None:
        if self._late:
            raise self._late.pop(0)
