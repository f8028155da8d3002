"""After the run: its images as TIFF, HDF5 or NeXus files, from whatever ``framestore_handlers.load`` takes or returns.

Exporters know documents and files of frames, and no camera. What reads the frames is `framestore_handlers`.
"""

from framestore_handlers import Report, verify

from .result import ExportResult
from .tiff import export_tiff

__all__ = ["ExportResult", "Report", "export_tiff", "verify"]
