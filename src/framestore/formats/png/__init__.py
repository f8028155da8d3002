"""PNG: one file a frame, 8 or 16 bit, lossless."""

from .settings import PNG

__all__ = ["PNG"]
