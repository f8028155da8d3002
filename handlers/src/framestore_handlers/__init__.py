"""Read the frames of a run back, lazily, from its documents.

This package stands alone on an analysis machine: it never imports framestore, ophyd, bluesky or a server.
"""

from .documents import CutFileWarning, NotDocumentsWarning, RepeatedRunWarning
from .hdf5 import HDF5Handler
from .jpeg import JPEGHandler
from .load import load
from .place import MissingFileError, UntrustedPathError
from .png import PNGHandler
from .points import PointHandler
from .recover import recover
from .recovery import Recovery
from .registry import handler_registry
from .run import Run
from .series import SeriesHandler
from .several import SeveralRunsError
from .snapshots import Snapshots
from .stream import Stream
from .tiff import TIFFHandler
from .tiff_stack import TIFFStackHandler
from .verification.report import FieldReport, Finding, Report
from .verify import verify
from .zarr import ZarrHandler

__all__ = [
    "CutFileWarning",
    "FieldReport",
    "Finding",
    "HDF5Handler",
    "JPEGHandler",
    "MissingFileError",
    "NotDocumentsWarning",
    "PNGHandler",
    "PointHandler",
    "Recovery",
    "RepeatedRunWarning",
    "Report",
    "Run",
    "SeriesHandler",
    "SeveralRunsError",
    "Snapshots",
    "Stream",
    "TIFFHandler",
    "TIFFStackHandler",
    "UntrustedPathError",
    "ZarrHandler",
    "handler_registry",
    "load",
    "recover",
    "verify",
]
