"""HDF5: one file of many frames, one chunk a frame; its layout, and how it is read back."""

from .handler import HDF5Frames, HDF5Handler, from_resource, from_stream_resource
from .layout import LAYOUT, HDF5Layout

__all__ = ["LAYOUT", "HDF5Frames", "HDF5Handler", "HDF5Layout", "from_resource", "from_stream_resource"]
