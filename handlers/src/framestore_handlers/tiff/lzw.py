"""LZW, by libtiff, which Pillow brings along: imagecodecs' decoder ends the process where the data is damaged."""

import struct
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from .layout import Compression, Tag, Type

_HEAD = 8
_MOST = 2**26
"""Bytes of an image that Pillow opens without a word about its size."""


def lzw_decoded(data: NDArray[np.uint8], nbytes: int) -> NDArray[np.uint8]:
    """The ``nbytes`` bytes that were compressed to ``data``, (bytes,).

    Raises
    ------
    OSError, ValueError
        When the data is damaged, or of another length.
    ModuleNotFoundError
        When they are so many that imagecodecs is needed, and it is not installed.
    """
    if nbytes > _MOST:
        import imagecodecs  # noqa: PLC0415 - optional, and slow to import

        return np.frombuffer(imagecodecs.lzw_decode(data.tobytes(), out=nbytes), np.uint8)
    from PIL import Image  # noqa: PLC0415 - who reads other files does not need it

    with Image.open(BytesIO(_as_grey_row(data, nbytes)), formats=["TIFF"]) as image:
        return np.array(image).reshape(-1)


def _as_grey_row(data: NDArray[np.uint8], nbytes: int) -> bytes:
    """The data as a TIFF file of one row of 8 bit."""
    tags = {
        Tag.WIDTH: nbytes,
        Tag.HEIGHT: 1,
        Tag.BITS: 8,
        Tag.COMPRESSION: Compression.LZW,
        Tag.PHOTOMETRIC: 1,
        Tag.OFFSETS: _HEAD,
        Tag.SAMPLES: 1,
        Tag.ROWS_PER_STRIP: 1,
        Tag.BYTE_COUNTS: data.nbytes,
    }
    entries = b"".join(struct.pack("<HHII", tag, Type.LONG, 1, value) for tag, value in tags.items())
    padding = bytes(data.nbytes % 2)
    head = struct.pack("<2sHI", b"II", 42, _HEAD + data.nbytes + len(padding))
    return b"".join((head, data.tobytes(), padding, struct.pack("<H", len(tags)), entries, bytes(4)))
