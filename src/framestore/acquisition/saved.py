"""A camera that saves its own files, as a source of frames."""

import contextlib
import logging
import operator
import os
import shutil
import stat
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeGuard, cast
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from framestore.formats import FORMATS, FileFormat, Format, SavedFiles
from framestore.frame import FrameError, FrameSaver, FrameSource, SavedFrame

from .exposure_time import exposure_time

logger = logging.getLogger("framestore")


def _gives(source: object) -> TypeGuard[FrameSource]:
    return hasattr(source, "next_frame")


def _has_a_file_for_each_frame(format: object) -> TypeGuard[FileFormat]:  # noqa: A002 - as everywhere
    return hasattr(format, "read_back")


def frames_of(source: FrameSource | FrameSaver, format: Format, camera: str) -> FrameSource:  # noqa: A002 - as everywhere
    """The source itself, or one that saves its own files as a source of frames; checked to go with the format.

    Raises
    ------
    ValueError
        When the source saves its own files and the format has no file for each frame, or wants checksums in them, or
        the format is one that only a source can write; it names the camera, and what goes together.
    """
    if _gives(source):
        if isinstance(format, SavedFiles):
            msg = (
                f"{camera}: {source!r} gives arrays, which framestore cannot write as {format.spec}; use a SavingSource"
            )
            raise ValueError(msg)
        return source
    if not _has_a_file_for_each_frame(format):
        fitting = [name for name, make in FORMATS.items() if _has_a_file_for_each_frame(make())]
        msg = (
            f"{camera}: {source!r} saves a file a frame, format {format.layout.name!r} has one for many frames; "
            f"choose one of: {', '.join(fitting)}, or framestore.formats.SavedFiles for another format of yours"
        )
        raise ValueError(msg)
    checksum = getattr(format, "checksum", None)
    if checksum is not None:
        msg = (
            f"{camera}: {source!r} saves its own files, which framestore does not change, so checksums have no place "
            f"in them; leave out checksum={checksum!r}"
        )
        raise ValueError(msg)
    return SavedFrames(cast("FrameSaver", source), format)


def _as_shape(said: Any) -> tuple[int, ...] | None:
    """A shape, as a function may return it; None when it is none."""
    try:
        return tuple(operator.index(size) for size in said)
    except TypeError:
        return None


class SavedFrames:
    """A `FrameSource` over a `FrameSaver`: each frame is read back from the file that was saved, and so checked.

    Files are saved into a hidden folder beside their place, and moved from there when they are accepted. What is left
    in it, of frames that came late or were not wanted any more, goes with it when the source is stopped.

    Parameters
    ----------
    saver
        Saves the files.
    format
        Reads them.
    """

    can_wait = True
    reuses_buffers = False

    def __init__(self, saver: FrameSaver, format: FileFormat) -> None:  # noqa: A002 - as everywhere
        self.saver = saver
        """The camera."""
        self._format = format
        self._camera = ""
        self._count = 0
        self._scratch: Path | None = None
        self._folders: list[Path] = []
        self._made = False
        self._ready: Callable[[], None] = lambda: None
        self._names = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a frame."""
        return tuple(self.saver.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of a frame."""
        return np.dtype(self.saver.dtype)

    @property
    def exposure_time(self) -> float:
        """The camera's, seconds."""
        return exposure_time(self.saver)

    def save_beside(self, path: Path, camera: str, ready: Callable[[], None] = lambda: None) -> None:
        """All further frames are saved on the file system of ``path``, which is a template of files' names.

        Parameters
        ----------
        path
            Of the series that they are moved to.
        camera
            Name of the camera as it is now, for messages: a device may get its name after its source.
        ready
            Waits until its folder is there.
        """
        self._names = path.name
        self._camera = camera
        self._scratch = path.with_name(f".saving-{uuid4().hex}")
        self._ready = ready
        self._made = False

    def start(self) -> None:
        """Start the camera, and count from 0."""
        self._count = 0
        self.saver.start()

    def next_frame(self, timeout: float) -> SavedFrame:
        """Have a file saved, and read it.

        Raises
        ------
        FrameError
            When the file is not there, is no regular file, cannot be read, or holds a frame of another shape or dtype.
        Exception
            Whatever the camera raised.
        """
        del timeout  # the acquisition watches over it
        path = self._new_path()
        timestamp = time.time()
        try:
            shape = self.saver.save_frame(path)
            array = self._read(path, shape)
        except BaseException:
            with contextlib.suppress(OSError):  # it may be a folder; what is left goes when the source is stopped
                path.unlink()
            raise
        return SavedFrame(array, self._count - 1, timestamp, path)

    def stop(self) -> None:
        """Stop the camera, and remove what nobody took."""
        try:
            self.saver.stop()
        finally:
            self._clear_away()

    def __repr__(self) -> str:
        """The camera's own."""
        return repr(self.saver)

    def _clear_away(self) -> None:
        """Remove the hidden folders; nothing in them is named by a document."""
        folders, self._folders = self._folders, []
        for folder in folders:
            try:
                shutil.rmtree(folder)
            except OSError as error:
                logger.warning("%s: %s could not be removed (%s); remove it by hand", self._camera, folder, error)

    def _new_path(self) -> Path:
        """A path that was never given before: what is saved too late cannot be taken for another frame."""
        assert self._scratch is not None, "save_beside comes first"  # noqa: S101 - a bug of ours, not of a user
        if not self._made:
            self._ready()
            self._scratch.mkdir()
            self._folders.append(self._scratch)
            self._scratch.chmod(stat.S_IMODE(self._scratch.parent.stat().st_mode))  # who may save there may save here
            self._made = True
        path = self._scratch / self._names.format(self._count)
        self._count += 1
        if os.path.lexists(path):
            msg = f"{self._camera}: {path} was there before {self.saver!r} was asked for it; have it save a file a call"
            raise FrameError(msg)
        return path

    def _read(self, path: Path, shape: Sequence[int]) -> NDArray[Any]:
        """The frame in a file that was just saved; ``shape`` is what the camera says of it."""
        before = self._state(path)
        try:
            array = self._format.read_back(path)
        except Exception as error:
            raise FrameError(self._refused(path, f"but it cannot be read: {error}")) from error
        if self._state(path) != before:
            raise FrameError(self._refused(path, "but it is still being written"))
        if _as_shape(shape) != self.shape:
            raise FrameError(self._refused(path, f"and returned the shape {shape!r}, expected {self.shape}"))
        if array.shape != self.shape or array.dtype != self.dtype:
            found = f"but it holds a frame of shape {array.shape} and dtype {array.dtype}"
            raise FrameError(self._refused(path, f"{found}, expected {self.shape} and {self.dtype}"))
        return array

    def _state(self, path: Path) -> tuple[int, int, int]:
        """What changes when a file is written; refuses what is no file of its own."""
        try:
            found = path.lstat()
        except FileNotFoundError:
            raise FrameError(self._refused(path, "but has not saved that file")) from None
        if not stat.S_ISREG(found.st_mode):
            raise FrameError(self._refused(path, "but what is there is no regular file"))
        if found.st_nlink > 1:
            raise FrameError(self._refused(path, "but what is there is a hard link to another file"))
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _refused(self, path: Path, problem: str) -> str:
        return (
            f"{self._camera}: {self.saver!r} was asked to save {path}, {problem}; have it save each frame at the path "
            "that it is given, whole when it returns, and return its shape"
        )
