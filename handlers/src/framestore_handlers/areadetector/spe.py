"""Princeton Instruments' SPE files: the spec ``AD_SPE``, a file a point."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.handler import FrameHandler, frames_of_point
from framestore_handlers.held import check_count, check_type
from framestore_handlers.place import Place
from framestore_handlers.templates import parse

from .spe_header import Header
from .stacks import StackSeries


@dataclass(frozen=True, kw_only=True, slots=True)
class SPEFrames:
    """The frames of one file; a `FrameFile`."""

    place: Place
    """The file."""
    frames_per_event: int | None = None
    """Frames in an event, where the document of the file says so."""

    @property
    def path(self) -> Path:
        """The file."""
        return self.place.path

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        header = Header.read(self.place)
        check_type(self.path, (header.shape, header.dtype), (out.shape[1:], out.dtype))
        check_count(self.path, header.frames, start + len(out))
        with self.place.checked().open("rb") as file:
            for number, frame in enumerate(out, start):
                file.seek(header.offset(number))
                frame.reshape(-1)[...] = np.fromfile(file, header.dtype, frame.size)

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame, in the byte order of this machine."""
        header = Header.read(self.place)
        return header.shape, header.dtype.newbyteorder("=")

    def frames(self) -> int:
        """How many frames the file holds."""
        return Header.read(self.place).frames

    def files(self, start: int, stop: int) -> list[Path]:
        """The file, whichever frames are asked for."""
        del start, stop
        return [self.place.chosen()]


class AreaDetectorSPEHandler(FrameHandler):
    """Handler of the spec ``AD_SPE``: a point is a lazy dask array (frames, height, width).

    A point is all frames of one file, of that number. As that of area-detector-handlers, but the
    axis of frames is always there, as documents say (theirs drops it, and any other axis of length 1), files are read
    when an array is computed, and these are read, too: numbers of 64 bit, of 8 bit, and unsigned ones of 32 bit, more
    than 32767 pixels in a row, and the files of LightField, which have text behind the frames.

    Parameters
    ----------
    fpath
        The folder.
    template
        How the files are named: ``%s%s_%6.6d.spe``, for folder, ``filename`` and number of the point.
    filename
        What the names begin with.
    frame_per_point
        Frames in a point: in a file.

    Raises
    ------
    ValueError
        When the template is not one of a series of files.
    """

    specs = frozenset({"AD_SPE"})

    def __init__(self, fpath: str | PathLike[str], template: str, filename: str, frame_per_point: int = 1) -> None:
        place = Place.of(fpath)
        self._series = _series(place, template, filename, frames_of_point(frame_per_point, place.path))
        super().__init__(place, self._series, frame_per_point)

    def _check(self, point_number: int, start: int, stop: int) -> None:
        del start, stop
        self._series.checked(point_number)

    def _frame_type(self, first: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
        return self._series.frame_type(first)


def from_resource(place: Place, kwargs: Mapping[str, Any]) -> StackSeries:
    """Frames of a Resource with the spec ``AD_SPE``."""
    frames = frames_of_point(kwargs.get("frame_per_point", 1), place.path)
    return _series(place, kwargs["template"], kwargs.get("filename", ""), frames)


def _series(place: Place, template: str, filename: str, frames: int) -> StackSeries:
    return StackSeries(
        place=place,
        template=parse(template, filename),
        open_file=_open,
        frames_per_file=frames,
        frames_per_event=frames,
    )


def _open(place: Place) -> SPEFrames:
    return SPEFrames(place=place)
