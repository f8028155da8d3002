"""The dataset of the frames, by direct chunk reads and writes."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import h5py
from framestore_handlers.hdf5.layout import LAYOUT

from .tiles import Tiles


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """A chunk as it stands in a file."""

    offset: int
    """Where it begins, bytes."""
    size: int
    """How long it is, bytes."""
    filters: int
    """Mask of the filters that were left out."""


class Image:
    """(frames, \\*frame shape). Chunks go to the file as they are, past HDF5's cache and filters.

    While readers are along (SWMR), HDF5 writes a chunk that comes to a row anew behind all others, and never uses the
    space of those before again. So whoever reads by an older index reads an older frame, but a whole one; and
    frames that were taken out can still be read from where they were.
    """

    def __init__(self, file: h5py.File, tiles: Tiles, filters: Mapping[str, Any]) -> None:
        self._shape = tiles.shape
        self._corners = tiles.corners()
        dataset = file.create_dataset(
            LAYOUT.dataset,
            (0, *tiles.shape),
            tiles.dtype,
            maxshape=(None, *tiles.shape),
            chunks=tiles.chunk,
            **filters,
        )
        self._id: Any = dataset.id
        self.rows = 0
        """Frames in it."""

    def append(self, chunks: Sequence[Any]) -> None:
        """Write a frame: a buffer for each of its chunks, as the dataset's filters make it.

        Raises
        ------
        OSError
            What the disk says; the frame is not in the dataset then.
        """
        self._append((chunk, 0) for chunk in chunks)

    def append_from(self, other: "Image", row: int) -> None:
        """Write a frame of another dataset of the same kind."""
        self._append(other.stored(row))

    def stored(self, row: int) -> Iterator[tuple[Any, int]]:
        """The chunks of a frame as they stand in the file, each with its mask of filters that were left out."""
        for corner in self._corners:
            mask, chunk = self._id.read_direct_chunk((row, *corner))
            yield chunk, mask

    def truncate(self, rows: int) -> None:
        """Keep the first ``rows`` frames."""
        self.rows = rows
        if self._id.shape[0] != rows:
            self._id.set_extent((rows, *self._shape))

    def remove(self, first: int, frames: int, path: Path) -> None:
        """Take out frames from row ``first`` on; those behind them move up, out of the file at ``path`` into it again.

        Raises
        ------
        OSError
            When the disk has no room for those that move; nothing has changed then.
        """
        moved = [self._chunks(row) for row in range(first + frames, self.rows)]
        if not moved:
            return self.truncate(first)
        with path.open("r+b") as file:
            _reserve(file.fileno(), sum(chunk.size for chunks in moved for chunk in chunks))
            self.truncate(first)
            for chunks in moved:
                self._append(_stored(file, chunks))
        return None

    def _append(self, chunks: Iterable[tuple[Any, int]]) -> None:
        row = self.rows
        self._id.set_extent((row + 1, *self._shape))
        try:
            for corner, (chunk, mask) in zip(self._corners, chunks, strict=True):
                self._id.write_direct_chunk((row, *corner), chunk, mask)
        except BaseException:
            self._id.set_extent((row, *self._shape))  # no row without a frame
            raise
        self.rows = row + 1

    def _chunks(self, row: int) -> list[Chunk]:
        infos = (self._id.get_chunk_info_by_coord((row, *corner)) for corner in self._corners)
        return [Chunk(offset=info.byte_offset, size=info.size, filters=info.filter_mask) for info in infos]


def _stored(file: IO[bytes], chunks: Sequence[Chunk]) -> Iterator[tuple[bytes, int]]:
    for chunk in chunks:
        file.seek(chunk.offset)
        yield file.read(chunk.size), chunk.filters


def _reserve(file: int, size: int) -> None:
    """Make sure that so many bytes can be written behind a file's end."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, os.fstat(file).st_size, size)
