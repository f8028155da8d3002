"""Settings of the HDF5 format."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from framestore_handlers.hdf5.layout import LAYOUT, HDF5Layout

from framestore.formats.file_settings import FileSettings
from framestore.formats.format import Contents, Encoder

from .writer import HDF5Writer

_KINDS = "biuf"


@dataclass(frozen=True, kw_only=True, slots=True)
class HDF5(FileSettings):
    """One file of many frames: a NeXus entry, one uncompressed chunk a frame, readable while it grows (SWMR)."""

    @property
    def lossy(self) -> bool:
        """Never."""
        return False

    @property
    def layout(self) -> HDF5Layout:
        """What its writer and its reader agree on."""
        return LAYOUT

    def check(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Refuse frames that are not numbers, or empty.

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

    def least_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Its pixels, which are not compressed."""
        return math.prod(shape) * dtype.itemsize

    def encoder(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Encoder | None:
        """None: frames are written as they are."""
        del shape, dtype

    def writer(self, path: Path, contents: Contents) -> HDF5Writer:
        """Create ``path`` exclusively; see `Format`."""
        return HDF5Writer(path, contents, self)
