"""How frames are compressed: by the codecs that Zarr's standard knows, with numcodecs, which zarr-python brings."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from framestore_handlers.threads import usable_cpus
from framestore_handlers.zarr.opening import zarr_python
from numpy.typing import NDArray

from framestore.formats.format import Content
from framestore.frame import FrameInfo

LEVELS = {"gzip": range(10), "zstd": range(-7, 23), "blosc-lz4": range(10), "blosc-zstd": range(10)}
"""Compressions, and the levels that each has."""
DEFAULT_LEVELS = {"gzip": 1, "zstd": 1, "blosc-lz4": 5, "blosc-zstd": 1}
"""Level of each, where none is asked for."""
BLOSC_MOST = 2**31 - 1 - 16
"""Bytes that blosc takes at once (BLOSC_MAX_BUFFERSIZE in its blosc.h)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ZarrEncoder:
    """Makes chunks of frames."""

    compress: Callable[[NDArray[Any]], Content]
    """Array -> content of its chunk; it releases the interpreter."""
    scratch_bytes: int = 0
    """The libraries bring their own memory."""

    @property
    def threads(self) -> int:
        """As many as may run."""
        return usable_cpus()

    def encode(self, array: NDArray[Any], info: FrameInfo, scratch: NDArray[np.uint8]) -> Content:
        """Make the chunk of a frame."""
        del info, scratch
        return self.compress(array)


def encoder(compression: str, level: int, itemsize: int) -> ZarrEncoder:
    """What compresses frames, whose numbers have so many bytes."""
    if compression == "gzip":
        return ZarrEncoder(compress=lambda array: zlib.compress(array.data, level, wbits=31))
    if compression == "zstd":
        from numcodecs.zstd import Zstd  # noqa: PLC0415 - comes with the extra

        return ZarrEncoder(compress=Zstd(level, checksum=True).encode)
    from numcodecs.blosc import Blosc  # noqa: PLC0415 - comes with the extra

    codec = Blosc(_library(compression), level, {"shuffle": 1, "bitshuffle": 2}[_shuffle(compression, itemsize)])
    return ZarrEncoder(compress=lambda array: _with_checksum(codec.encode(array)))


def codecs(compression: str | None, level: int, itemsize: int) -> list[Any]:
    """The codecs that the description of the array names: what `encoder` does, for zarr-python."""
    if compression is None:
        return []
    known = zarr_python().codecs
    if compression == "gzip":
        return [known.GzipCodec(level=level)]
    if compression == "zstd":
        return [known.ZstdCodec(level=level, checksum=True)]
    shuffle = _shuffle(compression, itemsize)
    blosc = known.BloscCodec(typesize=itemsize, cname=_library(compression), clevel=level, shuffle=shuffle, blocksize=0)
    return [blosc, known.Crc32cCodec()]


def _library(compression: str) -> str:
    return compression.removeprefix("blosc-")


def _shuffle(compression: str, itemsize: int) -> str:
    """By bits or by bytes: what gave the smaller frames of counts, with each library."""
    return "shuffle" if compression == "blosc-zstd" and itemsize > 1 else "bitshuffle"


def _with_checksum(content: bytes) -> list[bytes]:
    """Blosc does not notice that a part of it was replaced by zeros, as after a power failure."""
    from google_crc32c import value  # noqa: PLC0415 - comes with the extra

    return [content, value(content).to_bytes(4, "little")]
