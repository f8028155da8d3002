"""A frame as the content of a PNG file.

https://www.w3.org/TR/png-3/. Made here, and not by a library: libpng and Pillow try five filters on each row, which
takes most of their time and wins nothing where there is noise; and Pillow has no colour of 16 bit.
"""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from framestore_handlers.checksum import frame_checksum
from framestore_handlers.png.chunks import BEGIN, CHECKSUM, COLOUR, GREY, HEADER, SIGNATURE
from framestore_handlers.png.layout import ORDER
from framestore_handlers.threads import usable_cpus
from framestore_handlers.told import told
from numpy.typing import NDArray

from framestore.frame import FrameInfo

from .deflate import Deflate, room

_UP = 2
"""Filter of all rows: what is stored is the difference from the row above."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PNGEncoder:
    """Makes PNG of frames, (height, width) or (height, width, 3)."""

    shape: tuple[int, ...]
    """Of a frame."""
    bits: int
    """Of a channel: 1 (bool), 8 (uint8) or 16 (uint16)."""
    deflate: Deflate
    """Compresses."""
    checksum: bool = False
    """Whether to tell the checksum of each frame."""

    @property
    def threads(self) -> int:
        """As many as may run."""
        return usable_cpus()

    @property
    def scratch_bytes(self) -> int:
        """For the filtered rows; and for those before, in whose place their compressed stream comes."""
        return self._filtered_bytes + room(self._filtered_bytes)

    def encode(self, array: NDArray[Any], info: FrameInfo, scratch: NDArray[np.uint8]) -> list[Any]:
        """Encode a frame; what else is known of it stands in texts of their own, such as ``frame_id``."""
        words = told(info.frame_id, info.timestamp, info.exposure_time, self._checksum(array))
        filtered, rest = scratch[: self._filtered_bytes], scratch[self._filtered_bytes : self.scratch_bytes]
        rows = filtered.reshape(self.shape[0], -1)
        rows[:, 0] = _UP
        pixels = self._pixels(array, rest)
        rows[0, 1:] = pixels[0]
        np.subtract(pixels[1:], pixels[:-1], out=rows[1:, 1:])
        return self._file(words, self.deflate(filtered, rest))

    def _checksum(self, array: NDArray[Any]) -> int | None:
        """That of a frame, where it is wanted: of the pixels as readers on other computers have them, too."""
        return frame_checksum(array, ORDER) if self.checksum else None

    @property
    def _filtered_bytes(self) -> int:
        """Of a frame: each row has a byte before it, which tells its filter."""
        return self.shape[0] * (1 + math.ceil(math.prod(self.shape[1:]) * self.bits / 8))

    def _pixels(self, array: NDArray[Any], room: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The bytes of each row as PNG has them: the higher one of two comes first, the left one of eight bits."""
        if self.bits == 1:
            return np.packbits(array, axis=1)
        if self.bits == 8:
            return array.reshape(self.shape[0], -1)
        swapped = room[: array.nbytes].view(">u2").reshape(array.shape)
        np.copyto(swapped, array)
        return room[: array.nbytes].reshape(self.shape[0], -1)

    def _file(self, words: Mapping[str, str], stream: Any) -> list[Any]:
        """The parts of the file, in order."""
        colour = COLOUR if len(self.shape) == 3 else GREY
        header = HEADER.pack(self.shape[1], self.shape[0], self.bits, colour, 0, 0, 0)
        head = [SIGNATURE, _chunk(b"IHDR", header)]
        head += [_chunk(b"tEXt", f"{name}\0{text}".encode()) for name, text in words.items()]
        head.append(BEGIN.pack(len(stream), b"IDAT"))
        tail = CHECKSUM.pack(zlib.crc32(stream, zlib.crc32(b"IDAT")))
        return [b"".join(head), stream, tail + _chunk(b"IEND", b"")]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return BEGIN.pack(len(data), kind) + data + CHECKSUM.pack(zlib.crc32(kind + data))
