"""Whether a JPEG file is whole, by its markers: no pixel is decoded.

https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B.
"""

import os
import struct
from pathlib import Path

import numpy as np

from framestore_handlers.held import CutOffFileError, FrameType, cut_off

_BEGIN, _SCAN, _END = b"\xff\xd8", 0xDA, b"\xff\xd9"
"""Markers: of the image's begin (SOI), the begin of its pixels (SOS), and its end (EOI)."""
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of the segment that tells the size (SOF)."""
_SIZE = struct.Struct(">BHHB")
"""Of that: bits, height, width, channels."""
_LENGTH = struct.Struct(">H")
_ALONE = {0x01, *range(0xD0, 0xD8)}
"""Markers without a segment."""
_MOST_SEGMENTS = 2**16
"""More than any writer makes before the pixels."""
_TAIL = 2**16
"""Bytes that are read at once, from the end on, to find the last marker."""


def file_type(path: Path) -> FrameType:
    """Shape and dtype of the frame of a file, behind whose pixels stands the marker of the end.

    Raises
    ------
    FileNotFoundError
        When the file is gone.
    CutOffFileError
        When it is cut off.
    OSError
        When it is damaged, as far as that can be seen without decoding it, or not JPEG.
    """
    with path.open("rb", buffering=0) as file:
        number = file.fileno()
        size = os.fstat(number).st_size
        if os.pread(number, len(_BEGIN), 0) != _BEGIN:
            msg = f"{path} is not JPEG, or cut off at its beginning; copy it from where it was written"
            raise OSError(msg)
        shape, start = _segments(number, size, path)
        if not _has_end(number, start, size):
            msg = f"{path} is cut off: of its {size} bytes, none are the marker of its end; copy it from its origin"
            raise CutOffFileError(msg)
    return shape, np.dtype(np.uint8)


def _segments(file: int, size: int, path: Path) -> tuple[tuple[int, ...], int]:
    """Shape of the image, and where its pixels begin."""
    shape, at = None, len(_BEGIN)
    for _ in range(_MOST_SEGMENTS):
        head = os.pread(file, 4 + _SIZE.size, at)
        if len(head) < 4:
            raise cut_off(path, at + 4, size)
        if head[0] != 0xFF:
            break
        marker = head[1]
        if marker == 0xFF or marker in _ALONE:  # 0xFF: bytes that fill
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = _LENGTH.unpack_from(head, 2)
        if marker in _FRAMES and len(head) == 4 + _SIZE.size:
            _, height, width, channels = _SIZE.unpack_from(head, 4)
            shape = (height, width, channels) if channels > 1 else (height, width)
        at += 2 + length
        if at > size:
            raise cut_off(path, at, size)
        if marker == _SCAN and shape:
            return shape, at
    msg = f"{path} is damaged: at byte {at} stands no segment of a JPEG file; copy it from where it was written"
    raise OSError(msg)


def _has_end(file: int, start: int, size: int) -> bool:
    """Whether the marker of the end is behind the pixels, which hold no such bytes; others may follow it."""
    stop = size
    while stop > start:
        low = max(stop - _TAIL, start)
        if _END in os.pread(file, stop - low + 1, low):
            return True
        stop = low
    return False
