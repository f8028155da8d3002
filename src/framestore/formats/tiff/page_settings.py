"""What the two formats of TIFF can be told."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from framestore_handlers.layout import Layout

from framestore.formats.checksum_settings import ChecksumSettings
from framestore.formats.format import Encoder

from .compression import check_compression, encoder, least_bytes
from .frames import check_frames


@dataclass(frozen=True, kw_only=True, slots=True)
class PageSettings(ChecksumSettings):
    """How frames become pages of TIFF. Lossless."""

    compression: str | None = None
    """How pixels are compressed: None, not; ``"deflate"``, ``"zstd"``, ``"lzw"``. zstd is the fastest, and few programs
    read it; ``"zstd"`` and ``"lzw"`` need the extra ``compression``."""
    level: int | None = None
    """From 1, fastest, to 9, smallest, of deflate; to 22 of zstd. None: 1."""

    def __post_init__(self) -> None:
        """Check the settings."""
        ChecksumSettings.__post_init__(self)  # super() does not know a class with slots
        check_compression(self.compression, self.level)

    @property
    def layout(self) -> Layout:
        """What its writer and its reader agree on."""
        raise NotImplementedError

    def check(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Refuse frames that are not images of numbers.

        Raises
        ------
        ValueError
            It names what it got, and what the format can hold.
        """
        check_frames(self.layout.name, shape, dtype)

    def least_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Its pixels; 0 where they are compressed."""
        return least_bytes(self.compression, shape, dtype)

    def encoder(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Encoder | None:
        """What compresses frames, and makes checksums; None where they are written as they are."""
        return self.summing(encoder(self.compression, self.level, shape, dtype))
