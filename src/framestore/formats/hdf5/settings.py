"""Settings of the HDF5 format."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from framestore_handlers.hdf5.layout import LAYOUT, HDF5Layout

from framestore.formats.checksum_settings import ChecksumSettings
from framestore.formats.format import Contents, Encoder

from .compression import Compression
from .encoder import ChunkEncoder
from .tiles import Tiles
from .writer import HDF5Writer

_KINDS = "biuf"
_LARGEST = 2**31 - 2**26
"""Bytes of a chunk that all compressors take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HDF5(ChecksumSettings):
    """One file of many frames: a NeXus entry, one chunk a frame, readable while it grows (SWMR). Lossless.

    Raises
    ------
    ValueError
        When a setting is out of range.
    ModuleNotFoundError
        When a library that compresses, or makes checksums, is missing; it names the command that installs it.

    Examples
    --------
    >>> from framestore.formats import HDF5
    >>> HDF5(compression="zstd", level=3, chunk=(256, 256)).chunk
    (256, 256)
    """

    compression: str | None = None
    """``"bitshuffle-lz4"``, ``"bitshuffle-zstd"``, ``"blosc"`` (with lz4), ``"lz4"``, ``"zstd"`` or ``"gzip"``; None:
    frames stand in the file as they are. Readers need hdf5plugin for all but gzip."""
    level: int | None = None
    """How hard to try, where the compression has levels: 1 to 9 of gzip and blosc, 1 to 22 of those with zstd. None:
    as fast as is worth it, 5 of blosc and 1 of the others."""
    shuffle: bool = True
    """Bring the bytes of one weight together before gzip, lz4, zstd and blosc: nearly always smaller, and often faster.
    Bitshuffle does so with bits, whatever stands here."""
    chunk: tuple[int, ...] | None = None
    """Shape of the chunks that a frame is cut into, such as (height, width), pixels; a region of it is then read
    without the rest. None: one chunk a frame, which is written fastest."""

    def __post_init__(self) -> None:
        """Check the settings."""
        ChecksumSettings.__post_init__(self)  # super() does not know a class with slots
        self.check_owner()
        if self.compression is None and self.level is not None:
            msg = f"level={self.level!r} is of no use without compression"
            raise ValueError(msg)
        if not isinstance(self.shuffle, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = f"shuffle must be True or False, not {self.shuffle!r}"
            raise ValueError(msg)  # noqa: TRY004 - settings raise one kind of error
        if self.chunk is not None and not _is_shape(self.chunk):
            msg = f"chunk must be a shape within a frame, such as (256, 256), or None, not {self.chunk!r}"
            raise ValueError(msg)
        self._compression()

    @property
    def layout(self) -> HDF5Layout:
        """What its writer and its reader agree on."""
        return LAYOUT

    def check(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Refuse frames that are not numbers, or empty, or smaller than their chunks are to be.

        Raises
        ------
        ValueError
            It names what it got, and what the format can hold.
        """
        if dtype.kind not in _KINDS or not shape or min(shape) < 1:
            msg = (
                f"format 'hdf5' cannot hold frames of shape {shape} and dtype {dtype}; it holds frames of at least "
                "one dimension and one pixel, of bool, integer or float"
            )
            raise ValueError(msg)
        chunk = self.chunk or ()
        if len(chunk) > len(shape) or any(tile > size for tile, size in zip(chunk, shape, strict=False)):
            msg = f"format 'hdf5' with chunk={chunk} cannot hold frames of shape {shape}: a chunk is part of a frame"
            raise ValueError(msg)
        size = Tiles.of(shape, dtype, self.chunk).nbytes
        if size > _LARGEST:
            msg = (
                f"format 'hdf5' cannot hold frames of shape {shape} and dtype {dtype} in chunks of {size} bytes; it "
                f"holds chunks of up to {_LARGEST}: cut them with chunk=(height, width)"
            )
            raise ValueError(msg)

    def least_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Its pixels; 0 where they are compressed: nobody knows before."""
        return 0 if self.compression else math.prod(shape) * dtype.itemsize

    def encoder(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Encoder | None:
        """What cuts, compresses and makes checksums; None where frames are written as they are."""
        tiles = Tiles.of(shape, dtype, self.chunk)
        compression = self._compression()
        return self.summing(None if compression is None and tiles.whole else ChunkEncoder(tiles, compression))

    def writer(self, path: Path, contents: Contents) -> HDF5Writer:
        """Create ``path`` exclusively; see `Format`."""
        tiles = Tiles.of(contents.shape, contents.dtype, self.chunk)
        return HDF5Writer(path, contents, self, tiles=tiles, compression=self._compression())

    def _compression(self) -> Compression | None:
        if self.compression is None:
            return None
        return Compression(name=self.compression, level=self.level, shuffle=self.shuffle)


def _is_shape(value: object) -> bool:
    if not isinstance(value, Sequence) or not value:
        return False
    return all(isinstance(size, int) and not isinstance(size, bool) and size >= 1 for size in value)  # pyright: ignore[reportUnknownVariableType]
