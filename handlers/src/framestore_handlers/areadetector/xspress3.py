"""Spectra of the channels of an Xspress3."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import fspath
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from numpy.typing import NDArray

from framestore_handlers.claims import LARGEST_NUMBER
from framestore_handlers.fault import Fault, Looked
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.hdf5.again import Seen
from framestore_handlers.hdf5.filters import ensure_filters
from framestore_handlers.hdf5.opening import check_whole, open_for_reading
from framestore_handlers.hdf5.trust import check_sources
from framestore_handlers.held import FrameType, check_count
from framestore_handlers.naming import named_errors
from framestore_handlers.place import Place
from framestore_handlers.sampled import check_by_reading

from .handler import DatumHandler, FilePath, lazy_frames
from .points import DETECTOR
from .rows import DatasetRows, check_event, in_frame, number_of, only, repeated_into

if TYPE_CHECKING:
    import dask.array as da


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelSpectra(HDF5Frames):
    """The spectra of one channel, one a frame, in a dataset (frames, channels, bins).

    Data keys say of a spectrum (bins,), or (1, bins): what is read is rows of one number, or of a spectrum.
    """

    channel: int = 1
    """Number of the channel, from 1 on."""
    rows: int | None = None
    """Rows in a spectrum by its data key, where that is known."""
    frames_seen: Seen | None = field(default=None, repr=False, compare=False)
    """What was found of the frames of all channels, for who reads a spectrum at a time."""

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out``, (rows, \\*row shape), with the rows from ``start`` on; see `FrameFile`."""
        with named_errors(self.place, self.path):
            if not self._read_again(out, start):
                self._read_into(out, start)

    def _read_again(self, out: NDArray[Any], start: int) -> bool:
        """Do that by what was found before, and return True; or False, for all to be looked at."""
        if self.frames_seen is None or self.frames_seen.frame is None:
            return False
        shape, dtype = self.frames_seen.frame
        if len(shape) != 2 or dtype != out.dtype or self.channel > shape[0]:
            return False
        first, last, skip = self._span(shape[1], out, start)
        frames = np.empty((last - first, *shape), dtype)
        if not self.frames_seen.read(self.place, self.dataset, frames, first):
            return False
        out[:] = frames[:, self.channel - 1].reshape(-1, *out.shape[1:])[skip : skip + len(out)]
        return True

    def _read_into(self, out: NDArray[Any], start: int) -> None:
        with open_for_reading(self.place) as file:
            dataset = self._dataset(file)
            bins = self._bins(dataset, out)
            first, last, skip = self._span(bins, out, start)
            check_count(f"{self.path}: {self.dataset}", dataset.shape[0], last)
            if file.swmr_mode:
                check_whole(dataset, self.path, first, last)
            if dataset.is_virtual:
                check_sources(dataset, self.place, first, last)
            if self.frames_seen is not None and not file.swmr_mode:
                self.frames_seen.note(file, dataset, self.dataset)
            ensure_filters(dataset, self.path)
            found = np.empty((last - first, bins), out.dtype)
            dataset.read_direct(found, np.s_[first:last, self.channel - 1])
            out[:] = found.reshape(-1, *out.shape[1:])[skip : skip + len(out)]

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a row: of a number where a spectrum has several, else of a spectrum."""
        with named_errors(self.place, self.path), open_for_reading(self.place) as file:
            dataset = self._dataset(file)
            return (dataset.shape[-1:] if self.rows in (None, 1) else ()), dataset.dtype

    def times_into(self, out: NDArray[np.float64], start: int) -> None:
        """Fill ``out`` with the times of the frames that the rows from ``start`` on are of; see `TimedFrames`."""
        repeated_into(out, start, self.rows or 1, HDF5Frames(place=self.place, dataset=self.dataset).times_into)

    def check(self, wanted: Sequence[range], said: FrameType | None, looked: Looked) -> Iterator[Fault]:
        """What is wrong with some of the rows, as far as a few that are read tell; see `CheckedFrames`."""
        return check_by_reading(self, wanted, said, looked)

    def of_datum(self, datum_kwargs: Mapping[str, Any], frames: int) -> tuple["ChannelSpectra", int]:
        """The spectrum of a frame and a channel; see `DatumFrames`."""
        only(datum_kwargs, ("frame", "channel"), self.path)
        frame = number_of(datum_kwargs, "frame", self.path)
        channel = number_of(datum_kwargs, "channel", self.path, least=1)
        return replace(self, channel=channel, rows=frames), frame * frames

    def _span(self, bins: int, out: NDArray[Any], start: int) -> tuple[int, int, int]:
        """The first frame of some rows, the one behind their last, and how many rows of the first are not asked for."""
        each = in_frame((bins,), out.shape[1:], self.path)
        check_event(self.rows, each, self.path)
        return start // each, -(-(start + len(out)) // each), start % each

    def _bins(self, dataset: h5py.Dataset, out: NDArray[Any]) -> int:
        if dataset.ndim != 3 or dataset.dtype != out.dtype or not 1 <= self.channel <= dataset.shape[1]:
            msg = (
                f"{self.path}: {self.dataset} holds {dataset.shape} {dataset.dtype}, (frames, channels, bins); "
                f"its documents say channel {self.channel}, {out.dtype}"
            )
            raise OSError(msg)
        return dataset.shape[2]


class Xspress3HDF5Handler(DatumHandler):
    """Handler of the spec ``XSP3``: the spectrum of a channel in a frame, (bins,), lazy.

    Without a frame the spectra of a channel in all frames, without a channel those of all channels; that of
    area-detector-handlers gives other data, or a TypeError, then. Channel 0, of which it gives the last, is refused.

    Parameters
    ----------
    filename
        The file; an open h5py.File, too, of which only the name is taken.
    key
        Path of the dataset, (frames, channels, bins).
    """

    specs = frozenset({"XSP3"})

    def __init__(self, filename: FilePath | h5py.File, key: str = DETECTOR) -> None:
        path = filename.filename if isinstance(filename, h5py.File) else fspath(filename)
        self._dataset = key
        self._frames_seen = Seen()
        self._seen: tuple[tuple[int, int, int], str] | None = None
        super().__init__(Place.of(path), HDF5Frames(place=Place.of(path), dataset=key))

    def __call__(  # pyright: ignore[reportIncompatibleMethodOverride] - a datum says other things than a point
        self, frame: int | None = None, channel: int | None = None
    ) -> "da.Array":
        """Spectrum of a channel in a frame, lazy: (bins,); frames and channels come first where all are asked for.

        Raises
        ------
        ValueError
            When the frame is below 0, or the channel below 1.
        MissingFileError
            When the file is gone.
        OSError
            When the file does not hold them.
        """
        asked = {"frame": frame or 0, "channel": 1 if channel is None else channel}
        spectra = ChannelSpectra(place=self._place, dataset=self._dataset, frames_seen=self._frames_seen)
        spectra, first = spectra.of_datum(asked, 1)
        (frames, channels, bins), dtype = self._shape(LARGEST_NUMBER if frame is None else first)
        if first >= frames or spectra.channel > channels:
            held = f"{self._place.path} holds {frames} frames of {channels} channels"
            msg = f"{held}; frame {frame}, channel {channel} is not in it"
            raise OSError(msg)
        if frame is None:
            file, row = (self._file, (channels, bins)) if channel is None else (spectra, (bins,))
            return lazy_frames(file, 0, frames, row, dtype)
        if channel is None:
            rows = DatasetRows(place=self._place, dataset=self._dataset)
            return lazy_frames(rows, first * channels, channels, (bins,), dtype)
        return lazy_frames(replace(spectra, rows=bins), first * bins, bins, (), dtype)

    def _shape(self, frame: int) -> tuple[tuple[int, int, int], str]:
        """Shape, which may have grown since it was looked at where it has no such frame, and dtype of the dataset."""
        if self._seen is None or frame >= self._seen[0][0]:
            file = HDF5Frames(place=self._place, dataset=self._dataset)
            shape, (_, dtype) = file.shape(), file.frame_type()
            if len(shape) != 3:
                msg = f"{self._place.path}: {self._dataset} holds {shape}, expected (frames, channels, bins)"
                raise OSError(msg)
            self._seen = shape, dtype.str
        return self._seen


def from_resource(place: Place, kwargs: Mapping[str, Any]) -> ChannelSpectra:
    """Spectra of a Resource with the spec ``XSP3``."""
    return ChannelSpectra(place=place, dataset=kwargs.get("key", DETECTOR))
