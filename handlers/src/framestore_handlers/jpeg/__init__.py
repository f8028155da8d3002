"""JPEG: one file a frame; its layout, and how it is read back."""

from .check import file_type
from .handler import JPEGHandler
from .layout import LAYOUT
from .reading import compare, read_frame, read_time

__all__ = ["LAYOUT", "JPEGHandler", "compare", "file_type", "read_frame", "read_time"]
