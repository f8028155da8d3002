"""Settings of the format of TIFF stacks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from framestore_handlers.tiff_stack.layout import LAYOUT, TIFFStackLayout

from framestore.formats.file_settings import FileSettings
from framestore.formats.format import Contents
from framestore.formats.tiff.compression import TIFFEncoder, check_compression, encoder, least_bytes
from framestore.formats.tiff.frames import check_frames

from .writer import TIFFStackWriter


@dataclass(frozen=True, kw_only=True, slots=True)
class TIFFStack(FileSettings):
    """One file of many frames, a BigTIFF with a page each, readable while it grows. Lossless.

    Raises
    ------
    ValueError
        When a setting is out of range.
    ModuleNotFoundError
        When the library that compresses is not installed; it names the command that mends it.
    """

    compression: str | None = None
    """How pixels are compressed: None, not; ``"deflate"``, ``"zstd"``, ``"lzw"``. zstd is the fastest, and few programs
    read it; ``"zstd"`` and ``"lzw"`` need the extra ``compression``."""
    level: int | None = None
    """From 1, fastest, to 9, smallest, of deflate; to 22 of zstd. None: 1."""

    def __post_init__(self) -> None:
        """Check the settings."""
        FileSettings.__post_init__(self)  # super() does not know a class with slots
        check_compression(self.compression, self.level)

    @property
    def lossy(self) -> bool:
        """Never."""
        return False

    @property
    def layout(self) -> TIFFStackLayout:
        """What its writer and its reader agree on."""
        return LAYOUT

    def check(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Refuse frames that are not images of numbers.

        Raises
        ------
        ValueError
            It names what it got, and what the format can hold.
        """
        check_frames(LAYOUT.name, shape, dtype)

    def least_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Its pixels; 0 where they are compressed."""
        return least_bytes(self.compression, shape, dtype)

    def encoder(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> TIFFEncoder | None:
        """What compresses frames; None where they are written as they are."""
        return encoder(self.compression, self.level, shape, dtype)

    def writer(self, path: Path, contents: Contents) -> TIFFStackWriter:
        """Create ``path`` exclusively; see `Format`."""
        return TIFFStackWriter(path, contents, self, self.compression)
