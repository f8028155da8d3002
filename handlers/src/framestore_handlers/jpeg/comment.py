"""The comment of a JPEG file, and the file without it: what a checksum is of that stands in it."""

import struct
from collections.abc import Iterator
from typing import Any

from framestore_handlers.checksum import checksum_of
from framestore_handlers.told import checksum_in, words_of

_HEAD = struct.Struct(">HH")
"""Of a segment: its marker, and its length in bytes, which counts itself but not the marker."""
_MARKER = 2
"""Bytes of a marker."""
_APP0, _COMMENT, _SCAN = 0xFFE0, 0xFFFE, 0xFFDA
"""Segment of JFIF, which stands first; a comment; the last before the pixels (SOS)."""


def with_comment(content: bytes, comment: str) -> list[Any]:
    """A file with a comment behind the segment of JFIF, in parts that stand one behind another."""
    text, data = comment.encode(), memoryview(content)
    marker, length = _HEAD.unpack_from(content, _MARKER)
    place = _MARKER + (_MARKER + length if marker == _APP0 else 0)
    return [data[:place], _HEAD.pack(_COMMENT, _MARKER + len(text)) + text, data[place:]]


def said_checksum(content: bytes) -> str | None:
    """The checksum that the first comment tells; None where there is none."""
    start, end = _comment(content)
    text = content[start + _HEAD.size : end].decode("utf-8", "replace")
    return checksum_in(words_of(text.split(" ")))


def found_checksum(content: bytes) -> int:
    """That of all that stands before and behind the first comment."""
    start, end = _comment(content)
    data = memoryview(content)
    return checksum_of(data[:start], data[end:])


def _comment(content: bytes) -> tuple[int, int]:
    """Where the first comment begins, and where it ends; the end of the file where there is none."""
    for marker, start, end in _segments(content):
        if marker == _COMMENT:
            return start, end
    return len(content), len(content)


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, begin, end) of each segment before the pixels, as far as they follow each other."""
    place = _MARKER
    while place + _HEAD.size <= len(content):
        marker, length = _HEAD.unpack_from(content, place)
        if marker < 0xFF00 or marker == _SCAN or length < _MARKER:
            return
        yield marker, place, place + _MARKER + length
        place += _MARKER + length
