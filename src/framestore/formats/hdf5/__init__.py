"""HDF5: one file of many frames, readable while it grows (SWMR)."""

from .settings import HDF5
from .writer import HDF5Writer

__all__ = ["HDF5", "HDF5Writer"]
