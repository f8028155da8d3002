"""The file that frames go to, and how many there are in it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from framestore.formats import FileWriter, Writer, byte_count
from framestore.frame import Frame, SavedFrame

from .call import Call
from .pool import Slot
from .target import Target

_FLUSH_PERIOD = 0.05
"""Seconds after which frames should become readable, while more are written."""
_FLUSH_SHARE = 0.05
"""Most that this may take of the time."""


class Files:
    """The files of one staging, one after another. One thread calls all methods.

    Parameters
    ----------
    camera
        Name of the camera, for messages.
    call
        Entered while the file system is called.
    """

    def __init__(self, camera: str, call: Call) -> None:
        self._camera = camera
        self._call = call
        self._file: Writer | None = None
        self._target: Target | None = None
        self._bytes = 0
        self._before = 0
        self._pause = _FLUSH_PERIOD
        self._due: float | None = None
        self.path: Path | None = None
        """What is written to, or looked at."""
        self.rows = 0
        """Frames in the file."""
        self.part = 0
        """How many files were full before it, since one was asked for."""
        self.frames_written = 0
        """Frames in all files that other processes can read."""

    @property
    def is_open(self) -> bool:
        """Whether there is a file."""
        return self._file is not None

    def open(self, target: Target) -> None:
        """Close the file, if there is one, and begin another.

        Raises
        ------
        FileExistsError
            When its name is taken.
        """
        self.close()
        self._target, self.part, self.path = target, 0, target.path
        with self._call:
            self._file = self._make(target, target.path)

    def has_room(self, frames: int) -> bool:
        """Whether so many frames may go to the file."""
        return self._target is None or self._target.fits(self.rows, self._bytes, frames)

    def begin_part(self) -> None:
        """Close the file, which is full, and begin the one that follows it."""
        assert self._target is not None, "open comes first"  # noqa: S101 - a bug of ours, not of a user
        self.close()
        path = self._target.part_path(self.part + 1)
        self.path = path
        with self._call:
            self._file = self._make(self._target, path)
        self.part += 1

    def move(self, first: int, target: Target) -> None:
        """Begin another file with the frames from row ``first`` on of this one, which is closed."""
        old, left, path = self._current, self.path, target.path
        self.path = path
        with self._call:
            new = self._make(target, path)
            try:
                old.copy_to(new, first)
                new.flush()
                self.path = left
                old.remove(first, self.rows - first)
            except BaseException:
                new.discard()
                raise
            self.path, self._file, self._target, self.part = path, new, target, 0
            self._bytes = (self.rows - first) * target.frame_bytes
            self._before, self.rows = self._before + first, self.rows - first
            old.close()

    def check(self, look: Callable[[], None], folder: Path) -> None:
        """Look at a folder, before there is a file."""
        self.path = folder
        with self._call:
            look()

    def append(self, frame: Frame, slot: Slot) -> None:
        """Write a frame, which is in ``slot`` by now, and so is its content."""
        content = slot.content
        try:
            with self._call:
                if isinstance(frame, SavedFrame):
                    cast("FileWriter", self._current).adopt(frame.path, slot.info)
                else:
                    self._current.append(content, slot.info)
        except FileExistsError as error:
            raise self._taken(error) from error
        self.rows += 1
        self._bytes += frame.array.nbytes if isinstance(frame, SavedFrame) else byte_count(content)
        if self._due is None:
            self._due = time.monotonic() + self._pause

    def flush(self) -> None:
        """Return when other processes can read all frames."""
        began = time.monotonic()
        with self._call:
            self._current.flush()
        self.frames_written = self._before + self.rows
        self._due = None
        self._pause = max(_FLUSH_PERIOD, (time.monotonic() - began) / _FLUSH_SHARE)

    @property
    def flush_is_due(self) -> bool:
        """Whether frames should become readable, though more are written: seldom where that takes long."""
        return self._due is not None and time.monotonic() > self._due

    def remove(self, first: int, frames: int) -> None:
        """Take out frames from row ``first`` on; those behind them move up."""
        if self._file is not None:
            with self._call:
                self._file.remove(first, frames)
            self.rows -= frames
            self.frames_written = min(self.frames_written, self._before + self.rows)

    def close(self) -> None:
        """Close the file, if there is one."""
        self._before += self.rows
        self.rows = self._bytes = 0
        file, self._file = self._file, None
        if file is not None:
            with self._call:
                file.close()

    @property
    def _current(self) -> Writer:
        assert self._file is not None, "open comes first"  # noqa: S101 - a bug of ours, not of a user
        return self._file

    def _make(self, target: Target, path: Path) -> Writer:
        try:
            return target.make(path)
        except FileExistsError as error:
            raise self._taken(error) from error

    def _taken(self, error: FileExistsError) -> FileExistsError:
        found = error.filename2 or error.filename or self.path
        return FileExistsError(
            f"{self._camera}: {found} exists already and is not overwritten; have the path provider name another"
        )
