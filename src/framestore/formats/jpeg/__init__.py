"""JPEG: one file a frame, 8 bit, lossy."""

from .settings import JPEG

__all__ = ["JPEG"]
