"""Pixels of a page out of the bytes in the file."""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .layout import Compression
from .lzw import lzw_decoded

DEFLATES = (Compression.DEFLATE, Compression.OLD_DEFLATE)
"""Both numbers mean the same."""
KNOWN = (Compression.NONE, Compression.LZW, Compression.ZSTD, *DEFLATES)
"""What `decompressed` takes."""


def decompressed(data: NDArray[np.uint8], compression: int, nbytes: int, name: str) -> NDArray[np.uint8]:
    """The ``nbytes`` bytes that were compressed to ``data``.

    Parameters
    ----------
    data
        What stands in the file: (bytes,).
    compression
        One of `KNOWN`.
    nbytes
        How many bytes there have to be.
    name
        File and frame, for messages.

    Raises
    ------
    OSError
        When they cannot be decompressed, or are of another number.
    ModuleNotFoundError
        When the library for that is not installed; it names the command that mends it.
    """
    if compression == Compression.NONE:
        pixels = data
    else:
        try:
            pixels = np.frombuffer(_decode(data, compression, nbytes, name), np.uint8)
        except (
            OSError,
            RuntimeError,
            ValueError,
            MemoryError,
            zlib.error,
        ) as error:  # imagecodecs' own errors are RuntimeErrors
            msg = f"{name} cannot be decompressed: {error}"
            raise OSError(msg) from error
    if pixels.nbytes != nbytes:
        msg = f"{name} is damaged: it holds {pixels.nbytes} bytes of pixels instead of {nbytes}"
        raise OSError(msg)
    return pixels


def _decode(data: NDArray[np.uint8], compression: int, nbytes: int, name: str) -> Any:
    try:
        if compression == Compression.LZW:
            return lzw_decoded(data, nbytes)
        import imagecodecs  # noqa: PLC0415 - optional, and slow to import
    except ModuleNotFoundError as error:
        if compression in DEFLATES:
            return zlib.decompressobj().decompress(data.data, nbytes + 1)  # and no more, whatever it unpacks to
        msg = (
            f"{name} is compressed by {Compression(compression).name.lower()}, which needs imagecodecs: "
            "pip install 'framestore-handlers[compression]'"
        )
        raise ModuleNotFoundError(msg, name="imagecodecs") from error
    codecs: Any = imagecodecs  # its types know of no arrays
    decode = codecs.deflate_decode if compression in DEFLATES else codecs.zstd_decode
    return decode(data, out=np.empty(nbytes, np.uint8))
