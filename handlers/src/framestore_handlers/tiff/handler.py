"""Frames out of TIFF files."""

from framestore_handlers.series import SeriesHandler

from .layout import LAYOUT
from .reading import read_frame


class TIFFHandler(SeriesHandler):
    """Handler of the spec ``AD_TIFF``: a point is a lazy dask array (frames, \\*frame shape)."""

    specs = frozenset({LAYOUT.spec})
    read_frame = staticmethod(read_frame)
