"""A stack of TIFF pages: one BigTIFF file, a page a frame, readable while it grows. Lossless."""

from .settings import TIFFStack

__all__ = ["TIFFStack"]
