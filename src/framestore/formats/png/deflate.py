"""Compression of PNG's pixels, without the interpreter."""

import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Deflate = Callable[[NDArray[np.uint8], NDArray[np.uint8]], Any]
"""(bytes, room) -> the same as a zlib stream, maybe in that room; see `room`."""


def room(size: int) -> int:
    """Bytes that a stream of so many bytes takes at most: what does not compress is stored, in pieces with a head."""
    return size + size // 500 + 1024


def deflater(level: int) -> Deflate:
    """Libdeflate where imagecodecs is installed, twice as fast as Python's zlib; the pixels are the same."""
    try:
        from imagecodecs import deflate_encode  # noqa: PLC0415 - optional
    except ImportError:
        return partial(_zlib, level=level)
    return partial(_libdeflate, deflate_encode, level=level)


def _libdeflate(encode: Callable[..., Any], data: NDArray[np.uint8], out: NDArray[np.uint8], *, level: int) -> Any:
    return encode(data, level, out=out)


def _zlib(data: NDArray[np.uint8], out: NDArray[np.uint8], *, level: int) -> bytes:
    del out  # it makes its own
    return zlib.compress(data.data, level)
