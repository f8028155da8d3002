"""When each frame was taken, as areaDetector's HDF5 plugin writes it beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.place import Place
from framestore_handlers.points import PointHandler

from .handler import FilePath
from .rows import DatasetRows

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

    @property
    def path(self) -> Path:
        """The file."""
        return self.place.path

    def check_frame(self, number: int) -> int:
        """Check that there is a timestamp of that number, and say how many there are; OSError when there is none."""
        held = prod(DatasetRows(place=self.place, dataset=_NANOSECONDS).shape())
        if not number < held:
            msg = f"{self.path} does not hold frame {number}: it holds timestamps of {held}"
            raise OSError(msg)
        return held

    def files(self, start: int, stop: int) -> list[Path]:
        """The file, whichever frames are asked for."""
        del start, stop
        return [self.place.path]


class AreaDetectorHDF5TimestampHandler(PointHandler):
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
        super().__init__(filename, frame_per_point)

    @staticmethod
    def open(place: Place) -> TimestampFrames:
        """The timestamps of a file, unopened."""
        return TimestampFrames(place=place)


class AreaDetectorHDF5SWMRTimestampHandler(AreaDetectorHDF5TimestampHandler):
    """Handler of the spec ``AD_HDF5_SWMR_TS``: as ``AD_HDF5_TS``, also while the file is written.

    That of area-detector-handlers raises AttributeError on its first call.
    """

    specs = frozenset({"AD_HDF5_SWMR_TS"})


def from_resource(place: Place, kwargs: Mapping[str, Any]) -> TimestampFrames:
    """Timestamps of a Resource with the spec ``AD_HDF5_TS`` or ``AD_HDF5_SWMR_TS``."""
    return TimestampFrames(place=place, frames_per_event=kwargs.get("frame_per_point"))
