"""Frames out of JPEG files."""

from framestore_handlers.series import SeriesHandler

from .layout import LAYOUT
from .reading import read_frame


class JPEGHandler(SeriesHandler):
    """Handler of the spec ``FRAMESTORE_JPEG``: a point is a lazy dask array (frames, \\*frame shape) of uint8."""

    specs = frozenset({LAYOUT.spec})
    read_frame = staticmethod(read_frame)
    checks_first = True
