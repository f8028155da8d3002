"""Files of a fly scan that are one datum: all frames of a row of a map, or a number of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.fault import Fault, Looked
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.held import FrameType
from framestore_handlers.place import Place
from framestore_handlers.sampled import check_by_reading

from .handler import DatumHandler, FilePath, lazy_frames
from .points import DETECTOR
from .rows import DatasetRows, check_event, in_frame, only, repeated_into

if TYPE_CHECKING:
    import dask.array as da

_GROUP = "/entry/instrument/detector"


def _dataset(target: str) -> str:
    return DETECTOR if target == "data" else f"{_GROUP}/NDAttributes/{target}"


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeDataset(HDF5Frames):
    """A dataset all of which is one event."""

    rows: int | None = None
    """Rows that it has by its data key, where that is known."""

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the rows from ``start`` on; see `FrameFile`."""
        shape = self.shape()
        check_event(self.rows, in_frame(shape, out.shape[1:], self.path), self.path)
        kind = HDF5Frames if shape[1:] == out.shape[1:] else DatasetRows
        kind(place=self.place, dataset=self.dataset).read_into(out, start)

    def times_into(self, out: NDArray[np.float64], start: int) -> None:
        """Fill ``out`` with the times of the frames that the rows from ``start`` on are of; see `TimedFrames`."""
        file = HDF5Frames(place=self.place, dataset=self.dataset)
        each = (self.rows or 1) // max(file.frames(), 1)
        repeated_into(out, start, max(each, 1), file.times_into)

    def check(self, wanted: Sequence[range], said: FrameType | None, looked: Looked) -> Iterator[Fault]:
        """What is wrong with some of the rows, as far as a few that are read tell; see `CheckedFrames`."""
        return check_by_reading(self, wanted, said, looked)

    def of_datum(self, datum_kwargs: Mapping[str, Any], frames: int) -> tuple["WholeDataset", int]:
        """The dataset that a datum names as its ``target``; see `DatumFrames`."""
        only(datum_kwargs, ("target",), self.path)
        return replace(self, dataset=_dataset(datum_kwargs.get("target", "data")), rows=frames), 0


class BulkXSPRESS(DatumHandler):
    """Handler of the specs of fly scans: all of a dataset, lazy.

    ``XSP3_FLY`` and its misspelling ``XPS3_FLY``, ``DEXELA_FLY_V1``, ``MERLIN_FLY``, ``MERLIN_FLY_STREAM_V1``. The
    values are those of area-detector-handlers.

    Parameters
    ----------
    resource_fn
        The file.
    """

    specs = frozenset({"XSP3_FLY", "XPS3_FLY", "DEXELA_FLY_V1", "MERLIN_FLY", "MERLIN_FLY_STREAM_V1"})

    def __init__(self, resource_fn: FilePath) -> None:
        place = Place.of(resource_fn)
        super().__init__(place, WholeDataset(place=place, dataset=DETECTOR))

    def __call__(  # pyright: ignore[reportIncompatibleMethodOverride] - a datum says other things than a point
        self, target: str = "data"
    ) -> "da.Array":
        """All of a dataset, lazy: the frames, or the NDAttribute of another name, a number a frame.

        Raises
        ------
        MissingFileError
            When the file is gone.
        OSError
            When it has no such dataset.
        """
        file = WholeDataset(place=self._place, dataset=_dataset(target))
        shape, (_, dtype) = file.shape(), file.frame_type()
        return lazy_frames(file, 0, shape[0], shape[1:], dtype.str)


def from_resource(place: Place, kwargs: Mapping[str, Any]) -> WholeDataset:
    """Data of a Resource with one of the specs of fly scans."""
    del kwargs
    return WholeDataset(place=place, dataset=DETECTOR)
