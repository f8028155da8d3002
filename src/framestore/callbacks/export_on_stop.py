"""A run is exported when it has ended."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from os import PathLike
from typing import Any

from framestore_handlers import Run, load
from framestore_handlers.access import RootMap
from framestore_handlers.foreign import Handler

from .failures import Failures, OnError, run_named
from .in_event import all_described
from .recording import Document, Pair, Recording

_REMEMBERED = 2
"""Runs whose results are kept: a run that is delivered once more is one of the last."""


class ExportOnStop:
    """Exports each run that has images, when its stop document comes.

    Subscribe it to all documents. It keeps them, without the frames, until the run has ended. A run that was aborted,
    or that failed, is exported as far as it came. One whose documents are delivered once more, after its end, has the
    result that it had where its files are still there.

    Parameters
    ----------
    export
        What exports: ``export_tiff``, ``export_hdf5``, ``export_nexus``, or any function of a run and a folder.
    directory
        The folder, as ``export`` takes it.
    background
        False: the RunEngine goes on when the files are there. True: a thread writes them, one run after another, while
        it goes on; see `wait`. The process does not end before all are written; where
        ``export`` has workers of its own, `wait` before it ends: Python starts none then.
    on_error
        What becomes of an error: ``"report"`` keeps it in ``errors``, logs it, and tells of it on stderr at the end of
        the export; ``"raise"`` raises it in the RunEngine, or in `wait`.
    root_map, allowed_roots, handlers
        As those of ``framestore_handlers.load``.
    options
        Other arguments of ``export``. Of those that take ``progress``, it is False unless it is given.

    Raises
    ------
    TypeError
        When ``export`` takes no such arguments.
    ValueError
        When ``on_error`` is none of these.

    Examples
    --------
    >>> exporter = ExportOnStop(lambda run, directory: f"{directory}/{run.start['scan_id']}", "/data")
    >>> exporter("start", {"uid": "0d6a", "time": 0.0, "scan_id": 7})
    >>> keys = {"image": {"shape": [1040, 1392], "dtype": "array", "source": ""}}
    >>> exporter("descriptor", {"uid": "d", "run_start": "0d6a", "name": "primary", "data_keys": keys, "time": 0.0})
    >>> exporter("stop", {"uid": "77", "run_start": "0d6a", "time": 1.0})
    >>> exporter.results
    ['/data/7']
    """

    def __init__(
        self,
        export: Callable[..., Any],
        directory: str | PathLike[str],
        *,
        background: bool = False,
        on_error: OnError = "report",
        root_map: RootMap | None = None,
        allowed_roots: Iterable[str | PathLike[str]] | None = None,
        handlers: Mapping[str, Handler] | None = None,
        **options: Any,
    ) -> None:
        self.results: list[Any] = []
        self._name = f"ExportOnStop({getattr(export, '__name__', type(export).__name__)})"
        self._export = partial(export, **_checked(export, directory, options))
        self._directory = directory
        self._recording = Recording(self._name, needs_frames=True)
        self._failures = Failures(self._name, on_error)
        roots = None if allowed_roots is None else [*allowed_roots]
        self._load = partial(load, root_map=root_map, allowed_roots=roots, handlers=handlers)
        self._load([("start", {"uid": "", "time": 0.0})])  # what it refuses, it refuses now
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=self._name) if background else None
        self._coming: list[Future[None]] = []
        self._exported: dict[str, Any] = {}

    @property
    def errors(self) -> list[Exception]:
        """What failed since the last run began, or since exports before it had ended."""
        return self._failures.errors

    def __call__(self, name: str, doc: Document) -> None:
        """Take a document; when it ends a run with images, that is exported."""
        if name == "start" and not self._are_coming():
            self._failures.clear()
            self.results = []
        pairs = self._recording(name, doc)
        if pairs is None or not _has_images(pairs):
            return
        if self._thread is None:
            self._finish(pairs)
        else:
            self._coming = [future for future in self._coming if not future.done() or future.exception()]
            self._coming.append(self._thread.submit(self._finish, pairs))

    def wait(self, timeout: float | None = None) -> None:
        """Wait until all runs that have ended are exported.

        Parameters
        ----------
        timeout
            How long to wait for each, in seconds; None: for ever.

        Raises
        ------
        TimeoutError
            When that is over; the export goes on.
        Exception
            What an export in the background raised, where ``on_error`` is ``"raise"``.
        """
        for future in tuple(self._coming):
            future.exception(timeout)
            with suppress(ValueError):  # it may be forgotten by now, since it did not fail
                self._coming.remove(future)
            future.result()

    def _are_coming(self) -> bool:
        return any(not future.done() for future in self._coming)

    def _finish(self, pairs: list[Pair]) -> None:
        start = next(doc for name, doc in pairs if name == "start")
        with self._failures.caught(run_named(start)):
            self.results.append(self._result(start["uid"], self._load(all_described(pairs))))
        self._failures.report(run_named(start), is_logged=True)

    def _result(self, uid: str, run: Run) -> Any:
        """What the export returns; what it returned before, of a run that comes again and whose files are there."""
        try:
            result = self._export(run, self._directory)
        except FileExistsError:
            if uid not in self._exported:
                raise
            return self._exported[uid]
        self._exported[uid] = result
        if len(self._exported) > _REMEMBERED:
            del self._exported[next(iter(self._exported))]
        return result


def _checked(export: Callable[..., Any], directory: object, options: dict[str, Any]) -> dict[str, Any]:
    """The options with which it is called; TypeError when it does not take them."""
    try:
        signature = inspect.signature(export)
    except ValueError:  # of some that are written in C
        return options
    signature.bind("run", directory, **options)
    return {"progress": False, **options} if "progress" in signature.parameters else options


def _has_images(pairs: list[Pair]) -> bool:
    data_keys = (key for name, doc in pairs if name == "descriptor" for key in doc["data_keys"].values())
    return any("external" in data_key or len(data_key.get("shape") or ()) >= 2 for data_key in data_keys)
