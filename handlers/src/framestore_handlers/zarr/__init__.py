"""Zarr: a store of one chunk a frame; its layout, and how it is read back."""

from .handler import ZarrFrames, ZarrHandler, from_resource, from_stream_resource
from .layout import LAYOUT, ZarrLayout

__all__ = ["LAYOUT", "ZarrFrames", "ZarrHandler", "ZarrLayout", "from_resource", "from_stream_resource"]
