"""A frame out of a PNG file."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.checksum import Compared, compared, frame_checksum
from framestore_handlers.held import Check, FrameType, unchecked
from framestore_handlers.images import decode, infos
from framestore_handlers.told import checksum_in, time_of

from .chunks import COLOUR, GREY, Header, examined
from .layout import ORDER

_DTYPES = {1: np.dtype(np.bool_), 8: np.dtype(np.uint8), 16: np.dtype(np.uint16)}
"""By bits of a channel."""
_READ = {(1, GREY), (8, GREY), (16, GREY), (8, COLOUR), (16, COLOUR)}
"""Bits of a channel, and type of the colour."""
_UPPER, _LOWER = "RGB;16B", "RGB;16L"
"""Pillow's names of ways to make 8 bit of 16: it takes the byte that stands first, or the one that stands second."""


def read_frame(path: Path, check: Check = unchecked) -> NDArray[Any]:
    """The frame of a file, (height, width) or (height, width, 3), of uint8 or uint16; (height, width) also of bool.

    Parameters
    ----------
    path
        The file.
    check
        Sees shape and dtype before pixels are decoded, to refuse them.

    Raises
    ------
    FileNotFoundError
        When the file is gone.
    OSError
        When it is cut off or damaged, is not PNG, or one that would not come back as it is: with a palette, with
        transparency, of 2 or 4 bit. It names the file.
    """
    content = path.read_bytes()
    header = examined(content, path)
    check_kind(header, path)
    check(type_of(header))
    if header.bits == 1:
        return decode(content, path, "PNG").view(np.uint8) != 0  # Pillow's True is a byte of 255, which ^ takes for 254
    if header.bits < 16:
        return decode(content, path, "PNG")
    if header.colour == GREY:
        return decode(content, path, "PNG").astype(np.uint16, copy=False)  # older Pillows make int32 of it
    frame = decode(content, path, "PNG", _UPPER).astype(np.uint16)  # Pillow has no colour of 16 bit
    frame <<= 8
    frame |= decode(content, path, "PNG", _LOWER)
    return frame


def compare(path: Path, pixels: NDArray[Any]) -> Compared:
    """What a file says of the checksum of its frame, and what was found of the pixels; see `SummedFrames`."""
    return compared(checksum_in(infos(path, "PNG")), lambda: frame_checksum(pixels, ORDER))


def check_kind(header: Header, path: Path) -> None:
    """Refuse files whose pixels would not come back as they are; OSError names file and kind."""
    if (header.bits, header.colour) not in _READ:
        msg = (
            f"{path} is PNG of {header.bits} bit a channel and colour type {header.colour}, expected grey of 1, 8 or "
            f"16 bit (type {GREY}) or colour of 8 or 16 bit (type {COLOUR}); have it saved without palette and alpha"
        )
        raise OSError(msg)


def type_of(header: Header) -> FrameType:
    """Shape and dtype of the frame of a file that has this header, and is of a kind that is read."""
    return (*header.shape, *((3,) if header.colour == COLOUR else ())), _DTYPES[header.bits]


def read_time(path: Path) -> float:
    """When the frame of a file was taken, POSIX seconds, by the text of that name; NaN where there is none.

    It raises what `read_frame` does of what comes before the pixels, but does not read these.
    """
    return time_of(infos(path, "PNG"))
