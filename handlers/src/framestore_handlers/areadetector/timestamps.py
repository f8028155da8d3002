"""When each frame was taken, as areaDetector's HDF5 plugin writes it beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers import blocks
from framestore_handlers.place import Place

from .handler import AreaDetectorHandler, FilePath, lazy_frames
from .points import check_point
from .rows import DatasetRows

if TYPE_CHECKING:
    import dask.array as da

_SECONDS = "/entry/instrument/NDAttributes/NDArrayEpicsTSSec"
_NANOSECONDS = "/entry/instrument/NDAttributes/NDArrayEpicsTSnSec"


@dataclass(frozen=True, kw_only=True, slots=True)
class TimestampFrames:
    """The timestamp of each frame of a file, a number a frame; a `FrameFile`.

    They count as EPICS does, seconds since 1990-01-01 UTC, 631152000 less than POSIX seconds
    (https://areadetector.github.io/areaDetector/ADCore/NDArray.html): the numbers that area-detector-handlers gives.
    """

    place: Place
    """The file."""
    frames_per_event: int | None = None
    """Frames in an event, where the document of the file says so."""

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out``, (frames,) float64, with the timestamps from frame ``start`` on; see `FrameFile`."""
        if out.shape[1:] or out.dtype != np.float64:
            msg = f"{self.place.path}: timestamps are numbers, float64; its documents say {out.shape[1:]} {out.dtype}"
            raise OSError(msg)
        for dataset, unit in ((_SECONDS, 1.0), (_NANOSECONDS, 1e-9)):
            column = DatasetRows(place=self.place, dataset=dataset)
            part = np.empty(len(out), column.frame_type()[1])
            column.read_into(part, start)
            out[:] = part if unit == 1 else out + part * unit

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a timestamp."""
        return (), np.dtype(np.float64)

    def files(self, start: int, stop: int) -> list[Path]:
        """The file, whichever frames are asked for."""
        del start, stop
        return [self.place.path]


class AreaDetectorHDF5TimestampHandler(AreaDetectorHandler):
    """Handler of the spec ``AD_HDF5_TS``: the timestamps of the frames of a point, (frames,) float64, lazy.

    EPICS' seconds since 1990-01-01 UTC. With one frame a point, that of area-detector-handlers gives a number without
    an axis for the frames, though the data key has one; behind the end of the file it gives an empty array.

    Parameters
    ----------
    filename
        The file.
    frame_per_point
        Frames in a point.
    """

    specs = frozenset({"AD_HDF5_TS"})

    def __init__(self, filename: FilePath, frame_per_point: int = 1) -> None:
        self._file = TimestampFrames(place=Place.of(filename))
        self._frames = int(frame_per_point)

    def __call__(self, point_number: int) -> "da.Array":
        """Timestamps of one point, lazy.

        Raises
        ------
        ValueError
            When the number is below 0.
        MissingFileError
            When the file is gone.
        OSError
            When the file does not hold that point.
        """
        first = blocks.first_frame(point_number, self._frames, self._file.place.path)
        check_point(DatasetRows(place=self._file.place, dataset=_NANOSECONDS), point_number, self._frames)
        return lazy_frames(self._file, first, self._frames, (), "float64")

    def paths(self, datum_kwargs: Mapping[str, Any]) -> list[Path]:
        """The file, whichever point it is."""
        del datum_kwargs
        return [self._file.place.path]


class AreaDetectorHDF5SWMRTimestampHandler(AreaDetectorHDF5TimestampHandler):
    """Handler of the spec ``AD_HDF5_SWMR_TS``: as ``AD_HDF5_TS``, also while the file is written.

    That of area-detector-handlers raises AttributeError on its first call.
    """

    specs = frozenset({"AD_HDF5_SWMR_TS"})


def from_resource(place: Place, kwargs: Mapping[str, Any]) -> TimestampFrames:
    """Timestamps of a Resource with the spec ``AD_HDF5_TS`` or ``AD_HDF5_SWMR_TS``."""
    return TimestampFrames(place=place, frames_per_event=kwargs.get("frame_per_point"))
