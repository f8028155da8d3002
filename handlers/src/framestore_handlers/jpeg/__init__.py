"""JPEG: one file a frame; its layout, and how it is read back."""

from .handler import JPEGHandler
from .layout import LAYOUT
from .reading import compare, read_frame, read_time

__all__ = ["LAYOUT", "JPEGHandler", "compare", "read_frame", "read_time"]
