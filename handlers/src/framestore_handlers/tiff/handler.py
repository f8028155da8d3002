"""Frames out of TIFF files."""

from os import PathLike
from typing import Any

import numpy as np

from framestore_handlers.series import SeriesHandler
from framestore_handlers.timed_series import TimedSeries

from .layout import LAYOUT
from .paged import PagedSeries
from .reading import read_frame
from .times import read_time


class TIFFHandler(SeriesHandler):
    """Handler of the spec ``AD_TIFF``: a point is a lazy dask array (frames, \\*frame shape).

    As that of area-detector-handlers, but where a point's frames are the pages of one file they are found, too: theirs
    looks for a file a frame. With one frame a point, both give all pages of its file.
    """

    specs = frozenset({LAYOUT.spec})
    read_frame = staticmethod(read_frame)

    def __init__(self, fpath: str | PathLike[str], template: str, filename: str = "", frame_per_point: int = 1) -> None:
        super().__init__(fpath, template, filename, frame_per_point)
        series = TimedSeries(
            place=self._series.place,
            template=self._series.template,
            read_frame=read_frame,
            read_time=read_time,
            frames_per_event=self._frames,
        )
        self._file = self._paged = PagedSeries(series=series)

    def _check(self, point_number: int, start: int, stop: int) -> None:
        del point_number
        for path in self._paged.files(start, stop):
            if not path.exists():
                raise self._place.missing(path)

    def _frame_type(self, first: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
        return self._paged.frame_type(first)
