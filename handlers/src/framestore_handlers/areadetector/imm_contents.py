"""Where the frames of an IMM file are: found by their headers, without reading pixels.

The format has no other description than its readers, such as
https://github.com/AdvancedPhotonSource/xpcs-eigen/blob/master/python/io/imm_file.py: a header of 1024 bytes before each
frame, of little-endian numbers.
"""

import math
import os
import struct
from array import array
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from framestore_handlers.held import cut_off
from framestore_handlers.place import Place
from framestore_handlers.settled import settled_version

_HEADER = 1024
"""Bytes of the header of a frame."""
_COMPRESSION, _SIZE, _PIXELS = ("<i", 4), ("<3i", 108), ("<i", 152)
"""Fields, where they begin: (rows, columns, bytes of a number) in the second."""
_SPARSE = 6
"""Value of the compression of frames that have only the pixels which are not 0."""
_MOST_PIXELS = 2**28
"""More than any detector has: a frame of few numbers may say any size."""
_DTYPES = {1: "|u1", 2: "<u2", 4: "<u4"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Where a frame is."""

    offset: int
    """Where its numbers begin in the file, bytes."""
    pixels: int
    """How many numbers."""
    sparse: bool
    """Whether they are only those that are not 0: then the places of all come first, uint32."""
    shape: tuple[int, int]
    """(height, width)"""
    dtype: "np.dtype[Any]"
    """Of the numbers, as they stand in the file."""

    @property
    def end(self) -> int:
        """Where the next frame's header begins, bytes."""
        return self.offset + self.pixels * (self.dtype.itemsize + 4 * self.sparse)


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """The frames of a file."""

    path: Path
    """The file."""
    offsets: "array[int]"
    """Where their headers begin."""

    def __len__(self) -> int:
        """How many frames there are."""
        return len(self.offsets)

    def entry(self, file: BinaryIO, number: int) -> Entry:
        """That of a frame, by its header in the open file."""
        return _entry(file, self.path, self.offsets[number])

    @classmethod
    def read(cls, place: Place) -> "Contents":
        """Those of a file; of one that has not changed for a while, they are kept.

        Raises
        ------
        MissingFileError
            When the file is gone.
        UntrustedPathError
            When it is outside of what may be opened.
        OSError
            When it is cut off, or is not IMM.
        """
        opened = place.checked()
        try:
            status = opened.stat()
        except FileNotFoundError:
            raise place.missing() from None
        version = settled_version(status)
        walk = _settled_offsets if version else _settled_offsets.__wrapped__
        return cls(path=place.path, offsets=walk(opened, place.path, version))


@lru_cache(maxsize=16)
def _settled_offsets(opened: Path, path: Path, version: tuple[int, ...] | None) -> "array[int]":
    del version  # of which file, in which state, this is the answer
    offsets: array[int] = array("Q")
    with opened.open("rb", buffering=0) as file:
        size, offset = os.fstat(file.fileno()).st_size, 0
        while offset < size or not offsets:
            entry = _entry(file, path, offset)
            if entry.end > size:
                raise cut_off(path, entry.end, size)
            offsets.append(offset)
            offset = entry.end
    return offsets


def _entry(file: BinaryIO, path: Path, offset: int) -> Entry:
    """What the header at ``offset`` says."""
    file.seek(offset)
    head = file.read(_HEADER)
    if len(head) < _HEADER:
        raise cut_off(path, offset + _HEADER, offset + len(head))
    (compression,), (height, width, nbytes), (pixels,) = (
        struct.unpack_from(code, head, at) for code, at in (_COMPRESSION, _SIZE, _PIXELS)
    )
    sparse, shape = compression == _SPARSE, (height, width)
    size = math.prod(shape)
    if min(shape) < 1 or size > _MOST_PIXELS or nbytes not in _DTYPES or not _is_number(pixels, size, sparse=sparse):
        msg = (
            f"{path} is not IMM, or damaged: the header at byte {offset} says {pixels} numbers of {nbytes} bytes, in "
            f"frames of {shape}"
        )
        raise OSError(msg)
    return Entry(offset=offset + _HEADER, pixels=pixels, sparse=sparse, shape=shape, dtype=np.dtype(_DTYPES[nbytes]))


def _is_number(pixels: int, size: int, *, sparse: bool) -> bool:
    """Whether a frame of that ``size`` can have so many numbers."""
    return 0 <= pixels <= size if sparse else pixels == size
