"""A stack of TIFF pages: one BigTIFF file, a page a frame; its layout, and how it is read back."""

from .handler import TIFFStackFrames, TIFFStackHandler, from_resource, from_stream_resource
from .layout import LAYOUT, TIFFStackLayout
from .recovery import recover

__all__ = [
    "LAYOUT",
    "TIFFStackFrames",
    "TIFFStackHandler",
    "TIFFStackLayout",
    "from_resource",
    "from_stream_resource",
    "recover",
]
