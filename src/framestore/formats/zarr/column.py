"""A number a frame."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore.formats.file_settings import FileSettings
from framestore.formats.plain import write_all

from .files import create
from .node import Node


class Column:
    """Numbers in an array (events, frames_per_point), which are added one by one.

    The file of the last chunk is open, and written into: it has its whole size from the start, and what is new in it is
    beyond what readers were shown.

    Parameters
    ----------
    node
        Of the array.
    fill
        What stands where nothing was added yet, of the array's dtype.
    frames, events
        Of a chunk: frames of an event, all of them, and events.
    settings
        What becomes of the files as files.
    """

    def __init__(self, node: Node, *, fill: float, frames: int, events: int, settings: FileSettings) -> None:
        self._node = node
        self._fill = np.asarray(fill)
        self._frames = frames
        self._size = frames * events
        self._settings = settings
        self._chunk = self._empty()
        self._start = self._filled = self._written = 0
        self._file: int | None = None

    def append(self, value: float) -> None:
        """Add a number; it is written by the next `flush`, or when it fills a chunk.

        Raises
        ------
        TypeError, ValueError, OverflowError
            When it is not a number, or too large.
        """
        self._chunk[self._filled] = value
        self._filled += 1
        if self._filled == self._size:
            self._write()
            self._begin(self._start + self._size, self._empty(), 0)

    def flush(self) -> None:
        """Write all numbers, and show those of whole events."""
        self._write()
        self._node.show((self._start + self._filled) // self._frames)

    def values(self, first: int) -> list[Any]:
        """All numbers from that of frame ``first`` on."""
        begin = first - first % self._size
        chunks = [np.fromfile(self._path(start), self._fill.dtype) for start in range(begin, self._start, self._size)]
        last = self._chunk[max(0, begin - self._start) : self._filled]
        return np.concatenate([*chunks, last])[first - begin :].tolist()

    def truncate(self, frames: int) -> None:
        """Keep the numbers of the first ``frames`` frames; readers see it after the next `flush`."""
        start = frames - frames % self._size
        if start != self._start:
            self._begin(start, np.fromfile(self._path(start), self._fill.dtype), self._size)
        self._filled = frames - start
        self._written = min(self._written, self._filled)

    def close(self) -> None:
        """Close the file of the last chunk."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _begin(self, start: int, chunk: NDArray[Any], written: int) -> None:
        self.close()
        self._chunk, self._start, self._filled, self._written = chunk, start, 0, written

    def _write(self) -> None:
        if self._filled == self._written:
            return
        if self._file is None:
            self._file = self._open()
        os.lseek(self._file, self._written * self._fill.itemsize, os.SEEK_SET)
        write_all(self._file, self._chunk[self._written : self._filled])
        self._settings.sync(self._file)
        self._written = self._filled

    def _open(self) -> int:
        """File of the last chunk; a new one has its whole size, so that what follows needs no room on the disk."""
        path = self._path(self._start)
        if path.exists():
            return os.open(path, os.O_RDWR | os.O_CLOEXEC)
        file = create(path)
        try:
            self._settings.own(path)
            write_all(file, self._empty())
        except BaseException:
            os.close(file)
            path.unlink()
            raise
        return file

    def _path(self, start: int) -> Path:
        return self._node.chunk(start // self._size)

    def _empty(self) -> NDArray[Any]:
        return np.full(self._size, self._fill)
