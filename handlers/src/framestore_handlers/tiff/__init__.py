"""TIFF: one file a frame; its layout, and how it is read back."""

from .check import file_type
from .checksums import compare
from .handler import TIFFHandler
from .layout import LAYOUT
from .reading import read_frame
from .times import read_time

__all__ = ["LAYOUT", "TIFFHandler", "compare", "file_type", "read_frame", "read_time"]
