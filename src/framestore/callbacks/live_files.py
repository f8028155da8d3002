"""A TIFF file for each frame of a run, as the frames come."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framestore_handlers import Run

from framestore.exporters.folder import check_folders, check_free, exists
from framestore.exporters.naming import Named, Names, checked
from framestore.exporters.pixels import frames_of
from framestore.exporters.selection import Field, select
from framestore.exporters.sources import check_keeps_frames
from framestore.exporters.task import Task
from framestore.exporters.tiff.page import Kind, Page, Pages
from framestore.exporters.tiff.tasks import tasks_of_frames
from framestore.paths.exclusive import move_exclusively
from framestore.paths.synced import sync

from .scratch import scratch, sweep

_Frame = tuple[str, int, int]
"""Stream, sequence number, and number within the event."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Naming:
    """How files are named.

    Raises
    ------
    ValueError, KeyError, TypeError
        When the template is none, or asks for what there is not while a run goes on.
    """

    text: str
    """The template, a path."""
    directory: Path
    """The folders at its beginning, in which nothing is to be filled in; absolute."""
    below: str
    """The rest."""
    shown: str
    """The folders as they are written in the template."""

    @classmethod
    def of(cls, template: str | os.PathLike[str], run: Run) -> "Naming":
        """That of a template; it is tried out with a run."""
        text = os.fspath(template)
        head, slash, _ = text.partition("{")[0].rpartition("/")
        folders = (head + slash).replace("}}", "}")
        naming = cls(text=text, directory=Path(folders).absolute(), below=text[len(head + slash) :], shown=folders)
        if naming.names(run).asks_for("stop"):
            msg = f"the template {text!r} asks for the stop document, which comes after the images; leave it out"
            raise ValueError(msg)
        return naming

    def names(self, run: Run) -> Names:
        """The names of files of a run."""
        return Names.of(run, self.directory, self.below)

    def as_given(self, path: str) -> str:
        """The file as the template, which may be relative, names it."""
        return self.shown + os.fspath(Path(path).relative_to(self.directory))


class LiveFiles:
    """The files of the frames of one run. A frame that comes again replaces its file.

    Parameters
    ----------
    naming
        How they are named.
    dryrun
        Whether nothing is written.
    overwrite
        Whether files that were there before the run are replaced.
    """

    def __init__(self, naming: Naming, *, dryrun: bool, overwrite: bool) -> None:
        self._naming = naming
        self._dryrun = dryrun
        self._overwrite = overwrite
        self._paths: dict[_Frame, str] = {}  # a string takes a third of a Path, and these are kept for all frames
        self._frames: dict[str, _Frame] = {}
        self._swept: set[Path] = set()
        self._last_kind: tuple[tuple[str, bool], Kind] | None = None

    @property
    def filenames(self) -> list[str]:
        """Those that there are, in the order in which their frames came first."""
        return [self._naming.as_given(path) for path in self._paths.values()]

    def add(self, run: Run, key: str) -> None:
        """Write the frames of a data key of a run, which holds those that are new.

        Raises
        ------
        FileExistsError
            When a file was there before the run; nothing of this event is written then.
        KeyError, ValueError
            When the template cannot be filled in, or makes the name of another frame's file; or TIFF has no such pages.
        OSError
            When frames cannot be read, or files not be written.
        """
        for field in select(run, fields=key):
            table = Pages.of_field(field)
            said = [table.of(number) for number in range(frames_of(field.pixels))]
            files = self._named(run, field, said)
            self._check(run, [named.path for named in files])
            if self._dryrun:
                for page, named in zip(said, files, strict=True):
                    self._note(_frame(field, page), named.path)
                continue
            self._make_room(named.path for named in files)
            frames = {named.path: _frame(field, page) for page, named in zip(said, files, strict=True)}
            for task in tasks_of_frames(files, {id(field): self._kind(field, run)}):
                self._write(task, frames)

    def _kind(self, field: Field, run: Run) -> Kind:
        """How frames are written: the same for all of a descriptor, whose text takes its time."""
        known = field.stream.descriptors[-1]["uid"], "external" in field.data_key
        if self._last_kind is None or self._last_kind[0] != known:
            self._last_kind = known, Kind.of(field, run.start, None, None)
        return self._last_kind[1]

    def _named(self, run: Run, field: Field, said: Sequence[Page]) -> list[Named]:
        """The file of each frame; no two have one, nor has another frame of the run."""
        names = self._naming.names(run)
        found = [
            Named(path=names.path(_values(field, page)), field=field, first=number) for number, page in enumerate(said)
        ]
        for page, named in zip(said, checked(found, self._naming.text), strict=True):
            frame = _frame(field, page)
            other = self._frames.get(str(named.path), frame)
            if other != frame:
                raise self._collision(named.path, other, frame)
        return found

    def _collision(self, path: Path, one: _Frame, other: _Frame) -> ValueError:
        differ = [name for name, a, b in zip(("stream", "seq_num", "frame"), one, other, strict=True) if a != b]
        events = " and of ".join(f"frame {frame} of event {event} of stream {s!r}" for s, event, frame in (one, other))
        lacks = " or ".join(f"{{{name}}}" for name in differ)
        return ValueError(f"the template {self._naming.text!r} makes {path} of {events}; add {lacks} to it")

    def _check(self, run: Run, paths: Sequence[Path]) -> None:
        check_folders({path.parent for path in paths})
        check_keeps_frames(run, paths)
        check_free((path for path in paths if str(path) not in self._frames), overwrite=self._overwrite)

    def _make_room(self, paths: Iterable[Path]) -> None:
        for folder in {path.parent for path in paths} - self._swept:
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder)
            self._swept.add(folder)

    def _write(self, task: Task, frames: Mapping[Path, _Frame]) -> None:
        """Have files written, and give them their names when they are whole and on the disk."""
        unnamed = [scratch(path) for path in task.files]
        try:
            task.make(unnamed, lambda _: None)
            for path, final in zip(unnamed, task.files, strict=True):
                sync(path)
                if self._overwrite or str(final) in self._frames:
                    path.replace(final)
                else:
                    _move(path, final)
                self._note(frames[final], final)
        finally:
            for path in unnamed:
                path.unlink(missing_ok=True)

    def _note(self, frame: _Frame, path: Path) -> None:
        """Take note of a file; that which the frame had before, by another name, is removed."""
        name = str(path)
        before = self._paths.get(frame, name)
        if before != name:
            del self._frames[before]
            if not self._dryrun:
                Path(before).unlink(missing_ok=True)
        self._paths[frame] = name
        self._frames[name] = frame


def _move(unnamed: Path, path: Path) -> None:
    try:
        move_exclusively(unnamed, path)
    except FileExistsError as error:
        raise exists([path]) from error


def _frame(field: Field, page: Page) -> _Frame:
    return field.stream.name, page.seq_num, page.frame


def _values(field: Field, page: Page) -> dict[str, Any]:
    """What the template may ask for, besides the run's. Frames of a fly scan have no event, but a number."""
    event = page.event if page.event is not None else {"seq_num": page.seq_num}
    told = {"stream": field.stream.name, "field": field.key, "event": event}
    return told | {"seq_num": page.seq_num, "frame": page.frame, "i": page.frame}
