"""TIFF: one file a frame, lossless."""

from .settings import TIFF

__all__ = ["TIFF"]
