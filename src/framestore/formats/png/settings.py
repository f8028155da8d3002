"""Settings of the PNG format."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from framestore_handlers.layout import SeriesLayout
from framestore_handlers.png.layout import LAYOUT
from framestore_handlers.png.reading import read_frame
from numpy.typing import NDArray

from framestore.formats.checksum_settings import ChecksumSettings
from framestore.formats.format import Contents
from framestore.formats.series import SeriesWriter

from .deflate import deflater
from .writer import PNGEncoder

_LARGEST = 1_000_000
"""Pixels along a side: libpng reads no more (PNG_USER_WIDTH_MAX and PNG_USER_HEIGHT_MAX in its pnglibconf.h)."""
_MOST = 178_956_970
"""Pixels of an image: Pillow opens no larger one (twice its MAX_IMAGE_PIXELS)."""
_HIGHEST = 9
"""Level of zlib."""
_GREY = frozenset({np.dtype(np.bool_), np.dtype(np.uint8), np.dtype(np.uint16)})
_COLOUR = frozenset({np.dtype(np.uint8), np.dtype(np.uint16)})


@dataclass(frozen=True, kw_only=True, slots=True)
class PNG(ChecksumSettings):
    """One file a frame, of 1, 8 or 16 bit a channel. PNG is lossless: what is read back is what the camera gave.

    Raises
    ------
    ValueError
        When a setting is out of range.
    ModuleNotFoundError
        When the library that makes checksums is not installed; it names the command that installs it.
    """

    level: int = 1
    """How hard the frames are compressed: 0, not at all, to 9. Frames with noise gain nothing above 1 but cost more."""

    def __post_init__(self) -> None:
        """Check the settings."""
        ChecksumSettings.__post_init__(self)  # super() does not know a class with slots
        if type(self.level) is not int or not 0 <= self.level <= _HIGHEST:  # True is no level
            msg = f"level must be a whole number from 0 to {_HIGHEST}, not {self.level!r}"
            raise ValueError(msg)

    @property
    def layout(self) -> SeriesLayout:
        """What its writer and its reader agree on."""
        return LAYOUT

    def check(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Refuse frames that are not images of 1, 8 or 16 bit.

        Raises
        ------
        ValueError
            It names what it got, and what the format can hold.
        """
        image = dtype in _GREY if len(shape) == 2 else len(shape) == 3 and shape[2] == 3 and dtype in _COLOUR
        fits = image and 1 <= min(shape) <= max(shape) <= _LARGEST and shape[0] * shape[1] <= _MOST
        if not fits:
            msg = (
                f"format 'png' cannot hold frames of shape {shape} and dtype {dtype}; it holds (height, width) and "
                f"(height, width, 3) of uint8 and uint16, bytes in this computer's order, and (height, width) "
                f"of bool, up to {_LARGEST} pixels a side and {_MOST} in all"
            )
            raise ValueError(msg)

    def least_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """0: nobody knows before."""
        del shape, dtype
        return 0

    def read_back(self, path: Path) -> NDArray[Any]:
        """The frame that a file holds."""
        return read_frame(path)

    def encoder(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> PNGEncoder:
        """What makes PNG of frames."""
        return PNGEncoder(
            shape=shape,
            bits=1 if dtype == np.bool_ else 8 * dtype.itemsize,
            deflate=deflater(self.level),
            checksum=self.checksum is not None,
        )

    def writer(self, path: Path, contents: Contents) -> SeriesWriter:
        """Begin a series of files; see `Format`."""
        del contents
        return SeriesWriter(path, self)
