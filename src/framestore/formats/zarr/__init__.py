"""Zarr: a store of one chunk a frame, or one shard a point, readable while it grows."""

from .settings import Zarr
from .writer import ZarrWriter

__all__ = ["Zarr", "ZarrWriter"]
