"""What stands in a file beside the pixels of a page: its directory (IFD), and the values that this points to."""

import time
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from framestore_handlers.tiff.layout import EPICS_EPOCH, Compression, Sample, Tag, Type
from framestore_handlers.told import assigned, told

from framestore.formats.format import Contents
from framestore.frame import FrameInfo

from .form import Entry, Form, Numbers

_ALIGNED = 16
"""Directories begin at multiples of it, bytes; pages of one length end there, too."""
_MEMORY = 4096
"""Bytes of a page of memory."""
_LARGE = 2**18
"""Bytes of pixels beside which such a page does not count."""
_SAMPLES = {"u": Sample.UNSIGNED, "i": Sample.SIGNED, "f": Sample.FLOAT}
_CENTIMETRE = 3
_NO_UNIT = 1
_MOST = 2**32 - 1
"""Largest number of 32 bits."""
_NUMBERS = 3 * 26
"""Characters that the numbers of a frame take at most in its description."""
_KINDS = {
    Tag.DATE_TIME: Type.ASCII,
    Tag.EXPOSURE_TIME: Type.RATIONAL,
    Tag.TIMESTAMP: Type.DOUBLE,
    Tag.PAGE_BYTES: Type.LONG8,
}
"""Of values that differ from page to page; the others are LONG, offsets in a BigTIFF LONG8."""


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
    checksums
        Whether descriptions bear checksums, for which such directories need room.
    """

    def __init__(
        self,
        contents: Contents,
        compression: Compression,
        *,
        big: bool,
        even: bool = False,
        checksums: bool = False,
    ) -> None:
        self.numbers = Numbers(order=">" if contents.dtype.str[0] == ">" else "<", big=big)
        self._camera = contents.camera.encode().replace(b"\n", b" ").replace(b"\0", b" ")
        self._static = self._of_all(contents, compression)
        self._forms: dict[tuple[int, ...], Form] = {}
        self._length = self._most(checksums=checksums) if even else 0

    def head(self, first: int) -> bytes:
        """The first bytes of a file whose first directory is at ``first``."""
        pack = self.numbers.pack
        mark = b"MM" if self.numbers.order == ">" else b"II"
        return mark + (pack("H", 43, 8, 0) if self.numbers.big else pack("H", 42)) + self.numbers.offset(first)

    def page_bytes(self, nbytes: int) -> int:
        """Length of a page of pixels, where all are of one length.

        That of a large page is a multiple of the computer's pages of memory: pixels then begin 16 bytes behind the
        beginning of one in the file, as they do in numpy's large arrays, which is the fastest to copy.
        """
        return (
            _aligned(nbytes, _ALIGNED) + self._length if nbytes < _LARGE else _aligned(nbytes + self._length, _MEMORY)
        )

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

        Raises
        ------
        OverflowError
            When the number of the frame has so many digits that directories would not be of one length.
        """
        values = self._values(start, nbytes, info, page_bytes)
        form, text = self._form(values), self._text(info)
        room = self._length - len(form.content) - 1
        if self._length and len(text) > room:
            msg = f"frame_id {info.frame_id} is too large for a stack of TIFF pages"
            raise OverflowError(msg)
        offset = start + page_bytes - self._length if page_bytes else _aligned(start + nbytes, _ALIGNED)
        content = form.filled(offset, values, text.ljust(room) + b"\0")
        return Directory(bytes(offset - start - nbytes) + content, offset, offset + form.link)

    def _form(self, values: dict[int, bytes]) -> Form:
        """That for such values.

        With the description, the entries are even in number, so that the links of a BigTIFF, which are written over
        while others read them, begin at multiples of 8.
        """
        form = self._forms.get(tags := tuple(values))
        if form is None:
            kind = Type.LONG8 if self.numbers.big else Type.LONG
            kinds = {**_KINDS, Tag.OFFSETS: kind, Tag.BYTE_COUNTS: kind}
            entries = [*self._static]
            for tag, value in values.items():
                length = len(value) if tag == Tag.DATE_TIME else 1
                entries.append(Entry(tag, kinds.get(Tag(tag), Type.LONG), length, value))
            if len(entries) % 2 == 0:
                entries.append(Entry(Tag.SUBFILE_TYPE, Type.LONG, 1, self.numbers.pack("I", 0)))
            form = self._forms[tags] = Form.of(self.numbers, entries)
        return form

    def _most(self, *, checksums: bool) -> int:
        """Length of the longest directory of a stack."""
        checksum = 0 if checksums else None
        info = FrameInfo(frame_id=0, timestamp=float(EPICS_EPOCH), exposure_time=1.0, checksum=checksum)
        form = self._form(self._values(0, 0, info, 0))
        return _aligned(len(form.content) + len(self._text(info)) + _NUMBERS, _ALIGNED)

    def _of_all(self, contents: Contents, compression: Compression) -> list[Entry]:
        """Tags whose values are the same in all pages."""
        height, width = contents.shape[:2]
        samples = 3 if len(contents.shape) == 3 else 1
        vertical, horizontal = (0.01 / size for size in contents.pixel_size) if contents.pixel_size else (1.0, 1.0)
        shorts = {
            Tag.BITS: [contents.dtype.itemsize * 8] * samples,
            Tag.COMPRESSION: [compression],
            Tag.PHOTOMETRIC: [2 if samples == 3 else 1],
            Tag.SAMPLES: [samples],
            Tag.PLANAR: [1],
            Tag.RESOLUTION_UNIT: [_CENTIMETRE if contents.pixel_size else _NO_UNIT],
            Tag.SAMPLE_FORMAT: [_SAMPLES[contents.dtype.kind]] * samples,
        }
        longs = {Tag.WIDTH: width, Tag.HEIGHT: height, Tag.ROWS_PER_STRIP: height}
        ratios = {Tag.X_RESOLUTION: horizontal, Tag.Y_RESOLUTION: vertical}
        pack = self.numbers.pack
        return [
            *(Entry(tag, Type.SHORT, len(values), pack("H", *values)) for tag, values in shorts.items()),
            *(Entry(tag, Type.LONG, 1, pack("I", value)) for tag, value in longs.items()),
            *(Entry(tag, Type.RATIONAL, 1, pack("I", *_ratio(value))) for tag, value in ratios.items()),
            Entry(Tag.SOFTWARE, Type.ASCII, 11, b"framestore\0"),
        ]

    def _values(self, start: int, nbytes: int, info: FrameInfo, page_bytes: int | None) -> dict[int, bytes]:
        """What differs from page to page. Of the frame, what tags can hold; the description holds all."""
        pack = self.numbers.pack
        values: dict[int, bytes] = {
            Tag.OFFSETS: self.numbers.offset(start),
            Tag.BYTE_COUNTS: self.numbers.offset(nbytes),
        }
        if page_bytes is not None:
            values[Tag.PAGE_BYTES] = pack("Q", page_bytes)
        if 0 <= info.frame_id <= _MOST:
            values[Tag.FRAME_ID] = pack("I", info.frame_id)
        if 0 < info.exposure_time <= _MOST:
            values[Tag.EXPOSURE_TIME] = pack("I", *_ratio(info.exposure_time))
        if EPICS_EPOCH <= info.timestamp < EPICS_EPOCH + _MOST:
            seconds = int(info.timestamp)
            nanoseconds = min(round((info.timestamp - seconds) * 1e9), 999_999_999)
            values[Tag.DATE_TIME] = _date_time(seconds)
            values[Tag.TIMESTAMP] = pack("d", info.timestamp - EPICS_EPOCH)
            values[Tag.SECONDS] = pack("I", seconds - EPICS_EPOCH)
            values[Tag.NANOSECONDS] = pack("I", nanoseconds)
        return values

    def _text(self, info: FrameInfo) -> bytes:
        exposure_time = info.exposure_time if info.exposure_time > 0 else 0.0
        words = assigned(told(int(info.frame_id), info.timestamp, exposure_time, info.checksum))
        return "\n".join([*words, "camera="]).encode() + self._camera


@lru_cache(maxsize=64)
def _date_time(seconds: int) -> bytes:
    """TIFF's notation, which knows no time zones: local time."""
    return time.strftime("%Y:%m:%d %H:%M:%S", time.localtime(seconds)).encode() + b"\0"


@lru_cache(maxsize=64)
def _ratio(value: float) -> tuple[int, int]:
    """The quotient of two numbers of 32 bits that is nearest to a positive number."""
    bottom = max(int(_MOST / max(value, 1.0)), 1)
    top, bottom = Fraction(value).limit_denominator(bottom).as_integer_ratio()
    return min(top, _MOST), bottom


def _aligned(offset: int, step: int) -> int:
    return -(-offset // step) * step
