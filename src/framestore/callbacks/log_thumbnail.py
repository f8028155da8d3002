"""An entry in a logbook for each run, with a picture."""

from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from os import PathLike
from typing import Any

from framestore_handlers import Run
from framestore_handlers.access import RootMap
from framestore_handlers.foreign import Handler
from PIL.Image import Image

from .choice import Choice
from .colours import palette
from .failures import OnError, run_named
from .image import shots
from .plate import plate
from .scale import Scale
from .watch import Watch

Text = Callable[[dict[str, Any], dict[str, Any]], str]


def summary(start: dict[str, Any], stop: dict[str, Any]) -> str:
    """What is written of a run unless something else is: plan, scan id, how it ended, how many events it has.

    Examples
    --------
    >>> start = {"uid": "0d6a52", "scan_id": 7, "plan_name": "count"}
    >>> summary(start, {"exit_status": "success", "num_events": {"primary": 5}})
    "count ['0d6a52'] (scan num: 7): success, primary: 5 events"
    """
    events = "".join(f", {stream}: {number} events" for stream, number in (stop.get("num_events") or {}).items())
    reason = f" ({stop['reason']})" if stop.get("reason") else ""
    plan, scan_id = start.get("plan_name", "run"), start.get("scan_id", "none")
    return f"{plan} ['{start['uid'][:6]}'] (scan num: {scan_id}): {stop.get('exit_status')}{reason}{events}"


class LogThumbnail:
    """Writes an entry into a logbook when a run has ended, with a picture of its last frame.

    It stands beside bluesky's ``logbook_cb_factory``, which writes one when a run begins, and calls the same function:
    ``logbook_func(text=..., attachments=[...], ensure=True)``, as of pyOlog's ``SimpleOlogClient.log``. ``text`` is a
    string. ``attachments`` is a list of binary files, open for reading, each with its name in ``.name``: one, a PNG;
    none of a run without images, and none when the frame cannot be read, which is reported. ``ensure=True`` asks for
    logbooks and tags to be made where there are none. What it returns is not looked at; what it raises is reported.

    The function is called in a thread. The end of a run waits for it, ``patience`` seconds at most.

    Parameters
    ----------
    logbook_func
        What writes the entry.
    field
        Data key of the images; None: the first of images.
    text
        Gives the text, from the start and the stop document; None: plan, scan id, status and number of events.
    stream
        Where the images are.
    patience
        Seconds that the end of a run waits for the logbook, at most.
    on_error, cmap, root_map, allowed_roots, handlers
        As those of `LiveImage`.

    Examples
    --------
    >>> def log(text, attachments, ensure):
    ...     print(text, [(file.name, len(file.read())) for file in attachments])
    >>> RE.subscribe(LogThumbnail(log))  # doctest: +SKIP
    """

    def __init__(
        self,
        logbook_func: Callable[..., Any],
        field: str | None = None,
        *,
        text: Text | None = None,
        stream: str = "primary",
        patience: float = 5.0,
        on_error: OnError = "report",
        cmap: Any = None,
        root_map: RootMap | None = None,
        allowed_roots: Iterable[str | PathLike[str]] | None = None,
        handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        self._logbook_func, self._text = logbook_func, text or summary
        self._choice = Choice("LogThumbnail", stream, field)
        self._colours = palette(cmap)
        self._newest: dict[str, Run] = {}
        self._watch = Watch(
            "LogThumbnail",
            self._take,
            self._log,
            every=False,
            field=field,
            interval=0.0,
            patience=patience,
            on_error=on_error,
            root_map=root_map,
            allowed_roots=allowed_roots,
            handlers=handlers,
        )

    def __call__(self, name: str, doc: dict[str, Any]) -> None:
        """Take a document; it returns at once, but for a stop document.

        Raises
        ------
        HiddenDocumentsError
            When documents that it needs do not reach it: it is subscribed to some of them only.
        """
        self._watch(name, doc)

    @property
    def errors(self) -> list[Exception]:
        """What failed since the last run began."""
        return self._watch.failures.errors

    def wait(self, timeout: float = 10.0) -> bool:
        """Wait until the logbook has what ended, seconds at most; whether it has."""
        return self._watch.wait(timeout)

    def _take(self, run: Run) -> None:
        if self._choice.of(run) is not None:
            self._newest[run.start["uid"]] = run

    def _log(self, start: dict[str, Any], stop: dict[str, Any]) -> None:
        self._choice.end(start)
        run = self._newest.pop(start["uid"], None)
        attachments: list[BytesIO] = []
        if run is not None:
            try:
                attachments.append(self._attachment(run))
            except Exception as error:  # noqa: BLE001 - the logbook has its entry, whatever became of the picture
                self._watch.failed(error, f"{run_named(start)}, its picture")
        self._logbook_func(text=self._text(start, stop), attachments=attachments, ensure=True)

    def _attachment(self, run: Run) -> BytesIO:
        """The picture as a file with a name."""
        field = self._choice.of(run) or ""
        *_, shot = shots(run[self._choice.stream], field)
        file = BytesIO()
        self._drawn(run, field, shot).save(file, "PNG")
        file.seek(0)
        file.name = f"scan_{run.start.get('scan_id', run.start['uid'][:8])}_{field}.png".replace("/", "_")
        return file

    def _drawn(self, run: Run, field: str, shot: Any) -> Image:
        return plate(Scale().picture(run.start, field, shot), self._colours, longest=640)
