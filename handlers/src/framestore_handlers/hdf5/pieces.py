"""Rows that stand in a file as they do in memory, read past HDF5 by several threads: from disk straight to their place.

HDF5 only says where they are. Its own reads take turns, whatever thread asks for them.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from framestore_handlers.threads import share

from .undo import Bytes

_PIECE_BYTES = 8 * 2**20
"""Bytes that a thread reads at once."""
_WORTH_BYTES = 50_000
"""Bytes that are read past HDF5 in the time that they save and that it takes to list one chunk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Bytes that stand together."""

    offset: int
    """Where they begin in the file."""
    out: Bytes
    """Where they go."""
    row: int
    """Number of the first row that they are of."""


def read_pieces(dataset: h5py.Dataset, path: Path, out: NDArray[Any], start: int) -> bool:
    """Fill ``out`` with the rows from ``start`` on, and return True; or return False, for HDF5 to do it.

    That is where rows are not in one piece each, or not in the file.

    Raises
    ------
    OSError
        When the file ends before they do; it names the first row that is not whole.
    """
    file = dataset.file
    if not hasattr(os, "preadv") or not out.flags.c_contiguous or file.userblock_size:
        return False
    pieces = _in_chunks(dataset, dataset.chunks, out, start) if dataset.chunks else _in_one(dataset, out, start)
    if not pieces:
        return dataset.chunks == (1, *out.shape[1:]) and read_chunks(dataset.id, out, start)
    descriptor, name = file.id.get_vfd_handle(), dataset.name

    def read(piece: Piece) -> None:
        left = piece.out.data
        while left:
            try:
                count = os.preadv(descriptor, [left], piece.offset + len(piece.out) - len(left))
            except (OSError, OverflowError) as error:  # the latter: a damaged file tells of a place that none has
                msg = f"{path}: frame {piece.row} of {name} cannot be read: {error}"
                raise OSError(msg) from error
            if not count:
                msg = f"{path} is cut off: frame {piece.row} of {name} is not in it; copy it from its origin"
                raise OSError(msg)
            left = left[count:]

    share(read, pieces, count=len(pieces), nbytes=out.nbytes)
    return True


def read_chunks(dataset: h5py.h5d.DatasetID, out: NDArray[Any], start: int) -> bool:
    """Have HDF5 look for each of a few rows among many, a chunk each, as `read_pieces` does where they are not listed.

    It reads them without the copy that its cache would take.
    """
    try:
        for number in range(len(out)):
            row = out[number, ...]  # of rows that are a number each, out[number] would be a copy
            corner = (start + number, *(0 for _ in row.shape))
            _, found = dataset.read_direct_chunk(corner, out=row.reshape(-1).view(np.uint8))
            if len(found) != row.nbytes:
                return False
    except (OSError, RuntimeError, MemoryError, ValueError):  # it is not there, or not as it should be
        return False
    return True


def _in_one(dataset: h5py.Dataset, out: NDArray[Any], start: int) -> list[Piece]:
    """Pieces of a dataset that stands in one; none where it does not stand in this file, or was never written."""
    offset = dataset.id.get_offset()
    row_bytes = out.nbytes // max(len(out), 1)
    return [] if offset is None else _cut(offset + start * row_bytes, out, start)


def _in_chunks(dataset: h5py.Dataset, shape: tuple[int, ...], out: NDArray[Any], start: int) -> list[Piece]:
    """Pieces of chunks of whole rows; none where some are not in the file, or are not worth to be found."""
    stop = start + len(out)
    if shape[1:] != dataset.shape[1:] or -(-dataset.shape[0] // shape[0]) * _WORTH_BYTES > out.nbytes:
        return []
    row_bytes = out.nbytes // len(out)
    found = _listed(dataset, shape[0] * row_bytes)
    pieces: list[Piece] = []
    for chunk in range(start - start % shape[0], stop, shape[0]):
        if chunk not in found:
            return []
        first, last = max(chunk, start), min(chunk + shape[0], stop)
        pieces += _cut(found[chunk] + (first - chunk) * row_bytes, out[first - start : last - start], first)
    return pieces


def _listed(dataset: h5py.Dataset, size: int) -> dict[int, int]:
    """Where chunks of so many bytes begin in the file, by their first row."""
    found: dict[int, int] = {}

    def note(info: Any) -> None:
        if info.size == size:
            found[info.chunk_offset[0]] = info.byte_offset

    dataset.id.chunk_iter(note)
    return found


def _cut(offset: int, out: NDArray[Any], start: int) -> list[Piece]:
    """Rows from ``start`` on that stand together from ``offset`` on, cut for several threads."""
    content = out.reshape(-1).view(np.uint8)
    row_bytes = max(len(content) // max(len(out), 1), 1)
    return [
        Piece(offset=offset + begin, out=content[begin : begin + _PIECE_BYTES], row=start + begin // row_bytes)
        for begin in range(0, len(content), _PIECE_BYTES)
    ]
