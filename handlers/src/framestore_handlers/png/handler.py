"""Frames out of PNG files."""

from framestore_handlers.series import SeriesHandler

from .layout import LAYOUT
from .reading import read_frame


class PNGHandler(SeriesHandler):
    """Handler of the spec ``FRAMESTORE_PNG``: a point is a lazy dask array (frames, \\*frame shape).

    Frames are of bool, uint8 or uint16, whatever the files hold.
    """

    specs = frozenset({LAYOUT.spec})
    read_frame = staticmethod(read_frame)
    checks_first = True
