"""Settings of the JPEG format."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from framestore_handlers.jpeg.layout import LAYOUT
from framestore_handlers.jpeg.reading import read_frame
from framestore_handlers.layout import SeriesLayout
from numpy.typing import NDArray

from framestore.formats.checksum_settings import ChecksumSettings
from framestore.formats.format import Contents
from framestore.formats.series import SeriesWriter

from .writer import JPEGEncoder

_LARGEST = 65500
"""Pixels along a side: libjpeg's limit (JPEG_MAX_DIMENSION in its jmorecfg.h)."""
_MOST = 178_956_970
"""Pixels of an image: Pillow opens no larger one (twice its MAX_IMAGE_PIXELS)."""
_SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")


@dataclass(frozen=True, kw_only=True, slots=True)
class JPEG(ChecksumSettings):
    """One file a frame, 8 bit a channel. JPEG is lossy: what is read back is near to what the camera gave, not equal.

    Raises
    ------
    ValueError
        When a setting is out of range.
    ModuleNotFoundError
        When the library that makes checksums is not installed; it names the command that installs it.
    """

    quality: int = 90
    """From 1, worst, to 100; of use up to 95."""
    subsampling: str = "4:4:4"
    """How much coarser colour is stored than brightness: ``"4:4:4"`` not, ``"4:2:2"``, ``"4:2:0"``."""

    def __post_init__(self) -> None:
        """Check the settings."""
        ChecksumSettings.__post_init__(self)  # super() does not know a class with slots
        if type(self.quality) is not int or not 1 <= self.quality <= 100:
            msg = f"quality must be a whole number from 1 to 100, not {self.quality!r}"
            raise ValueError(msg)
        if self.subsampling not in _SUBSAMPLINGS:
            msg = f"subsampling must be one of {', '.join(_SUBSAMPLINGS)}, not {self.subsampling!r}"
            raise ValueError(msg)

    @property
    def lossy(self) -> bool:
        """Always."""
        return True

    @property
    def layout(self) -> SeriesLayout:
        """What its writer and its reader agree on."""
        return LAYOUT

    def check(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Refuse frames that are not 8-bit images.

        Raises
        ------
        ValueError
            It names what it got, and what the format can hold.
        """
        image = len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)
        fits = image and 1 <= min(shape) <= max(shape) <= _LARGEST and shape[0] * shape[1] <= _MOST
        if dtype != np.uint8 or not fits:
            msg = (
                f"format 'jpeg' cannot hold frames of shape {shape} and dtype {dtype}; it holds (height, width) and "
                f"(height, width, 3) of uint8, up to {_LARGEST} pixels a side and {_MOST} in all"
            )
            raise ValueError(msg)

    def least_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """0: nobody knows before."""
        del shape, dtype
        return 0

    def read_back(self, path: Path) -> NDArray[Any]:
        """The frame that a file holds, as Pillow decodes it."""
        return read_frame(path)

    def encoder(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> JPEGEncoder:
        """What makes JPEG of frames."""
        del shape, dtype
        return JPEGEncoder(quality=self.quality, subsampling=self.subsampling, checksum=self.checksum is not None)

    def writer(self, path: Path, contents: Contents) -> SeriesWriter:
        """Begin a series of files; see `Format`."""
        del contents
        return SeriesWriter(path, self)
