"""Frames into files of their own, numbered from 0."""

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from framestore_handlers.templates import parse

from framestore.frame import FrameInfo
from framestore.paths.exclusive import move_exclusively

from .file_settings import FileSettings
from .format import Content
from .identity import identity
from .plain import write_all
from .presence import Presence


class SeriesWriter:
    """A series of files, one a frame. Each appears under its name as a whole, and none is overwritten.

    Frames that were taken back keep their files until others replace them, or until the series is closed.

    Parameters
    ----------
    path
        The folder, and as the name the template of the files' names, for ``str.format``.
    settings
        What becomes of the files as files.

    Raises
    ------
    FileExistsError
        When a file of the series is there already.
    """

    def __init__(self, path: Path, settings: FileSettings) -> None:
        self._folder = path.parent
        self._template = parse(path.name)
        self._settings = settings
        self._scratch = self._folder / f".{uuid4().hex}{path.suffix}"
        self._identity = identity(self._folder)
        self._next = 0
        self._placed = 0
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if self._template.matches(entry.name):
                    raise FileExistsError(errno.EEXIST, "a file of the series exists already", entry.path)
        self._presence = Presence(self._folder)

    def append(self, content: Content, info: FrameInfo) -> None:
        """Write a file, whose content the encoder has made."""
        del info  # it stands in the content

        def write() -> None:
            file = os.open(self._scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            try:
                write_all(file, content)
                self._settings.sync(file)
            finally:
                os.close(file)

        self._append(write)

    def adopt(self, path: Path, info: FrameInfo) -> None:
        """Take a file, on the same file system, as the next frame: it is moved."""
        del info  # such files are not changed
        self._settings.own(path)
        self._sync(path)
        self._place(path)

    def flush(self) -> None:
        """Check that the files are where they are said to be; each can be read as soon as it has its name.

        Where they are to be synced, their names are on the disk then, too.

        Raises
        ------
        FileNotFoundError
            When the folder was moved, removed, or unmounted: frames before and behind would be in different places.
        """
        if identity(self._folder) != self._identity:
            msg = f"{self._folder} was removed or replaced while it was written to; leave it there until unstage"
            raise FileNotFoundError(msg)
        self._settings.sync_folder(self._folder)

    def remove(self, first: int, frames: int) -> None:
        """Take out ``frames`` frames from row ``first`` on; files behind them are renamed.

        The files of the last frames stay until what comes next replaces them.
        """
        behind = range(first + frames, self._next)
        for number in behind:
            self._path(number).replace(self._path(number - frames))
        self._next -= frames
        if behind:
            self._clear_away()

    def copy_to(self, other: "SeriesWriter", first: int) -> None:
        """Append the frames from row ``first`` on to another series, as they are."""
        for number in range(first, self._next):
            other.append_copy(self._path(number))

    def append_copy(self, path: Path) -> None:
        """Append a copy of a file."""

        def copy() -> None:
            shutil.copy2(path, self._scratch)
            self._sync(self._scratch)

        self._append(copy)

    def close(self) -> None:
        """Remove the files of frames that were taken back."""
        try:
            self._clear_away()
        finally:
            self._presence.end()

    def discard(self) -> None:
        """Remove all files."""
        self._next = 0
        self.close()

    def _clear_away(self) -> None:
        for number in range(self._next, self._placed):
            self._path(number).unlink(missing_ok=True)
        self._placed = self._next

    def _path(self, number: int) -> Path:
        return self._folder / self._template.name(number)

    def _append(self, make: Callable[[], object]) -> None:
        """Append the file that ``make`` makes beside the others."""
        try:
            make()
            self._settings.own(self._scratch)
            self._place(self._scratch)
        except BaseException:
            with contextlib.suppress(OSError):
                self._scratch.unlink()
            raise

    def _sync(self, path: Path) -> None:
        with path.open("rb") as file:
            self._settings.sync(file.fileno())

    def _place(self, scratch: Path) -> None:
        path = self._path(self._next)
        if self._next < self._placed:
            scratch.replace(path)
        else:
            move_exclusively(scratch, path)
        self._next += 1
        self._placed = max(self._placed, self._next)
