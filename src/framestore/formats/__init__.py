"""Formats: how frames become bytes in files. A folder each; how they are read back is framestore_handlers' part."""

from .checksum_settings import ChecksumSettings
from .choice import FORMATS, check_holds, chosen
from .file_settings import FileSettings
from .format import Contents, Encoder, FileFormat, FileWriter, Format, Writer
from .hdf5 import HDF5
from .jpeg import JPEG
from .plain import byte_count
from .png import PNG
from .saved import SavedFiles
from .series import SeriesWriter
from .tiff import TIFF
from .tiff_stack import TIFFStack
from .zarr import Zarr

__all__ = [
    "FORMATS",
    "HDF5",
    "JPEG",
    "PNG",
    "TIFF",
    "ChecksumSettings",
    "Contents",
    "Encoder",
    "FileFormat",
    "FileSettings",
    "FileWriter",
    "Format",
    "SavedFiles",
    "SeriesWriter",
    "TIFFStack",
    "Writer",
    "Zarr",
    "byte_count",
    "check_holds",
    "chosen",
]
