"""The parts of a PNG file.

Length, kind, data and checksum, one behind another: https://www.w3.org/TR/png-3/#5DataRep.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

SIGNATURE = b"\x89PNG\r\n\x1a\n"
"""What every file begins with."""
GREY, COLOUR = 0, 2
"""Colour types of the header: one channel, and red, green, blue."""
BEGIN = struct.Struct(">I4s")
"""Length of the data of a chunk, and its kind."""
CHECKSUM = struct.Struct(">I")
"""CRC-32 of kind and data."""
HEADER = struct.Struct(">IIBBBBB")
"""Data of the first chunk: width, height, bits a channel, colour type, and three methods of which 0 is the usual."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """What a file says of its pixels."""

    shape: tuple[int, int]
    """(height, width)"""
    bits: int
    """Of a channel."""
    colour: int
    """Type of the colour, such as `GREY`."""


def examined(content: bytes, path: Path) -> Header:
    """The header of a file all of whose chunks are there, each as it was written. What is behind the last is ignored.

    Raises
    ------
    OSError
        When it is cut off, damaged, or not PNG; it names the file.
    """
    if not content.startswith(SIGNATURE):
        msg = f"{path} is not PNG, or cut off at its beginning"
        raise OSError(msg)
    kinds = [(b"", 0)]
    end = len(SIGNATURE)
    while kinds[-1][0] != b"IEND":
        kind, next_end = _chunk(content, end, path)
        kinds.append((kind, end))
        end = next_end
    if kinds[1][0] != b"IHDR" or kinds[2][1] != len(SIGNATURE) + BEGIN.size + HEADER.size + CHECKSUM.size:
        msg = f"{path} is not PNG: it has no header"
        raise OSError(msg)
    return header_of(content)


def header_of(content: bytes) -> Header:
    """The header of a file that begins with one."""
    width, height, bits, colour, *_ = HEADER.unpack_from(content, len(SIGNATURE) + BEGIN.size)
    return Header(shape=(height, width), bits=bits, colour=colour)


def _chunk(content: bytes, start: int, path: Path) -> tuple[bytes, int]:
    """Kind of the chunk that begins at a byte, and where the next one does."""
    first = start + BEGIN.size
    if first <= len(content):
        length, kind = BEGIN.unpack_from(content, start)
        end = first + length
        if end + CHECKSUM.size <= len(content):
            checksum = zlib.crc32(memoryview(content)[first - len(kind) : end])
            if checksum == CHECKSUM.unpack_from(content, end)[0]:
                return kind, end + CHECKSUM.size
    msg = (
        f"{path} is cut off or damaged: of its {len(content)} bytes, those from {start} on are not as they were "
        "written; copy it from where it was written"
    )
    raise OSError(msg)
