"""What is done with a run when it has ended."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from os import PathLike
from typing import Any

from framestore_handlers import load
from framestore_handlers.access import RootMap
from framestore_handlers.foreign import Handler

from .failures import Failures, OnError, run_named
from .filling import filled
from .in_event import all_described
from .recent import Recent
from .recording import Document, Pair, Recording
from .reported import check


class PostRun:
    """A callback that hands a run on when it has ended. Made by `post_run`."""

    def __init__(
        self, callback: Callable[..., Any], broker: Any, failures: Failures, *, fill: bool, options: dict[str, Any]
    ) -> None:
        name = f"post_run({_named(callback)})"
        self.result: Any = None
        self._callback = callback
        self._broker = broker
        self._fill = fill
        self._options = options
        self._failures = failures
        self._takes_run = _takes_run(callback)
        self._recording = Recording(name, needs_frames=self._takes_run or fill)
        self._load = partial(load, **options)
        self._load([("start", {"uid": "", "time": 0.0})])  # what it refuses, it refuses now

    @property
    def errors(self) -> list[Exception]:
        """What failed in the last run."""
        return self._failures.errors

    def __call__(self, name: str, doc: Document) -> None:
        """Take a document; when it ends a run, the callback is called."""
        if name == "start":
            self._failures.clear(map(run_named, self._recording.starts))
        if self._broker is not None:
            if name == "stop":
                self._finish({"uid": doc["run_start"]}, partial(self._from_broker, doc))
            return
        pairs = self._recording(name, doc)
        if pairs is not None:
            start = next(doc for name, doc in pairs if name == "start")
            self._finish(start, partial(self._filled, pairs))

    def _finish(self, start: Document, pairs: Callable[[], Iterable[Pair]]) -> None:
        with self._failures.caught(run_named(start)):
            self.result = check(self._call(pairs()))
        self._failures.report(run_named(start), is_logged=True)

    def _call(self, pairs: Iterable[Pair]) -> Any:
        if self._takes_run:
            return self._callback(self._load(all_described(pairs)))
        for name, doc in pairs:
            self._callback(name, doc)
        return None

    def _filled(self, pairs: Iterable[Pair]) -> Iterable[Pair]:
        """The documents; with what stands in files in the events, where that is asked for."""
        is_asked_for = self._fill and not self._takes_run
        return filled(pairs, Recent(self._failures.callback, **self._options)) if is_asked_for else pairs

    def _from_broker(self, stop: Document) -> Iterator[Pair]:
        """The documents of the run that the broker has; it may not have the stop document yet."""
        name = ""
        for name, doc in self._broker[stop["run_start"]].documents(fill=self._fill and not self._takes_run):
            yield name, doc
        if name != "stop":
            yield "stop", stop


def post_run(
    callback: Callable[..., Any],
    db: Any = None,
    fill: bool = False,  # noqa: FBT001, FBT002 - bluesky's
    *,
    on_error: OnError = "report",
    root_map: RootMap | None = None,
    allowed_roots: Iterable[str | PathLike[str]] | None = None,
    handlers: Mapping[str, Handler] | None = None,
) -> PostRun:
    """A callback that calls another one when a run has ended, with all of it.

    Subscribe it to all documents: it keeps them, without the frames, until the stop document comes. With a broker, it
    needs the stop document only, and asks the broker for the others.

    Parameters
    ----------
    callback
        What is called: with the run, as ``framestore_handlers.load`` gives it, where it has one required positional
        parameter, as ``framestore_handlers.verify`` has; else with the name and the document of each, in their order.
    db
        The broker that has the documents: anything with ``db[uid].documents(fill=...)``.
    fill
        Whether the events that the callback gets have the frames in them, not the names of files.
    on_error
        What becomes of an error of the callback, and of a report of it that is not ``ok``: ``"report"`` keeps it in
        ``errors``, logs it, and tells of it on stderr; ``"raise"`` raises it in the RunEngine.
    root_map, allowed_roots, handlers
        As those of ``framestore_handlers.load``.

    Returns
    -------
    PostRun
        The callback. Its ``result`` is what the function of a run has returned last, its ``errors`` what failed in it.

    Raises
    ------
    TypeError
        When ``callback`` takes neither a run nor a name and a document.
    ValueError
        When ``on_error`` is neither.

    Examples
    --------
    >>> scans = post_run(lambda run: run.start["scan_id"])
    >>> scans("start", {"uid": "0d6a", "time": 0.0, "scan_id": 7})
    >>> scans("stop", {"uid": "77", "run_start": "0d6a", "time": 1.0})
    >>> scans.result
    7
    """
    options = {
        "root_map": root_map,
        "allowed_roots": None if allowed_roots is None else [*allowed_roots],
        "handlers": handlers,
    }
    failures = Failures(f"post_run({_named(callback)})", on_error)
    return PostRun(callback, db, failures, fill=fill, options=options)


def _named(callback: Callable[..., Any]) -> str:
    inner = callback.func if isinstance(callback, partial) else callback
    return getattr(inner, "__name__", type(inner).__name__)


def _takes_run(callback: Callable[..., Any]) -> bool:
    """Whether it takes a run, by its signature; else it takes the name of a document and the document."""
    try:
        signature = inspect.signature(callback)
    except ValueError:  # of some that are written in C
        return False
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [each for each in signature.parameters.values() if each.kind in kinds and each.default is each.empty]
    arguments = ["run"] if len(required) == 1 else ["name", "doc"]
    try:
        signature.bind(*arguments)
    except TypeError as error:
        msg = (
            f"post_run takes a function of a run, or of the name of a document and the document, not "
            f"{_named(callback)}{signature} ({error}); to verify what was saved: post_run(framestore_handlers.verify)"
        )
        raise TypeError(msg) from None
    return len(required) == 1
