"""Formats: how frames become bytes in files. A folder each; how they are read back is framestore_handlers' part."""

from .choice import FORMATS, chosen
from .format import Format, Writer
from .hdf5 import HDF5

__all__ = ["FORMATS", "HDF5", "Format", "Writer", "chosen"]
