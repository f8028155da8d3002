"""Frames out of TIFF files."""

from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from framestore_handlers.handler import FrameHandler
from framestore_handlers.place import MissingFileError, Place
from framestore_handlers.series import SeriesHandler
from framestore_handlers.templates import single_name
from framestore_handlers.timed_series import TimedSeries

from .checksums import compare
from .layout import LAYOUT
from .paged import PagedSeries
from .reading import read_frame
from .times import read_time

if TYPE_CHECKING:
    from framestore_handlers.tiff_stack.handler import TIFFStackFrames


class TIFFHandler(SeriesHandler):
    """Handler of the spec ``AD_TIFF``: a point is a lazy dask array (frames, \\*frame shape).

    As that of area-detector-handlers, but where a point's frames are the pages of one file they are found, too: theirs
    looks for a file a frame. With one frame a point, both give all pages of its file. Where the template has no number,
    the frames are the pages of the only file that it names.
    """

    specs = frozenset({LAYOUT.spec})
    read_frame = staticmethod(read_frame)
    checks_first = True

    def __init__(self, fpath: str | PathLike[str], template: str, filename: str = "", frame_per_point: int = 1) -> None:
        if name := single_name(template, filename):
            self._of_pages(Place.of(fpath), name, frame_per_point)
            return
        super().__init__(fpath, template, filename, frame_per_point)
        series = TimedSeries(
            place=self._series.place,
            template=self._series.template,
            read_frame=read_frame,
            checks_first=True,
            read_time=read_time,
            compare=compare,
            frames_per_event=self._frames,
        )
        self._file = self._paged = PagedSeries(series=series)
        self._stack = None

    def _of_pages(self, folder: Place, name: str, frame_per_point: int) -> None:
        from framestore_handlers.tiff_stack.handler import TIFFStackFrames  # noqa: PLC0415 - it imports this package

        place = replace(folder, path=folder.below(name), decoded=None)
        self._stack = TIFFStackFrames(place=place)
        FrameHandler.__init__(self, place, self._stack, frame_per_point)

    def _check(self, point_number: int, start: int, stop: int) -> None:
        if self._stack:
            self._check_pages(self._stack, point_number, stop)
            return
        for path in self._paged.files(start, stop):
            if not path.exists():
                raise self._place.missing(path)

    def _check_pages(self, stack: "TIFFStackFrames", point_number: int, stop: int) -> None:
        try:
            stack.check_frame(stop - 1)
        except MissingFileError:
            raise
        except OSError as error:
            msg = f"{stack.path} does not hold point {point_number} with {self._frames} frames a point: {error}"
            raise OSError(msg) from error

    def _frame_type(self, first: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
        if self._stack:
            return self._stack.frame_type()
        return self._paged.frame_type(first)
