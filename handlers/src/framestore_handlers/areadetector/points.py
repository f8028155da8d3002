"""Points out of a file of many frames that areaDetector's HDF5 plugin wrote."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from framestore_handlers import blocks
from framestore_handlers.hdf5 import LAYOUT, HDF5Frames
from framestore_handlers.place import MissingFileError, Place

from .handler import AreaDetectorHandler, FilePath, lazy_frames

if TYPE_CHECKING:
    import dask.array as da

DETECTOR = "/entry/instrument/detector/data"
"""Where the plugin's own layout has the frames; its ``/entry/data/data`` is a link to it."""


class _PointHandler(AreaDetectorHandler):
    """Base: a subclass says where in the file the frames are."""

    dataset: ClassVar[str] = LAYOUT.dataset

    def __init__(self, filename: FilePath, frame_per_point: int = 1) -> None:
        self._file = HDF5Frames(place=Place.of(filename), dataset=self.dataset)
        self._frames = int(frame_per_point)

    def __call__(self, point_number: int) -> "da.Array":
        """Frames of one point, lazy: (frames, \\*frame shape).

        Raises
        ------
        ValueError
            When the number is below 0.
        MissingFileError
            When the file is gone.
        OSError
            When the file does not hold that point.
        """
        first = blocks.first_frame(point_number, self._frames, self._file.path)
        check_point(self._file, point_number, self._frames)
        shape, dtype = self._file.frame_type()
        return lazy_frames(self._file, first, self._frames, shape, dtype.str)

    def paths(self, datum_kwargs: Mapping[str, Any]) -> list[Path]:
        """The file, whichever point it is."""
        del datum_kwargs
        return [self._file.path]


class AreaDetectorHDF5SWMRHandler(_PointHandler):
    """Handler of the spec ``AD_HDF5_SWMR``: a file that can be read while it is written.

    Each call sees the frames that are there by then, also those of a file that was closed since. That of
    area-detector-handlers raises AttributeError on its second call.

    Parameters
    ----------
    filename
        The file.
    frame_per_point
        Frames in a point.
    """

    specs = frozenset({"AD_HDF5_SWMR"})


class TimepixHDF5Handler(_PointHandler):
    """Handler of the spec ``TPX_HDF5``: as ``AD_HDF5``, with the frames at ``/entry/instrument/detector/data``.

    Parameters
    ----------
    filename
        The file.
    frame_per_point
        Frames in a point.
    """

    specs = frozenset({"TPX_HDF5"})
    dataset = DETECTOR


def check_point(file: HDF5Frames, point_number: int, frames: int) -> None:
    """Check that a file holds a point of so many frames.

    Raises
    ------
    MissingFileError
        When the file is gone.
    OSError
        When it does not hold the point.
    """
    try:
        file.check_frame((point_number + 1) * frames - 1)
    except MissingFileError:
        raise
    except OSError as error:
        msg = f"{file.path} does not hold point {point_number} with {frames} frames a point: {error}"
        raise OSError(msg) from error


def from_swmr_resource(place: Place, kwargs: Mapping[str, Any]) -> HDF5Frames:
    """Frames of a Resource with the spec ``AD_HDF5_SWMR``."""
    return HDF5Frames(place=place, frames_per_event=kwargs.get("frame_per_point"))


def from_timepix_resource(place: Place, kwargs: Mapping[str, Any]) -> HDF5Frames:
    """Frames of a Resource with the spec ``TPX_HDF5``."""
    return HDF5Frames(place=place, dataset=DETECTOR, frames_per_event=kwargs.get("frame_per_point"))
