"""Points out of a file of many frames that areaDetector's HDF5 plugin wrote."""

from collections.abc import Mapping
from typing import Any

from framestore_handlers.hdf5 import HDF5Frames, HDF5Handler
from framestore_handlers.place import Place

from .handler import FilePath

DETECTOR = "/entry/instrument/detector/data"
"""Where the plugin's own layout has the frames; its ``/entry/data/data`` is a link to it."""


class AreaDetectorHDF5SWMRHandler(HDF5Handler):
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

    def __init__(self, filename: FilePath, frame_per_point: int = 1) -> None:
        super().__init__(filename, frame_per_point)


class TimepixHDF5Handler(HDF5Handler):
    """Handler of the spec ``TPX_HDF5``: as ``AD_HDF5``, with the frames at ``/entry/instrument/detector/data``.

    Parameters
    ----------
    filename
        The file.
    frame_per_point
        Frames in a point.
    """

    specs = frozenset({"TPX_HDF5"})

    def __init__(self, filename: FilePath, frame_per_point: int = 1) -> None:
        super().__init__(filename, frame_per_point)

    @staticmethod
    def open(place: Place) -> HDF5Frames:
        """The frames of a file, unopened."""
        return HDF5Frames(place=place, dataset=DETECTOR)


def from_timepix_resource(place: Place, kwargs: Mapping[str, Any]) -> HDF5Frames:
    """Frames of a Resource with the spec ``TPX_HDF5``."""
    return HDF5Frames(place=place, dataset=DETECTOR, frames_per_event=kwargs.get("frame_per_point"))
