"""Rows out of a dataset with filters: HDF5 finds the chunks, and several threads make pixels of them."""

from collections.abc import Generator
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from framestore_handlers.threads import share

from .decoding import Filters
from .filters import ensure_filters
from .opening import MORE_BYTES, corners
from .undo import Bytes
from .unwritten import check_chunks

Corner = tuple[int, ...]
"""Where a chunk begins in its dataset."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunks:
    """The chunks that some rows are in."""

    dataset: h5py.Dataset
    """The dataset."""
    extent: tuple[int, ...]
    """Its shape."""
    shape: tuple[int, ...]
    """Shape of a chunk."""
    filters: Filters
    """What was done to the chunks."""
    path: Path
    """The file, for messages."""
    out: NDArray[Any]
    """Where the rows go: (rows, \\*frame shape), of the dataset's dtype."""
    start: int
    """Number of the first row."""
    spare: list[Bytes] = field(default_factory=list[Bytes])
    """Room for chunks as they stand in the file, to be used again: fresh memory costs as much as decoding."""

    def read(self) -> None:
        """Fill ``out``.

        Each thread has one chunk in memory at a time, as it stands in the file and decoded.

        Raises
        ------
        OSError
            When a chunk is damaged, cut off or was never written; it names file and frame.
        """
        stop = self.start + len(self.out)
        first = self.start - self.start % self.shape[0]
        tiles = prod(-(-size // chunk) for size, chunk in zip(self.extent[1:], self.shape[1:], strict=True))
        count = -(-(stop - first) // self.shape[0]) * tiles
        share(self._place, self._stored(first, stop), count=count, nbytes=self.out.nbytes)

    def _stored(self, first: int, stop: int) -> Generator[tuple[Corner, int, Bytes | None]]:
        """Corner, mask of filters that were left out, and bytes of each chunk; None of one that HDF5 does not give."""
        for corner in corners(self.dataset, first, stop):
            try:
                mask, data = self._read_direct(corner)
            except (OSError, RuntimeError, MemoryError):  # the last: HDF5 2.0 makes up a size for a missing chunk
                yield corner, 0, None
            else:
                yield corner, mask, data

    def _read_direct(self, corner: Corner) -> tuple[int, Bytes]:
        room = self.spare.pop() if self.spare else np.empty(prod(self.shape) * self.out.itemsize + MORE_BYTES, np.uint8)
        try:
            mask, data = self.dataset.id.read_direct_chunk(corner, out=room)
        except ValueError:  # it is larger
            mask, data = self.dataset.id.read_direct_chunk(corner)
            return mask, np.frombuffer(data, np.uint8)
        return mask, room[: len(data)]

    def _place(self, stored: tuple[Corner, int, Bytes | None]) -> None:
        corner, mask, data = stored
        target, inside = self._target(corner)
        if data is None and self.dataset.file.swmr_mode:
            msg = f"{self._named(corner)} is not in it, or cannot be read"
            raise OSError(msg)
        if data is None or self._may_be_plain(corner, data):
            self._place_by_hdf5(corner, target)
            if data is None:
                check_chunks(self.dataset, self.path, [corner], self.start)
            return
        is_whole = target.shape == self.shape and target.flags.c_contiguous
        chunk = target if is_whole else np.empty(self.shape, target.dtype)
        try:
            self.filters.decode(data, mask, chunk.reshape(-1).view(np.uint8))
        except Exception as error:
            msg = f"{self._named(corner)} is damaged: {error}; copy it from where it was written"
            raise OSError(msg) from error
        if not is_whole:
            target[...] = chunk[inside]
        self._use_again(data)

    def _use_again(self, data: Bytes) -> None:
        if isinstance(data.base, np.ndarray):
            self.spare.append(data.base)

    def _target(self, corner: Corner) -> tuple[NDArray[Any], tuple[slice, ...]]:
        """The part of ``out`` that a chunk fills, and which part of the chunk that is."""
        starts = (self.start, *(0 for _ in corner[1:]))
        stops = (self.start + len(self.out), *self.extent[1:])
        spans = [
            (max(place, low), min(place + size, high))
            for place, size, low, high in zip(corner, self.shape, starts, stops, strict=True)
        ]
        target = self.out[tuple(slice(a - low, b - low) for (a, b), low in zip(spans, starts, strict=True))]
        return target, tuple(slice(a - place, b - place) for (a, b), place in zip(spans, corner, strict=True))

    def _may_be_plain(self, corner: Corner, data: Bytes) -> bool:
        """Whether it is a chunk at an edge that the filters may have been left out of: its mask does not say so.

        https://support.hdfgroup.org/documentation/hdf5/latest/group___d_c_p_l.html, H5Pset_chunk_opts.
        """
        is_at_edge = any(place + size > end for place, size, end in zip(corner, self.shape, self.extent, strict=True))
        return is_at_edge and len(data) == prod(self.shape) * self.out.itemsize

    def _place_by_hdf5(self, corner: Corner, target: NDArray[Any]) -> None:
        """Give what HDF5 itself makes of a chunk: the fill value that its writer chose, where it was never written."""
        ensure_filters(self.dataset, self.path)
        row = max(corner[0], self.start)
        region = (slice(place, place + size) for place, size in zip(corner[1:], target.shape[1:], strict=True))
        try:
            target[...] = self.dataset[(slice(row, row + len(target)), *region)]
        except (OSError, RuntimeError) as error:
            msg = f"{self._named(corner)} cannot be read: {error}"
            raise OSError(msg) from error

    def _named(self, corner: Corner) -> str:
        return f"{self.path}: frame {max(corner[0], self.start)} of {self.dataset.name}"
