"""JPEG: one file a frame; its layout, and how it is read back."""

from .handler import JPEGHandler
from .layout import LAYOUT

__all__ = ["LAYOUT", "JPEGHandler"]
