"""What a RunEngine calls with documents: pictures and files of the images, while the run goes on and after it.

A callback gets documents only: it works in the RunEngine's process, in another one that the documents are sent to, and
after the run. Callbacks know no camera; what they write, `framestore.exporters` writes.
"""

from .export_on_stop import ExportOnStop
from .hidden import HiddenDocumentsError
from .live_image import LiveImage
from .live_thumbnail_grid import LiveThumbnailGrid
from .live_tiff import LiveTiffExporter
from .log_thumbnail import LogThumbnail
from .post_run import post_run
from .reported import CheckFailedError

__all__ = [
    "CheckFailedError",
    "ExportOnStop",
    "HiddenDocumentsError",
    "LiveImage",
    "LiveThumbnailGrid",
    "LiveTiffExporter",
    "LogThumbnail",
    "post_run",
]
