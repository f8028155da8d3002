"""Frames into an HDF5 file, by direct chunk writes, while others read along."""

import contextlib
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import h5py
from framestore_handlers.hdf5.closing import close_file
from framestore_handlers.hdf5.superblock import UNBORN_BYTES, close_superblock, cut_to_end

from framestore.formats.checksum_settings import ChecksumSettings
from framestore.formats.format import Contents
from framestore.formats.identity import identity
from framestore.frame import FrameInfo

from .compression import Compression
from .errors import as_os_error
from .image import Image
from .infos import Infos
from .nexus import describe
from .tiles import Tiles

_LIBVER = ("v110", "v110")
"""Oldest library that knows SWMR; readers down to HDF5 1.10 open the file."""


class HDF5Writer:
    """One file; the chunks of frames go to it as they are, past HDF5's cache and filters.

    A frame's chunks, then its frame id and timestamp, are written before the extents that show them reach the file:
    a reader in another process sees whole frames or none, also after the writer was killed.

    Parameters
    ----------
    path
        The file, which is created exclusively.
    contents
        What it is going to hold.
    settings
        What becomes of it as a file.
    tiles
        How frames are cut; None: not at all.
    compression
        How chunks are compressed; None: not at all.
    """

    def __init__(
        self,
        path: Path,
        contents: Contents,
        settings: ChecksumSettings,
        *,
        tiles: Tiles | None = None,
        compression: Compression | None = None,
    ) -> None:
        self._settings = settings
        self._path = path
        self._broken: OSError | None = None
        with _claimed(path):
            self._identity = identity(path)
            settings.own(path)
            settings.sync_folder(path.parent)
            self._file = h5py.File(path, "w", libver=_LIBVER)
        try:
            filters = compression.filters(contents.dtype.itemsize) if compression else {}
            self._image = Image(self._file, tiles or Tiles.of(contents.shape, contents.dtype, None), filters)
            self._infos = Infos(self._file, checksums=settings.checksum is not None)
            describe(self._file, path, contents)
            self._file.swmr_mode = True
        except BaseException:
            with contextlib.suppress(Exception):  # on a full disk HDF5 fails to close, too: the first error counts
                close_file(self._file)
            path.unlink()
            raise

    def append(self, content: Any, info: FrameInfo) -> None:
        """Write a frame: itself, or its chunks as the encoder made them."""
        with self._row():
            self._image.append(content if isinstance(content, list) else [content])
            self._infos.append(self._settings.with_checksum(content, info))

    def append_from(self, image: Image, row: int, info: FrameInfo) -> None:
        """Write a frame out of another file of the same settings."""
        with self._row():
            self._image.append_from(image, row)
            self._infos.append(info)

    def flush(self) -> None:
        """Make all appended frames visible to readers.

        Raises
        ------
        FileNotFoundError
            When somebody has removed or replaced the file: its frames would vanish with this process.
        OSError
            When the disk is full, or another limit reached; what was flushed before stays readable.
        """
        self._check_place()
        self._flush()
        self._settings.sync(self._file.id.get_vfd_handle())

    def remove(self, first: int, frames: int) -> None:
        """Take out ``frames`` frames from row ``first`` on; those behind them move up."""
        infos = self._infos.values(first + frames)
        if infos:
            self._check_place()  # they are read from there
        self._image.remove(first, frames, self._path)
        self._infos.truncate(first)
        for info in infos:
            self._infos.append(info)
        self._flush()

    def copy_to(self, other: "HDF5Writer", first: int) -> None:
        """Append the frames from row ``first`` on to another file."""
        for row, info in enumerate(self._infos.values(first), first):
            other.append_from(self._image, row, info)

    def close(self) -> None:
        """Flush and close the file; plain tools read it from now on without knowing of SWMR.

        A file that holds no frame is removed.

        Raises
        ------
        OSError
            What went wrong first; what was flushed before can be read.
        """
        if not self._file:
            return None
        if self._image.rows == 0:
            return self.discard()
        try:
            self.flush()
        finally:
            self._close()
        return None

    def _close(self) -> None:
        try:
            close_file(self._file)
        except Exception as error:
            if self._is_in_place:
                close_superblock(self._path)  # HDF5 wrote an end that the file does not reach
            raise self._broken or as_os_error(error, self._path) from error
        if not self._is_in_place:
            return
        cut_to_end(self._path)
        if self._settings.durable == "synced":
            with self._path.open("rb") as file:
                self._settings.sync(file.fileno())

    def discard(self) -> None:
        """Close the file, and remove it."""
        try:
            self._close()
        finally:
            if self._is_in_place:
                self._path.unlink()

    @contextlib.contextmanager
    def _row(self) -> Generator[None]:
        """Add a frame and its numbers, or neither."""
        row = self._image.rows
        try:
            yield
        except BaseException:
            self._image.truncate(row)
            self._infos.truncate(row)
            self._keep_end()
            raise

    def _flush(self) -> None:
        if self._broken is not None:
            raise self._broken
        self._keep_end()
        try:
            self._infos.flush()
            self._file.flush()
        except (OSError, RuntimeError) as error:
            self._broken = as_os_error(error, self._path)
            raise self._broken from error

    def _keep_end(self) -> None:
        """Have the file reach to where HDF5 will say that it ends, which takes no space; else tell it nothing more.

        Where a limit forbids that, readers would take the file for one that was cut off.
        """
        handle, end = self._file.id.get_vfd_handle(), self._file.id.get_filesize()
        try:
            if os.fstat(handle).st_size < end:
                os.ftruncate(handle, end)
        except OSError as error:
            self._broken = self._broken or OSError(error.errno, f"{self._path} cannot grow: {error.strerror}")

    @property
    def _is_in_place(self) -> bool:
        return identity(self._path) == self._identity

    def _check_place(self) -> None:
        if not self._is_in_place:
            msg = f"{self._path} was removed or replaced while it was written; leave it there until unstage"
            raise FileNotFoundError(msg)


@contextlib.contextmanager
def _claimed(path: Path) -> Generator[None]:
    """Create the file exclusively, on a disk that has room for its head: HDF5 crashes where it cannot write that.

    It is open, so that nobody takes it for left behind, until HDF5 has opened it; where that fails, it is removed.

    Raises
    ------
    FileExistsError
        When something is there already.
    OSError
        When the disk is full; the file is removed again.
    """
    with path.open("xb") as file:
        try:
            file.write(bytes(UNBORN_BYTES))
            file.flush()
            yield
        except BaseException:
            path.unlink()
            raise
