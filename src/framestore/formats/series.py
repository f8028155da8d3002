"""Frames into files of their own, numbered from 0."""

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from framestore_handlers.templates import parse
from numpy.typing import NDArray

from .identity import identity

Encode = Callable[[NDArray[Any], int, float], bytes]
"""(array, frame_id, timestamp) -> the content of a file."""

_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}
"""What is said where there are none (FAT, some network shares), or not for files of other users."""


class SeriesWriter:
    """A series of files, one a frame. Each appears under its name as a whole, and none is overwritten.

    Frames that were taken back keep their files until others replace them, or until the series is closed.

    Parameters
    ----------
    path
        The folder, and as the name the template of the files' names, for ``str.format``.
    encode
        Makes the content of a file; None where the source saves the files.

    Raises
    ------
    FileExistsError
        When a file of the series is there already.
    """

    def __init__(self, path: Path, encode: Encode | None = None) -> None:
        self._folder = path.parent
        self._template = parse(path.name)
        self._encode = encode
        self._scratch = self._folder / f".{uuid4().hex}{path.suffix}"
        self._identity = identity(self._folder)
        self._next = 0
        self._placed = 0
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if self._template.matches(entry.name):
                    raise FileExistsError(errno.EEXIST, "a file of the series exists already", entry.path)

    def append(self, array: NDArray[Any], frame_id: int, timestamp: float) -> None:
        """Write a frame."""
        assert self._encode is not None, "refused when the camera is made"  # noqa: S101 - a bug of ours, not of a user
        content = self._encode(array, frame_id, timestamp)

        def write() -> None:
            with self._scratch.open("xb") as file:
                file.write(content)

        self._append(write)

    def adopt(self, path: Path, frame_id: int, timestamp: float) -> None:
        """Take a file, on the same file system, as the next frame: it is moved."""
        del frame_id, timestamp  # such files are not changed
        self._place(path)

    def flush(self) -> None:
        """Check that the files are where they are said to be; each can be read as soon as it has its name.

        Raises
        ------
        FileNotFoundError
            When the folder was moved, removed, or unmounted: frames before and behind would be in different places.
        """
        if identity(self._folder) != self._identity:
            msg = f"{self._folder} was removed or replaced while it was written to; leave it there until unstage"
            raise FileNotFoundError(msg)

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
        self._append(lambda: shutil.copy2(path, self._scratch))

    def close(self) -> None:
        """Remove the files of frames that were taken back."""
        self._clear_away()

    def discard(self) -> None:
        """Remove all files."""
        self._next = 0
        self._clear_away()

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
            self._place(self._scratch)
        except BaseException:
            with contextlib.suppress(OSError):
                self._scratch.unlink()
            raise

    def _place(self, scratch: Path) -> None:
        path = self._path(self._next)
        if self._next < self._placed:
            scratch.replace(path)
        else:
            _move_exclusively(scratch, path)
        self._next += 1
        self._placed = max(self._placed, self._next)


def _move_exclusively(scratch: Path, path: Path) -> None:
    """Give a file its name in one step; FileExistsError when something has it."""
    try:
        os.link(scratch, path)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        path.touch(exist_ok=False)  # claims the name
        try:
            scratch.replace(path)
        except BaseException:
            path.unlink()
            raise
    else:
        scratch.unlink()
