"""Formats: how frames become bytes in files. A folder each; how they are read back is framestore_handlers' part."""

from .choice import FORMATS, chosen
from .format import FileFormat, FileWriter, Format, Writer
from .hdf5 import HDF5
from .jpeg import JPEG
from .saved import SavedFiles

__all__ = ["FORMATS", "HDF5", "JPEG", "FileFormat", "FileWriter", "Format", "SavedFiles", "Writer", "chosen"]
