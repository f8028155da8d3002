"""TIFF files of the frames while the run goes on."""

import logging
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

from framestore_handlers import Run, load
from framestore_handlers.access import RootMap
from framestore_handlers.foreign import Handler

from .broker import Broker
from .failures import Failures, OnError, run_named
from .image import images_of
from .live_files import LiveFiles, Naming
from .recent import Recent

Document = dict[str, Any]

logger = logging.getLogger("framestore")


class LiveTiffExporter:
    """Writes each frame of a field into a TIFF file of its own, when its event comes.

    Subscribe it to all documents, or hand it to `post_run`, to write the files when the run has ended. The RunEngine
    waits for each file: where that is too long, subscribe it in another process.

    Files appear whole, by their final names, as those of ``export_tiff`` do, with pixels of the same dtype and the same
    documents in them, but for the stop document. An event that comes again, since its point was taken again, replaces
    its files. Of a fly scan, whose frames have no events, they are written when their numbers are announced.

    Parameters
    ----------
    field
        The data key, such as ``"camera_image"``. Events without it are left alone; until one had it, each run that has
        other images is logged.
    template
        A path, in which curly brackets are filled in, as for ``str.format``, with item access only: ``start``,
        ``event``, ``stream``, ``field``, ``seq_num``, and ``frame``, from 0 within the event, which is ``i``, too. A
        relative one begins at the folder in which the process is now. Values hold no separators.
    dryrun
        Whether nothing is written: ``filenames`` are those that would be.
    overwrite
        Whether files that were there before the run are replaced. If not, one that is there is an error, and the files
        of its event are not written.
    db
        A databroker; it is only needed where it alone knows where the frames are.
    on_error
        What becomes of an error: ``"report"`` keeps it in ``errors``, logs it, and tells of it on stderr at the end of
        the run; ``"raise"`` raises it in the RunEngine, which ends the run.
    root_map, allowed_roots, handlers
        As those of ``framestore_handlers.load``.

    Raises
    ------
    ValueError
        When the template is none; see ``framestore.exporters``.
    KeyError
        When it asks for something that there never is.

    Examples
    --------
    >>> exporter = LiveTiffExporter("camera_image", "output/{start[scan_id]}_{event[seq_num]}.tiff", dryrun=True)
    >>> exporter.filenames
    []
    """

    def __init__(
        self,
        field: str,
        template: str | PathLike[str],
        dryrun: bool = False,  # noqa: FBT001, FBT002 - bluesky's
        overwrite: bool = False,  # noqa: FBT001, FBT002 - bluesky's
        db: Any = None,
        *,
        on_error: OnError = "report",
        root_map: RootMap | None = None,
        allowed_roots: Iterable[str | PathLike[str]] | None = None,
        handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        name = f"LiveTiffExporter({field!r})"
        self.field = field
        self.template = template
        self.dryrun = dryrun
        self.overwrite = overwrite
        self._broker = None if db is None else Broker(db)
        if self._broker is not None:
            root_map = root_map if root_map is not None else self._broker.root_map
            handlers = {**self._broker.handlers, **(handlers or {})}
        self._naming = Naming.of(template, load([("start", {"uid": "", "time": 0.0})]))
        self._failures = Failures(name, on_error)
        self._recent = Recent(name, field=field, root_map=root_map, allowed_roots=allowed_roots, handlers=handlers)
        self._files: dict[str, LiveFiles] = {}
        self._others: dict[str, list[str]] = {}
        self._is_found = False

    @property
    def filenames(self) -> list[str]:
        """The files of the run that goes on, or went on last, in the order of their frames."""
        return [name for files in self._files.values() for name in files.filenames]

    @property
    def errors(self) -> list[Exception]:
        """What failed in that run."""
        return self._failures.errors

    def __call__(self, name: str, doc: Document) -> None:
        """Take a document."""
        if name == "start":
            self._forget_ended(doc)
        start = self._recent.start_of(name, doc)
        where, news = _where(start, name, doc), []
        with self._failures.caught(where):
            news = self._recent.news(name, self._filled(name, doc))
        for made in news:
            with self._failures.caught(where):
                self._add(made())
        if name == "stop" and start is not None:
            self._tell_of_others(start)
            self._failures.report(run_named(start))

    def _forget_ended(self, start: Document) -> None:
        """Forget what came of runs that have ended; one that is delivered once more replaces its files."""
        starts = self._recent.starts
        self._failures.clear(map(run_named, starts))
        kept = [each["uid"] for each in (*starts, start)]
        self._files = {uid: files for uid, files in self._files.items() if uid in kept}
        self._others = {uid: images for uid, images in self._others.items() if uid in kept}

    def _filled(self, name: str, doc: Document) -> Document:
        if self._broker is None or name != "event":
            return doc
        descriptor = self._recent.descriptor_of(doc)
        return doc if descriptor is None else self._broker.filled(doc, descriptor, self.field)

    def _add(self, run: Run) -> None:
        uid = run.start["uid"]
        if not any(self.field in run[stream] for stream in run):
            self._others[uid] = self._others.get(uid) or [key for stream in run for key in images_of(run[stream])]
            return
        self._is_found = True
        if uid not in self._files:
            self._files[uid] = LiveFiles(self._naming, dryrun=self.dryrun, overwrite=self.overwrite)
        self._files[uid].add(run, self.field)

    def _tell_of_others(self, start: Document) -> None:
        """A run has ended: it is logged where there were images, and none of that name in any run: it may be wrong."""
        images = self._others.pop(start["uid"], [])
        if images and not self._is_found:
            msg = "%s, %s: no event has it, so nothing was written; there are images: %s"
            logger.warning(msg, self._failures.callback, run_named(start), ", ".join(images))


def _where(start: Document | None, name: str, doc: Document) -> str:
    seq_num = doc.get("seq_num")
    if name == "event_page" and seq_num:
        return f"{run_named(start)}, events {seq_num[0]} to {seq_num[-1]}"
    return f"{run_named(start)}, {name}" if seq_num is None else f"{run_named(start)}, event {seq_num}"
