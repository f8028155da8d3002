"""Frames out of an HDF5 file, also while it is being written."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from math import prod
from os import PathLike
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from framestore_handlers.checksum import NONE, Compared, compared_frames
from framestore_handlers.fault import Fault, Looked
from framestore_handlers.held import FrameType, check_count, check_type
from framestore_handlers.naming import named_errors
from framestore_handlers.place import Place
from framestore_handlers.points import PointHandler

from .again import Seen
from .along import read_along
from .check import check_dataset
from .checksums import checksums_of
from .layout import LAYOUT
from .leading import leading_of, read_leading
from .opening import open_for_reading
from .rows import read_rows
from .times import times_into
from .trust import check_sources, trusted


@dataclass(frozen=True, kw_only=True, slots=True)
class HDF5Frames:
    """The frames of one dataset: (frames, \\*frame shape)."""

    place: Place
    """The file."""
    dataset: str = LAYOUT.dataset
    """Path of the dataset in the file."""
    frames_per_event: int | None = None
    """Frames in an event, where the document of the file says so."""
    seen: Seen = field(default_factory=Seen, init=False, repr=False, compare=False)
    """What was found of the dataset, for who reads a frame at a time."""

    @property
    def path(self) -> Path:
        """The file."""
        return self.place.path

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        with named_errors(self.place, self.path):
            if not self.seen.read(self.place, self.dataset, out, start):
                self._read_into(out, start)

    def _read_into(self, out: NDArray[Any], start: int) -> None:
        with open_for_reading(self.place) as file:
            dataset = self._dataset(file)
            if dataset.shape[1:] != out.shape[1:] and leading_of(dataset) != dataset.shape[:1]:
                read_leading(dataset, self.place, out, start)
                return
            what = f"{self.path}: {self.dataset}"
            check_type(what, (dataset.shape[1:], dataset.dtype), (out.shape[1:], out.dtype), in_order=True)
            check_count(what, dataset.shape[0], start + len(out))
            if dataset.is_virtual:
                check_sources(dataset, self.place, start, start + len(out))
            if file.swmr_mode:
                read_along(dataset, self.path, out, start)
                return
            self.seen.note(file, dataset, self.dataset)
            read_rows(dataset, self.path, out, start)

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame."""
        with named_errors(self.place, self.path), open_for_reading(self.place) as file:
            dataset = self._dataset(file)
            return dataset.shape[len(leading_of(dataset)) :], dataset.dtype

    def times_into(self, out: NDArray[np.float64], start: int) -> None:
        """Fill ``out`` with the times from that of frame ``start`` on; see `TimedFrames`. No image is read."""
        with named_errors(self.place, self.path), open_for_reading(self.place) as file:
            held = prod(leading_of(self._dataset(file)))
            check_count(f"{self.path}: {self.dataset}", held, start + len(out))
            times_into(partial(self._other, file), self.path, out, start)

    def checksums(self, pixels: NDArray[Any], start: int) -> list[Compared]:
        """What the file says of the checksums of these frames, and what was found; see `SummedFrames`."""
        if self.dataset.strip("/") != LAYOUT.dataset.strip("/"):
            return [NONE] * len(pixels)  # those that the file may hold are of other frames
        with named_errors(self.place, self.path), open_for_reading(self.place) as file:
            said = checksums_of(partial(self._other, file), self.path, start, len(pixels))
            order = self._dataset(file).dtype.byteorder
        return compared_frames(said, pixels, order)

    def check_frame(self, number: int) -> int:
        """Check that there is a frame of that number, and say how many there are; OSError when there is none."""
        frames = self.frames()
        if not number < frames:
            msg = f"{self.path} does not hold frame {number}: it holds {frames}"
            raise OSError(msg)
        return frames

    def frames(self) -> int:
        """How many frames the file holds now."""
        with named_errors(self.place, self.path), open_for_reading(self.place) as file:
            return prod(leading_of(self._dataset(file)))

    def shape(self) -> tuple[int, ...]:
        """Shape of the dataset now."""
        with named_errors(self.place, self.path), open_for_reading(self.place) as file:
            return self._dataset(file).shape

    @contextmanager
    def opened(self) -> Generator[h5py.Dataset]:
        """The dataset, open for as long as it lasts, for who reads more of it than its frames.

        Raises
        ------
        MissingFileError, UntrustedPathError
            When the file is gone, or outside of what may be opened; so of all that leads to the dataset.
        OSError
            When it is cut off, or is not HDF5, or lacks the dataset.
        """
        with ExitStack() as stack:
            with named_errors(self.place, self.path):
                dataset = self._dataset(stack.enter_context(open_for_reading(self.place)))
            yield dataset  # what goes wrong from here on need not be about the file

    def files(self, start: int, stop: int) -> list[Path]:
        """The file, whichever frames are asked for."""
        del start, stop
        return [self.place.chosen()]

    def check(self, wanted: Sequence[range], said: FrameType | None, looked: Looked) -> Iterator[Fault]:
        """What is wrong with some of the frames; see `CheckedFrames`."""
        return check_dataset(self.place, self.dataset, wanted, said, looked)

    def _dataset(self, file: h5py.File) -> h5py.Dataset:
        return trusted(file, self.dataset, self.place)

    def _other(self, file: h5py.File, name: str) -> h5py.Dataset:
        return trusted(file, name, self.place)


class HDF5Handler(PointHandler):
    """Handler of the spec ``AD_HDF5``: a point is a lazy dask array (frames, \\*frame shape).

    Parameters
    ----------
    filename
        The file; area-detector-handlers calls it so.
    frame_per_point
        Frames in a point.
    kwargs
        Nothing else is taken: a TypeError says what it was.
    """

    specs = frozenset({LAYOUT.spec})

    def __init__(self, filename: str | PathLike[str], frame_per_point: int = 1, **kwargs: Any) -> None:
        super().__init__(filename, frame_per_point, **kwargs)

    @staticmethod
    def open(place: Place) -> HDF5Frames:
        """The frames of a file, unopened."""
        return HDF5Frames(place=place)


def from_resource(place: Place, kwargs: Mapping[str, Any]) -> HDF5Frames:
    """Frames of a Resource with the spec ``AD_HDF5``."""
    return HDF5Frames(place=place, frames_per_event=kwargs.get("frame_per_point"))


def from_stream_resource(place: Place, parameters: Mapping[str, Any]) -> HDF5Frames:
    """Frames of a StreamResource with the mimetype ``application/x-hdf5``."""
    dataset = parameters.get("dataset", LAYOUT.dataset)
    if not isinstance(dataset, str) or "\0" in dataset:
        msg = f"the document of {place.named} must name its dataset as text, not {dataset!r:.80}"
        raise ValueError(msg)
    stacked = parameters.get("join_method") == "stack"
    return HDF5Frames(
        place=place,
        dataset=dataset,
        frames_per_event=parameters["chunk_shape"][1] if stacked and "chunk_shape" in parameters else None,
    )
