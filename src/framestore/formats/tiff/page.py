"""What stands in a file beside the pixels of a page: its directory (IFD), and the values that this points to."""

import datetime as dt
import struct
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from framestore_handlers.tiff.layout import EPICS_EPOCH, Compression, Sample, Tag, Type

from framestore.formats.format import Contents
from framestore.frame import FrameInfo

_ALIGNED = 16
"""Directories begin at multiples of it, bytes; pages of one length end there, too."""
_SAMPLES = {"u": Sample.UNSIGNED, "i": Sample.SIGNED, "f": Sample.FLOAT}
_CENTIMETRE = 3
_NO_UNIT = 1
_MOST = 2**32 - 1
"""Largest number of 32 bits."""
_NUMBERS = 3 * 26
"""Characters that the numbers of a frame take at most in its description."""


class Entry(NamedTuple):
    """A tag, and its values as bytes."""

    tag: int
    kind: Type
    length: int
    value: bytes


class Directory(NamedTuple):
    """What stands behind the pixels of a page."""

    content: bytes
    """All of it, padding before it included, which brings it to its place."""
    offset: int
    """Where the directory begins in the file."""
    link: int
    """Where the offset of the next page stands in the file; right before it, the value of the highest tag."""


class PageWriter:
    """Makes the directories of pages of one kind.

    The description stands last, and its last character is never 0: where zeros stand in for the end of a file, or
    some of it is missing, that shows.

    Parameters
    ----------
    contents
        The kind of frame.
    compression
        How pixels are stored.
    big
        Whether the file is a BigTIFF.
    even
        Whether all directories are to be of one length: spaces behind the description see to it.
    """

    def __init__(self, contents: Contents, compression: Compression, *, big: bool, even: bool = False) -> None:
        self._order = _order(contents.dtype)
        self._big = big
        self._camera = contents.camera.encode().replace(b"\n", b" ").replace(b"\0", b" ")
        self._static = self._of_all(contents, compression)
        self._length = self._most() if even else 0

    @property
    def head_bytes(self) -> int:
        """Length of the head of a file."""
        return 16 if self._big else 8

    def head(self, first: int) -> bytes:
        """The first bytes of a file whose first directory is at ``first``."""
        mark = b"MM" if self._order == ">" else b"II"
        if self._big:
            return mark + struct.pack(f"{self._order}HHHQ", 43, 8, 0, first)
        return mark + struct.pack(f"{self._order}HI", 42, first)

    def number(self, value: int) -> bytes:
        """An offset, as it stands in a BigTIFF."""
        return struct.pack(f"{self._order}Q", value)

    def page_bytes(self, nbytes: int) -> int:
        """Length of a page whose pixels take ``nbytes`` bytes and begin at a multiple of 16; even ones only."""
        return _aligned(nbytes) + self._length

    def directory(self, start: int, nbytes: int, info: FrameInfo, page_bytes: int | None = None) -> Directory:
        """The directory of a page, with no page behind it.

        Parameters
        ----------
        start
            Where the pixels begin in the file.
        nbytes
            How many bytes they take there.
        info
            What is known of the frame.
        page_bytes
            Bytes from a page to the next, where that is the same for all; else 0. None: the page is no part of a stack.
        """
        entries = self._entries(start, nbytes, info, page_bytes)
        text = self._text(info)
        room = self._length - self._taken(entries) - 1
        if self._length and len(text) > room:
            msg = f"frame_id {info.frame_id} is too large for a stack of TIFF pages"
            raise OverflowError(msg)
        text = text.ljust(room) + b"\0"
        entries.append(Entry(Tag.DESCRIPTION, Type.ASCII, len(text), text))
        offset = _aligned(start + nbytes)
        content = self._packed(sorted(entries), offset)
        padding = bytes(offset - start - nbytes)
        return Directory(padding + content, offset, offset + self._count_bytes + len(entries) * self._entry_bytes)

    def _entries(self, start: int, nbytes: int, info: FrameInfo, page_bytes: int | None) -> list[Entry]:
        """All but the description.

        With that they are even in number, so that a BigTIFF's links, which are written over while others read them,
        begin at multiples of 8.
        """
        entries = [*self._static, *self._of_frame(info), *self._of_place(start, nbytes, page_bytes)]
        return entries if len(entries) % 2 else [*entries, self._longs(Tag.SUBFILE_TYPE, 0)]

    @property
    def _count_bytes(self) -> int:
        return 8 if self._big else 2

    @property
    def _entry_bytes(self) -> int:
        return 20 if self._big else 12

    @property
    def _inline(self) -> int:
        """Bytes of values that stand in the directory itself."""
        return 8 if self._big else 4

    def _taken(self, entries: list[Entry]) -> int:
        """Bytes of a directory, but for those of the description's text."""
        outside = sum(_even(len(entry.value)) for entry in entries if len(entry.value) > self._inline)
        return self._count_bytes + (len(entries) + 1) * self._entry_bytes + self._inline + outside

    def _most(self) -> int:
        """Length of the longest directory of a stack."""
        info = FrameInfo(frame_id=0, timestamp=float(EPICS_EPOCH), exposure_time=1.0)
        entries = self._entries(0, 0, info, 0)
        return _aligned(self._taken(entries) + len(self._text(info)) + _NUMBERS)

    def _packed(self, entries: list[Entry], offset: int) -> bytes:
        """A directory that begins at ``offset``, and the values that do not stand in it, the description's last."""
        behind = bytearray()
        outside = offset + self._count_bytes + len(entries) * self._entry_bytes + self._inline
        fields: dict[int, bytes] = {}
        for entry in sorted(entries, key=lambda entry: entry.tag == Tag.DESCRIPTION):
            if len(entry.value) <= self._inline:
                fields[entry.tag] = entry.value.ljust(self._inline, b"\0")
            else:
                fields[entry.tag] = self._offset(outside + len(behind))
                behind += entry.value.ljust(0 if entry.tag == Tag.DESCRIPTION else _even(len(entry.value)), b"\0")
        layout = f"{self._order}HH{'Q' if self._big else 'I'}"
        parts = [struct.pack(layout, entry.tag, entry.kind, entry.length) + fields[entry.tag] for entry in entries]
        count = struct.pack(self._order + ("Q" if self._big else "H"), len(entries))
        return b"".join((count, *parts, bytes(self._inline), behind))

    def _of_all(self, contents: Contents, compression: Compression) -> list[Entry]:
        height, width = contents.shape[:2]
        samples = 3 if len(contents.shape) == 3 else 1
        vertical, horizontal = (0.01 / size for size in contents.pixel_size) if contents.pixel_size else (1.0, 1.0)
        return [
            self._longs(Tag.WIDTH, width),
            self._longs(Tag.HEIGHT, height),
            self._shorts(Tag.BITS, *[contents.dtype.itemsize * 8] * samples),
            self._shorts(Tag.COMPRESSION, compression),
            self._shorts(Tag.PHOTOMETRIC, 2 if samples == 3 else 1),
            self._shorts(Tag.SAMPLES, samples),
            self._longs(Tag.ROWS_PER_STRIP, height),
            self._ratio(Tag.X_RESOLUTION, horizontal),
            self._ratio(Tag.Y_RESOLUTION, vertical),
            self._shorts(Tag.PLANAR, 1),
            self._shorts(Tag.RESOLUTION_UNIT, _CENTIMETRE if contents.pixel_size else _NO_UNIT),
            _ascii(Tag.SOFTWARE, b"framestore"),
            self._shorts(Tag.SAMPLE_FORMAT, *[_SAMPLES[contents.dtype.kind]] * samples),
        ]

    def _of_place(self, start: int, nbytes: int, page_bytes: int | None) -> list[Entry]:
        pack = self._longs8 if self._big else self._longs
        stack = [] if page_bytes is None else [self._longs8(Tag.PAGE_BYTES, page_bytes)]
        return [pack(Tag.OFFSETS, start), pack(Tag.BYTE_COUNTS, nbytes), *stack]

    def _of_frame(self, info: FrameInfo) -> list[Entry]:
        """What the tags can hold of it; the description holds all."""
        entries: list[Entry] = []
        if 0 <= info.frame_id <= _MOST:
            entries.append(self._longs(Tag.FRAME_ID, info.frame_id))
        if 0 < info.exposure_time <= _MOST:
            entries.append(self._ratio(Tag.EXPOSURE_TIME, info.exposure_time))
        if not EPICS_EPOCH <= info.timestamp < EPICS_EPOCH + _MOST:
            return entries
        nanoseconds = round(Fraction(info.timestamp - EPICS_EPOCH) * 10**9)
        return [
            *entries,
            _ascii(Tag.DATE_TIME, dt.datetime.fromtimestamp(info.timestamp).strftime("%Y:%m:%d %H:%M:%S").encode()),  # noqa: DTZ006 - TIFF knows no zones
            Entry(Tag.TIMESTAMP, Type.DOUBLE, 1, struct.pack(f"{self._order}d", info.timestamp - EPICS_EPOCH)),
            self._longs(Tag.SECONDS, nanoseconds // 10**9),
            self._longs(Tag.NANOSECONDS, nanoseconds % 10**9),
        ]

    def _text(self, info: FrameInfo) -> bytes:
        exposure = f"exposure_time={float(info.exposure_time)!r}\n" if info.exposure_time > 0 else ""
        text = f"frame_id={int(info.frame_id)}\ntimestamp={float(info.timestamp)!r}\n{exposure}camera="
        return text.encode() + self._camera

    def _shorts(self, tag: Tag, *values: int) -> Entry:
        return Entry(tag, Type.SHORT, len(values), struct.pack(f"{self._order}{len(values)}H", *values))

    def _longs(self, tag: Tag, *values: int) -> Entry:
        return Entry(tag, Type.LONG, len(values), struct.pack(f"{self._order}{len(values)}I", *values))

    def _longs8(self, tag: Tag, *values: int) -> Entry:
        return Entry(tag, Type.LONG8, len(values), struct.pack(f"{self._order}{len(values)}Q", *values))

    def _ratio(self, tag: Tag, value: float) -> Entry:
        top, bottom = _ratio(value)
        return Entry(tag, Type.RATIONAL, 1, struct.pack(f"{self._order}II", top, bottom))

    def _offset(self, offset: int) -> bytes:
        return struct.pack(self._order + ("Q" if self._big else "I"), offset)


def _ascii(tag: Tag, text: bytes) -> Entry:
    return Entry(tag, Type.ASCII, len(text) + 1, text + b"\0")


def _order(dtype: np.dtype[Any]) -> str:
    """Byte order of a file that holds such numbers as they are."""
    return ">" if dtype.str[0] == ">" else "<"


def _ratio(value: float) -> tuple[int, int]:
    """The quotient of two numbers of 32 bits that is nearest to a positive number."""
    bottom = max(int(_MOST / max(value, 1.0)), 1)
    top, bottom = Fraction(value).limit_denominator(bottom).as_integer_ratio()
    return min(top, _MOST), bottom


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGNED) * _ALIGNED


def _even(nbytes: int) -> int:
    return nbytes + nbytes % 2
