"""Settings of the Zarr format."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from framestore_handlers.zarr.layout import LAYOUT, ZarrLayout
from framestore_handlers.zarr.opening import zarr_python

from framestore.formats.checksum_settings import ChecksumSettings
from framestore.formats.format import Contents, Encoder

from .compression import BLOSC_MOST, DEFAULT_LEVELS, LEVELS, codecs, encoder
from .writer import ZarrWriter

_DTYPES = ("b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8")


@dataclass(frozen=True, kw_only=True, slots=True)
class Zarr(ChecksumSettings):
    """A folder of many files: a group of Zarr's version 3, one chunk a frame, readable while it grows.

    Raises
    ------
    ValueError
        When a setting is out of range.
    ModuleNotFoundError
        When zarr-python, or the library that makes checksums, is not installed.

    Examples
    --------
    >>> Zarr(compression="blosc-lz4").compression
    'blosc-lz4'
    """

    compression: str | None = None
    """``"gzip"``, ``"zstd"``, ``"blosc-lz4"`` or ``"blosc-zstd"``, all lossless. None: frames are stored as
    they are."""
    level: int | None = None
    """How hard it tries: of gzip and blosc from 0 to 9, of zstd from -7 to 22. None: what is fast."""
    shard: bool = False
    """Whether the frames of a point share a file, a shard, of which each is still read by itself."""

    def __post_init__(self) -> None:
        """Check the settings, and that the library is there."""
        ChecksumSettings.__post_init__(self)  # super() does not know a class with slots
        self.check_owner()
        if self.compression is not None and self.compression not in LEVELS:
            msg = f"compression must be one of {', '.join(LEVELS)}, or None, not {self.compression!r}"
            raise ValueError(msg)
        if not isinstance(self.shard, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = f"shard must be True or False, not {self.shard!r}"
            raise ValueError(msg)  # noqa: TRY004 - as all settings
        self._check_level()
        try:
            zarr_python()
        except ModuleNotFoundError as error:
            msg = "format 'zarr' needs zarr-python: pip install 'framestore[zarr]'"
            raise ModuleNotFoundError(msg, name="zarr") from error

    def _check_level(self) -> None:
        if self.level is None:
            return
        levels = LEVELS[self.compression] if self.compression is not None else range(0)
        if type(self.level) is not int or self.level not in levels:  # 3.0 is in a range, too
            allowed = f"from {levels[0]} to {levels[-1]} for {self.compression!r}" if levels else "None, without one"
            msg = f"level must be {allowed}, not {self.level!r}"
            raise ValueError(msg)

    @property
    def layout(self) -> ZarrLayout:
        """What its writer and its reader agree on."""
        return LAYOUT

    def check(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Refuse frames of no number that Zarr knows, or empty.

        Raises
        ------
        ValueError
            It names what it got, and what the format can hold.
        """
        if dtype.str.lstrip("<>|=") not in _DTYPES or not shape or min(shape) < 1:
            msg = (
                f"format 'zarr' cannot hold frames of shape {shape} and dtype {dtype}; it holds frames of at least "
                "one dimension and one pixel, of bool, integers of 8 to 64 bit, or floats of 16 to 64 bit"
            )
            raise ValueError(msg)
        size = math.prod(shape) * dtype.itemsize
        if self.compression and self.compression.startswith("blosc") and size > BLOSC_MOST:
            msg = f"blosc compresses up to {BLOSC_MOST} bytes, a frame has {size}; choose Zarr(compression='zstd')"
            raise ValueError(msg)

    def least_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Its pixels; 0 where they are compressed."""
        return 0 if self.compression else math.prod(shape) * dtype.itemsize

    def encoder(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Encoder | None:
        """What compresses frames, and makes checksums; None where they are written as they are."""
        del shape
        return self.summing(encoder(self.compression, self._level, dtype.itemsize) if self.compression else None)

    def writer(self, path: Path, contents: Contents) -> ZarrWriter:
        """Create the folder ``path`` exclusively; see `Format`."""
        compressors = codecs(self.compression, self._level, contents.dtype.itemsize)
        return ZarrWriter(path, contents, self, compressors, shard=self.shard)

    @property
    def _level(self) -> int:
        return DEFAULT_LEVELS.get(self.compression or "", 0) if self.level is None else self.level
