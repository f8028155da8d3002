"""CBF files of Pilatus and other detectors: the spec ``AD_CBF``, a file a frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.claims import whole_number
from framestore_handlers.handler import FrameHandler
from framestore_handlers.place import Place
from framestore_handlers.series import FrameSeries
from framestore_handlers.templates import parse

from .cbf_reading import read_frame


@dataclass(frozen=True, kw_only=True, slots=True)
class CBFSeries:
    """The frames of a series of files whose first has another number than 0; a `FrameFile`."""

    series: FrameSeries
    """The files, by their numbers."""
    initial_number: int
    """Number of the first."""

    @property
    def place(self) -> Place:
        """The folder where the files are."""
        return self.series.place

    @property
    def frames_per_event(self) -> int | None:
        """Frames in an event, where the document of the series says so."""
        return self.series.frames_per_event

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        self.series.read_into(out, self.initial_number + start)

    def frame_type(self, number: int = 0) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame."""
        return self.series.frame_type(self.initial_number + number)

    def files(self, start: int, stop: int) -> list[Path]:
        """Files of the frames from number ``start`` up to ``stop``."""
        return self.series.files(self.initial_number + start, self.initial_number + stop)


class PilatusCBFHandler(FrameHandler):
    """Handler of the spec ``AD_CBF``: a point is a lazy dask array (frames, height, width).

    As that of area-detector-handlers, but the axis of frames is always there, as documents say (theirs drops it, and
    any other axis of length 1), a burst is its own files (theirs takes some of the next point's, or too few), and files
    are read when an array is computed. What is cut off, or differs from its checksum, is an error.

    Parameters
    ----------
    rpath
        The folder.
    template
        How the files are named: ``%s%s_%5.5d.cbf``, for folder, ``filename`` and number.
    filename
        What the names begin with.
    frame_per_point
        Frames in a point.
    initial_number
        Number of the first file; frame j of point i is the file ``initial_number + i * frame_per_point + j``.

    Raises
    ------
    ValueError
        When the template is not one of a series of files.
    """

    specs = frozenset({"AD_CBF"})

    def __init__(
        self,
        rpath: str | PathLike[str],
        template: str,
        filename: str,
        frame_per_point: int = 1,
        initial_number: int = 1,
    ) -> None:
        place = Place.of(rpath)
        self._cbf = _series(place, template, filename, None, initial_number)
        super().__init__(place, self._cbf, frame_per_point)

    def _check(self, point_number: int, start: int, stop: int) -> None:
        del point_number
        for path in self._cbf.files(start, stop):
            if not path.exists():
                raise self._place.missing(path)

    def _frame_type(self, first: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
        return self._cbf.frame_type(first)


def from_resource(place: Place, kwargs: Mapping[str, Any]) -> CBFSeries:
    """Frames of a Resource with the spec ``AD_CBF``."""
    frames = kwargs.get("frame_per_point", 1)
    return _series(place, kwargs["template"], kwargs.get("filename", ""), frames, kwargs.get("initial_number", 1))


def _series(place: Place, template: str, filename: str, frames: int | None, initial_number: int) -> CBFSeries:
    series = FrameSeries(
        place=place,
        template=parse(template, filename),
        read_frame=read_frame,
        checks_first=True,
        frames_per_event=frames,
    )
    first = whole_number(initial_number, f"{place.path}: initial_number", floats=True)
    return CBFSeries(series=series, initial_number=first)
