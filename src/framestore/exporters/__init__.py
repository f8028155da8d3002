"""After the run: its images as TIFF, HDF5 or NeXus files, from whatever ``framestore_handlers.load`` takes or returns.

Exporters know documents and files of frames, and no camera. What reads the frames is `framestore_handlers`.
"""

from framestore_handlers import Report, verify

from .hdf5 import export_hdf5
from .nexus import export_nexus
from .result import ExportResult
from .tiff import export_tiff

__all__ = ["ExportResult", "Report", "export_hdf5", "export_nexus", "export_tiff", "verify"]
