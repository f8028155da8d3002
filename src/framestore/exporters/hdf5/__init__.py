"""One HDF5 file of a run, or several: what is in them, and how frames come there."""

from .export import export_hdf5

__all__ = ["export_hdf5"]
