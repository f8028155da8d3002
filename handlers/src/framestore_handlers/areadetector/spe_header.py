"""What the header of an SPE file says of its frames.

Versions 2.x: WinView/32 Manual, appendix "Data Structure"; version 3.0, which LightField writes: "SPE 3.0 File Format
Specification", both by Princeton Instruments. All numbers are little-endian.
"""

import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree as ET

import numpy as np

from framestore_handlers.held import cut_off
from framestore_handlers.place import Place

_HEADER = 4100
"""Bytes of the header; the pixels of the first frame come behind it."""
_WIDTH, _DTYPE, _HEIGHT, _FRAMES = ("<H", 42), ("<h", 108), ("<H", 656), ("<i", 1446)
_TEXT, _VERSION = ("<Q", 678), ("<f", 1992)
"""Fields, where they begin."""
_DTYPES = {0: "<f4", 1: "<i4", 2: "<i2", 3: "<u2", 5: "<f8", 6: "|u1", 8: "<u4"}
_FORMATS = {
    "MonochromeUnsigned16": "<u2",
    "MonochromeUnsigned32": "<u4",
    "MonochromeFloating32": "<f4",
    "MonochromeFloating64": "<f8",
}
_MOST_TEXT = 64 * 2**20
"""More than the text of a file, in bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """Where the frames of a file are."""

    frames: int
    """How many."""
    shape: tuple[int, int]
    """(height, width)"""
    dtype: "np.dtype[np.generic]"
    """As it stands in the file."""
    stride: int
    """Bytes from a frame to the next."""

    def offset(self, number: int) -> int:
        """Where a frame begins in the file, bytes."""
        return _HEADER + number * self.stride

    @classmethod
    def read(cls, place: Place) -> "Header":
        """That of a file, which is seen to hold all of its frames.

        Raises
        ------
        MissingFileError
            When the file is gone.
        UntrustedPathError
            When it is outside of what may be opened.
        OSError
            When it is cut off, or what it says cannot be.
        """
        path = place.checked()
        try:
            with path.open("rb") as file:
                return cls._of(file, place.path)
        except FileNotFoundError:
            raise place.missing() from None

    @classmethod
    def _of(cls, file: BinaryIO, path: Path) -> "Header":
        head, size = file.read(_HEADER), os.fstat(file.fileno()).st_size
        if len(head) < _HEADER:
            raise cut_off(path, _HEADER, size)
        (version,), (end,) = (struct.unpack_from(*_field(field, head)) for field in (_VERSION, _TEXT))
        has_text = 3 <= version < 4 and end
        if has_text and end > size:
            raise cut_off(path, end, size)
        header = _with_text(file, path, end) if has_text else _plain(path, head)
        held = (end if has_text else size) - _HEADER
        needed = header.stride * header.frames
        if held < needed:
            raise cut_off(path, _HEADER + needed, size)
        if held > needed:
            said = f"{header.frames} frames of {header.shape} {header.dtype}"
            msg = f"{path} holds {held} bytes of pixels, but {said} are {needed}; is it one of several regions?"
            raise OSError(msg)
        return header


def _field(field: tuple[str, int], head: bytes) -> tuple[str, bytes, int]:
    code, offset = field
    return code, head, offset


def _plain(path: Path, head: bytes) -> Header:
    """That of versions 2.x; and of later ones, where no text says more."""
    width, height, frames, code = (
        struct.unpack_from(*_field(field, head))[0] for field in (_WIDTH, _HEIGHT, _FRAMES, _DTYPE)
    )
    return _header(path, frames, (height, width), (_DTYPES.get(code), str(code)))


def _with_text(file: BinaryIO, path: Path, start: int) -> Header:
    """That of version 3.0: the text at the end of the file says how frames are stored."""
    file.seek(start)
    text = file.read(_MOST_TEXT)
    if b"<!" in text or b"\0" in text:  # UTF-16 would hide it
        # LightField writes UTF-8 without entities, and those could be made to grow without end.
        msg = f"{path}: its text declares things, or is not UTF-8, as that of no SPE file is; it was not looked at"
        raise OSError(msg)
    try:
        (block,) = ET.fromstring(text).findall("{*}DataFormat/{*}DataBlock[@type='Frame']")  # noqa: S314 - see above
        (region,) = block.findall("{*}DataBlock[@type='Region']")
        count, stride = int(block.attrib["count"]), int(block.attrib["stride"])
        height, width = int(region.attrib["height"]), int(region.attrib["width"])
        pixels = block.attrib["pixelFormat"]
    except (ET.ParseError, LookupError, ValueError) as error:  # LookupError: also of an encoding that is none
        msg = f"{path}: its text does not say how frames of one region are stored: {type(error).__name__}: {error}"
        raise OSError(msg) from error
    return _header(path, count, (height, width), (_FORMATS.get(pixels), pixels), stride)


def _header(
    path: Path, frames: int, shape: tuple[int, int], kind: tuple[str | None, str], stride: int | None = None
) -> Header:
    """That of frames whose pixels are of a ``kind``: its dtype, where that is known, and what the file calls it."""
    dtype, called = kind
    if dtype is None:
        msg = f"{path} is not SPE, or its pixels are of a kind that is not known: {called}"
        raise OSError(msg)
    nbytes = math.prod(shape) * np.dtype(dtype).itemsize
    stride = nbytes if stride is None else stride
    if frames < 1 or nbytes < 1 or stride < nbytes:
        msg = f"{path} is not SPE, or was never finished: its header says {frames} frames of {shape} {dtype}"
        raise OSError(msg)
    return Header(frames=frames, shape=shape, dtype=np.dtype(dtype), stride=stride)
