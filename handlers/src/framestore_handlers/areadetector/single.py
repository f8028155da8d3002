"""HDF5 files that hold a frame each."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.claims import check_files
from framestore_handlers.handler import FrameHandler
from framestore_handlers.hdf5 import LAYOUT, HDF5Frames
from framestore_handlers.hdf5.leading import read_leading
from framestore_handlers.hdf5.opening import open_for_reading
from framestore_handlers.naming import named_errors
from framestore_handlers.place import Place
from framestore_handlers.templates import Template, parse

from .handler import FilePath
from .stacks import below


@dataclass(frozen=True, kw_only=True, slots=True)
class SingleFrame(HDF5Frames):
    """The one frame of a file: a dataset of its shape, or with a leading 1."""

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out``, (1, \\*frame shape), with the frame; see `FrameFile`."""
        with named_errors(self.place, self.path), open_for_reading(self.place) as file:
            dataset = self._dataset(file)
            shape = dataset.shape
            if shape not in {out.shape[1:], (1, *out.shape[1:])}:
                msg = f"{self.path}: {self.dataset} holds {shape}, its documents say one frame of {out.shape[1:]}"
                raise OSError(msg)
            read_leading(dataset, self.place, out, start)

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape, without a leading 1 of an image, and dtype of the frame."""
        with named_errors(self.place, self.path), open_for_reading(self.place) as file:
            dataset = self._dataset(file)
            leads = dataset.ndim > 2 and dataset.shape[0] == 1
            return dataset.shape[leads:], dataset.dtype

    def array(self) -> NDArray[Any]:
        """The frame."""
        shape, dtype = self.frame_type()
        out = np.empty((1, *shape), dtype)
        self.read_into(out, 0)
        return out[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class SingleFrames:
    """The frames of a series of HDF5 files that hold one each; a `FrameFile`."""

    place: Place
    """The folder where the files are."""
    template: Template
    """How they are named."""
    dataset: str = LAYOUT.dataset
    """Path of the dataset in each file."""
    frames_per_event: int | None = None
    """Frames in an event, where the document of the series says so."""

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        for row in range(len(out)):
            self.file(start + row).read_into(out[row : row + 1], 0)

    def times_into(self, out: NDArray[np.float64], start: int) -> None:
        """Fill ``out`` with the times from that of frame ``start`` on; see `TimedFrames`. No image is read."""
        for row in range(len(out)):
            self.file(start + row).times_into(out[row : row + 1], 0)

    def frame_type(self, number: int = 0) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame."""
        return self.file(number).frame_type()

    def file(self, number: int, dataset: str = "") -> SingleFrame:
        """What the file of a frame holds."""
        return SingleFrame(place=below(self.place, self.template.name(number)), dataset=dataset or self.dataset)

    def files(self, start: int, stop: int) -> list[Path]:
        """Files of the frames from number ``start`` up to ``stop``."""
        check_files(stop - start, self.place.path)
        return [self.file(number).place.chosen() for number in range(start, stop)]


class HDF5SingleHandler(FrameHandler):
    """Handler of series of HDF5 files of one frame each: a point is a lazy array (frames, \\*frame shape).

    A frame's shape has no leading 1, though each file has it, written as one frame of many: so says the data key. That
    of area-detector-handlers gives (frames, 1, height, width) then.

    Parameters
    ----------
    fpath
        The folder.
    template
        How the files are named, in areaDetector's notation: ``%s%s_%6.6d.h5``, for folder, ``filename`` and number.
    filename
        What the names begin with.
    key
        Path of the dataset in each file.
    frame_per_point
        Frames in a point.
    """

    def __init__(self, fpath: FilePath, template: str, filename: str, key: str, frame_per_point: int = 1) -> None:
        place = Place.of(fpath)
        self._series = SingleFrames(place=place, template=parse(template, filename), dataset=key)
        super().__init__(place, self._series, frame_per_point)

    def _check(self, point_number: int, start: int, stop: int) -> None:
        """All files of the point must be there; what they hold is seen when they are read."""
        del point_number
        for number in range(start, stop):
            place = self._series.file(number).place
            if not place.checked().exists():
                raise place.missing()

    def _frame_type(self, first: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
        return self._series.frame_type(first)


class AreaDetectorHDF5SingleHandler(HDF5SingleHandler):
    """Handler of the spec ``AD_HDF5_SINGLE``: areaDetector's HDF5 plugin in its mode ``Single``.

    See `HDF5SingleHandler` for what differs from that of area-detector-handlers.

    Parameters
    ----------
    fpath
        The folder.
    template
        How the files are named.
    filename
        What the names begin with.
    frame_per_point
        Frames in a point.
    """

    specs = frozenset({"AD_HDF5_SINGLE"})

    def __init__(self, fpath: FilePath, template: str, filename: str, frame_per_point: int = 1) -> None:
        super().__init__(fpath, template, filename, key=LAYOUT.dataset, frame_per_point=frame_per_point)


def from_resource(place: Place, kwargs: Mapping[str, Any]) -> SingleFrames:
    """Frames of a Resource with the spec ``AD_HDF5_SINGLE``, or ``SPECS_HDF5_SINGLE_DATAFRAME``."""
    return SingleFrames(
        place=place,
        template=parse(kwargs["template"], kwargs.get("filename", "")),
        dataset=kwargs.get("key", LAYOUT.dataset),
        frames_per_event=kwargs.get("frame_per_point"),
    )
