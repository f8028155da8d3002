"""Pages of a TIFF or BigTIFF file: what their directories say."""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .compression import KNOWN
from .layout import Sample, Tag, Type

Read = Callable[[int, int], bytes]
"""(offset, bytes) -> bytes of the file, as many or fewer."""

_CODES = {Type.ASCII: "s", Type.SHORT: "H", Type.LONG: "I", Type.LONG8: "Q"}
_KINDS = {Sample.UNSIGNED: "u", Sample.SIGNED: "i", Sample.FLOAT: "f"}
_MOST_TAGS = 4096
"""More than any writer makes: a number that is larger is none."""
_MOST_VALUES = 16
"""More than a page of one strip has in a tag that is looked at."""
_BITS = {"u": (8, 16, 32, 64), "i": (8, 16, 32, 64), "f": (16, 32, 64)}


class CutOffError(Exception):
    """Bytes that a page needs are not in the file, or are none that can be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """The first bytes of a file.

    https://www.awaresystems.be/imaging/tiff/bigtiff.html
    """

    order: str
    """Byte order of the file, as ``struct`` and numpy write it: ``"<"`` or ``">"``."""
    big: bool
    """Whether it is a BigTIFF."""
    first: int
    """Where the directory of the first page is; 0: there is no page."""

    @property
    def link(self) -> int:
        """Where ``first`` stands in the file."""
        return 8 if self.big else 4

    @property
    def nbytes(self) -> int:
        """Length."""
        return 16 if self.big else 8

    @classmethod
    def of(cls, read: Read) -> "Head | None":
        """That of a file; None where it is no TIFF."""
        head = read(0, 16)
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        if order is None or len(head) < 8:
            return None
        (magic,) = struct.unpack_from(f"{order}H", head, 2)
        if magic == 42:
            return cls(order=order, big=False, first=struct.unpack_from(f"{order}I", head, 4)[0])
        if magic != 43 or len(head) < 16 or struct.unpack_from(f"{order}HH", head, 4) != (8, 0):
            return None
        return cls(order=order, big=True, first=struct.unpack_from(f"{order}Q", head, 8)[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Strip:
    """The pixels of a page that stand together."""

    offset: int
    """Where they begin in the file."""
    nbytes: int
    """How many bytes they are there."""
    compression: int
    """How they are stored; see `Compression`."""
    shape: tuple[int, ...]
    """(height, width), or (height, width, 3)"""
    dtype: np.dtype[Any]
    """As it stands in the file, byte order included."""

    @property
    def frame_bytes(self) -> int:
        """Bytes of the pixels in memory."""
        return math.prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """The directory of a page (IFD)."""

    head: Head
    """That of the file."""
    read: Read
    """Reads the file."""
    entries: dict[int, tuple[int, int, int]]
    """By tag: type, count, and where the values stand."""
    link: int
    """Where the offset of the next page stands in the file."""
    next: int
    """Offset of the next page; 0: there is none."""

    @classmethod
    def at(cls, offset: int, head: Head, read: Read) -> "Page":
        """The page whose directory begins at ``offset``.

        Raises
        ------
        CutOffError
            When there is none, or it is not whole.
        """
        size, code, entry = (8, "Q", 20) if head.big else (2, "H", 12)
        (count,) = struct.unpack(head.order + code, exactly(read, offset, size))
        if not 1 <= count <= _MOST_TAGS:
            raise CutOffError
        behind = 8 if head.big else 4
        block = exactly(read, offset + size, count * entry + behind)
        entries: dict[int, tuple[int, int, int]] = {}
        for number in range(count):
            tag, kind, values = struct.unpack_from(f"{head.order}HH{'Q' if head.big else 'I'}", block, number * entry)
            if tag == 0:  # a file system's zeros instead of what was written
                raise CutOffError
            entries[tag] = kind, values, _place(head, block, number * entry, offset + size, (kind, values))
        (following,) = struct.unpack_from(head.order + ("Q" if head.big else "I"), block, count * entry)
        return cls(head=head, read=read, entries=entries, link=offset + size + count * entry, next=following)

    def values(self, tag: int) -> tuple[int, ...] | None:
        """Values of a tag of whole numbers; None where there are none.

        Raises
        ------
        CutOffError
            When they are not in the file.
        """
        kind, count, place = self.entries.get(tag, (0, 0, 0))
        if kind not in _CODES or kind == Type.ASCII or not 0 < count <= _MOST_VALUES:
            return None
        layout = f"{self.head.order}{count}{_CODES[Type(kind)]}"
        return struct.unpack(layout, exactly(self.read, place, struct.calcsize(layout)))

    def value(self, tag: int, default: int) -> int:
        """The only, or first, value of a tag of whole numbers."""
        values = self.values(tag)
        return values[0] if values else default

    def strip(self) -> Strip | None:
        """Where the pixels are; None where they are stored in a way that only tifffile knows.

        Raises
        ------
        CutOffError
            When values of the directory are not in the file.
        """
        offsets, counts = self.values(Tag.OFFSETS), self.values(Tag.BYTE_COUNTS)
        shape, dtype = self._shape(), self._dtype()
        compression = self.value(Tag.COMPRESSION, 1)
        odd = self.value(Tag.PREDICTOR, 1) != 1 or self.value(Tag.FILL_ORDER, 1) != 1
        if odd or compression not in KNOWN or shape is None or dtype is None or not offsets or not counts:
            return None
        if len(offsets) != 1 or len(counts) != 1 or Tag.TILE_WIDTH in self.entries:
            return None
        return Strip(offset=offsets[0], nbytes=counts[0], compression=compression, shape=shape, dtype=dtype)

    def check_text(self) -> None:
        """Check the description, which stands last in what we write: zeros may stand in for the end of a file.

        Raises
        ------
        CutOffError
            When its last character is missing.
        """
        kind, count, place = self.entries.get(Tag.DESCRIPTION, (0, 0, 0))
        if kind == Type.ASCII and count > 8 and exactly(self.read, place + count - 2, 2)[0] == 0:
            raise CutOffError

    def _shape(self) -> tuple[int, ...] | None:
        height, width = self.value(Tag.HEIGHT, 0), self.value(Tag.WIDTH, 0)
        samples, planar = self.value(Tag.SAMPLES, 1), self.value(Tag.PLANAR, 1)
        if min(height, width) < 1 or samples not in (1, 3) or Tag.EXTRA_SAMPLES in self.entries:
            return None
        if samples == 3:
            return (height, width, 3) if planar == 1 and self.value(Tag.PHOTOMETRIC, 0) == 2 else None
        return (height, width) if self.value(Tag.PHOTOMETRIC, 0) == 1 else None

    def _dtype(self) -> np.dtype[Any] | None:
        bits = set(self.values(Tag.BITS) or (1,))
        formats = set(self.values(Tag.SAMPLE_FORMAT) or (Sample.UNSIGNED,))
        if len(bits) != 1 or len(formats) != 1 or (sample := formats.pop()) not in _KINDS:
            return None
        kind, number = _KINDS[Sample(sample)], bits.pop()
        return np.dtype(f"{self.head.order}{kind}{number // 8}") if number in _BITS[kind] else None


def exactly(read: Read, offset: int, nbytes: int) -> bytes:
    """Bytes of the file.

    Raises
    ------
    CutOffError
        When the file has fewer.
    """
    found = read(offset, nbytes)
    if len(found) != nbytes:
        raise CutOffError
    return found


def _place(head: Head, block: bytes, at: int, start: int, values: tuple[int, int]) -> int:
    """Where the values of the entry ``at`` a place in the ``block``, which begins at ``start``, stand in the file."""
    kind, count = values
    size = struct.calcsize(_CODES[Type(kind)]) if kind in _CODES else 0
    field, inline, code = (at + 12, 8, "Q") if head.big else (at + 8, 4, "I")
    return start + field if size * count <= inline else struct.unpack_from(head.order + code, block, field)[0]
