"""Frames into one BigTIFF file, while others read along."""

import contextlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from framestore.formats.checksum_settings import ChecksumSettings
from framestore.formats.format import Content, Contents
from framestore.formats.identity import identity
from framestore.formats.plain import as_buffers, write_all
from framestore.formats.tiff.compression import code
from framestore.formats.tiff.page import PageWriter
from framestore.frame import FrameInfo


class _Page(NamedTuple):
    """A page in the file."""

    start: int
    """Where its pixels begin."""
    nbytes: int
    """How many bytes they take."""
    directory: int
    """Where its directory begins."""
    link: int
    """Where the offset of the next page stands."""
    end: int
    """Where the page ends."""
    info: FrameInfo


class TIFFStackWriter:
    """One file; a page is the pixels of a frame, and its directory behind them.

    A page is written where nobody looks, behind the others. Then the eight bytes are written that link it to the page
    before: a reader in another process sees a whole page or none, also after the writer was killed. Where frames are
    to be synced, pages are linked by `flush`, after they are on the disk.

    Pages that are taken out are not written over while the file is open: links lead past them.

    Parameters
    ----------
    path
        The file.
    contents
        The kind of frame.
    settings
        What becomes of the file as a file.
    compression
        How the frames that come are compressed.

    Raises
    ------
    FileExistsError
        When something is there already.
    """

    def __init__(self, path: Path, contents: Contents, settings: ChecksumSettings, compression: str | None) -> None:
        self._path = path
        self._settings = settings
        self._even = compression is None
        checksums = settings.checksum is not None
        self._writer = PageWriter(contents, code(compression), big=True, even=True, checksums=checksums)
        self._pages: list[_Page] = []
        self._linked = 0
        self._end = self._writer.numbers.head
        self._file = path.open("x+b", buffering=0)
        try:
            self._identity = identity(path)
            settings.own(path)
            write_all(self._file.fileno(), self._writer.head(0))
            settings.sync_folder(path.parent)
        except BaseException:
            self._file.close()
            path.unlink()
            raise

    def append(self, content: Content, info: FrameInfo) -> None:
        """Write a frame as a page."""
        info = self._settings.with_checksum(content, info)
        pixels = as_buffers(content)
        nbytes = sum(part.nbytes for part in pixels)
        step = self._writer.page_bytes(nbytes) if self._even else 0
        directory = self._writer.directory(self._end, nbytes, info, step)
        end = self._end + nbytes + len(directory.content)
        page = _Page(self._end, nbytes, directory.offset, directory.link, end, info)
        row = len(self._pages)
        try:
            self._file.seek(self._end)
            write_all(self._file.fileno(), [*pixels, directory.content])
            self._pages.append(page)
            if self._settings.durable != "synced":
                self._link()
        except BaseException:
            del self._pages[row:]
            with contextlib.suppress(OSError):
                self._file.truncate(self._end)
            raise
        self._end = end

    def flush(self) -> None:
        """Make all appended frames visible to readers; where they are to be synced, have them on the disk.

        Raises
        ------
        FileNotFoundError
            When somebody has removed or replaced the file: its frames would vanish with this process.
        """
        if identity(self._path) != self._identity:
            msg = f"{self._path} was removed or replaced while it was written; leave it there until unstage"
            raise FileNotFoundError(msg)
        if self._linked < len(self._pages):
            self._settings.sync(self._file.fileno())
            self._link()
        self._settings.sync(self._file.fileno())

    def remove(self, first: int, frames: int) -> None:
        """Take out ``frames`` frames from row ``first`` on; those behind them move up."""
        self._link()
        behind = self._pages[first + frames :]
        for page in (*self._pages[:1], *behind[:1]):
            self._put(page.link - 8, 0)  # pages are not at even distances any more: nobody shall reckon with it
        self._put(self._link_of(first), behind[0].directory if behind else 0)
        del self._pages[first : first + frames]
        self._linked = len(self._pages)

    def copy_to(self, other: "TIFFStackWriter", first: int) -> None:
        """Append the frames from row ``first`` on to another file."""
        for page in self._pages[first:]:
            other.append(self._read(page), page.info)

    def close(self) -> None:
        """Flush and close the file; what is behind the last page is cut off. A file that holds no frame is removed."""
        if self._file.closed:
            return None
        if not self._pages:
            return self.discard()
        try:
            self._file.truncate(self._pages[-1].end)
            self.flush()
        finally:
            self._file.close()
        return None

    def discard(self) -> None:
        """Close the file, and remove it."""
        self._file.close()
        if identity(self._path) == self._identity:
            self._path.unlink()

    def _link(self) -> None:
        """Make pages visible that are not."""
        while self._linked < len(self._pages):
            self._put(self._link_of(self._linked), self._pages[self._linked].directory)
            self._linked += 1

    def _link_of(self, row: int) -> int:
        """Where the offset of the page of a row stands."""
        return self._pages[row - 1].link if row else 8

    def _put(self, position: int, value: int) -> None:
        """Write eight bytes over those in the file; they begin at a multiple of 8, so no reader sees half of them."""
        self._file.seek(position)
        write_all(self._file.fileno(), self._writer.numbers.offset(value))

    def _read(self, page: _Page) -> NDArray[np.uint8]:
        """The pixels of a page as they stand in the file."""
        data = np.empty(page.nbytes, np.uint8)
        left = data.data
        self._file.seek(page.start)
        while left.nbytes:
            count = self._file.readinto(left)
            if not count:
                msg = f"{self._path} was cut off while it was written"
                raise OSError(msg)
            left = left[count:]
        return data
