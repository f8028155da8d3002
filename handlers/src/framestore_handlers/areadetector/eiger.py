"""Series of images of an Eiger, whose master file links to files of images."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers import blocks
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import MissingFileError, Place
from framestore_handlers.segments import Segment

from .handler import DatumHandler, FilePath, lazy_frames
from .master import image_files, shape_of
from .rows import DatasetRows, check_event, in_frame, number_of, only

if TYPE_CHECKING:
    import dask.array as da


@dataclass(frozen=True, kw_only=True, slots=True)
class EigerSeries:
    """The images of a series, or one of them; a `FrameFile`.

    Data keys say of an image (height, width), or (1, height, width), and of a series (images, height, width): what is
    read is rows of an image, or images.
    """

    place: Place
    """What the names of its files begin with, not a file itself."""
    seq_id: int | str = 0
    """The detector's number of the series."""
    rows: int | None = None
    """Rows in an event by its data key, where that is known."""
    is_image: bool = False
    """Whether an event is an image, not a series."""
    frames_per_event: int | None = None
    """Not known: ``frame_per_point`` of old documents is the number of images in a file."""

    @property
    def master(self) -> Place:
        """The master file."""
        end = f"_{self.seq_id}_master.h5"
        path = self.place.path.with_name(self.place.path.name + end)
        return replace(self.place, path=path, named=self.place.named and f"{self.place.named}{end}", decoded=None)

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out``, (rows, \\*row shape), with the rows from ``start`` on; see `FrameFile`."""
        begin, row, each, stop = 0, out.shape[1:], 1, start + len(out)
        for images in image_files(self.master):
            if begin >= stop and self.is_image:
                return
            shape = shape_of(images, self.master)
            each = in_frame(shape[1:], row, images.path)
            if self.is_image:
                check_event(self.rows, each, images.path)
            end = begin + shape[0] * each
            low, high = max(start, begin), min(stop, end)
            if low < high:
                kind = HDF5Frames if each == 1 else DatasetRows
                kind(place=images.place, dataset=images.dataset).read_into(out[low - start : high - start], low - begin)
            begin = end
        if begin < stop:
            msg = f"{self.master.path} has {begin // each} images, its documents name images up to {-(-stop // each)}"
            raise OSError(msg)
        if not self.is_image:
            check_event(self.rows, begin, self.master.path)

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a row: of an image, or where one has as many rows as the data key says, of one of them."""
        shape, dtype = image_files(self.master)[0].frame_type()
        ends = (at for at in range(len(shape)) if self.is_image and prod(shape[:at]) == self.rows)
        return shape[next(ends, 0) :], dtype

    def files(self, start: int, stop: int) -> list[Path]:
        """The master file, and those of the images from ``start`` up to ``stop``: of all, where an event is a series.

        Behind a master file that is gone, or one of images, none is named: what it holds is not known.
        """
        try:
            found = list(self._needed(start, stop))
        except MissingFileError:
            found = []
        return [self.master.path, *found]

    def of_datum(self, datum_kwargs: Mapping[str, Any], frames: int) -> tuple["EigerSeries", int]:
        """The series of a datum, or its image of that number; see `DatumFrames`."""
        only(datum_kwargs, ("seq_id", "frame_num"), self.place.path)
        series = replace(self, seq_id=series_number(datum_kwargs, self.place.path))
        if datum_kwargs.get("frame_num") is None:
            return replace(series, rows=frames), 0
        number = number_of(datum_kwargs, "frame_num", self.place.path)
        return replace(series, rows=frames, is_image=True), number * frames

    def _needed(self, start: int, stop: int) -> Iterator[Path]:
        each, begin = self.rows or 1, 0
        for images in image_files(self.master):
            if self.is_image and begin * each >= stop:
                return
            end = begin
            try:
                end += shape_of(images, self.master)[0]
            except MissingFileError:
                yield images.path
                return
            if not self.is_image or start < end * each:
                yield images.path
            begin = end


_Seen = tuple[list[Segment], tuple[int, ...], str]
"""Files of a series, shape of an image, and dtype."""


class EigerHandler(DatumHandler):
    """Handler of the specs ``AD_EIGER``, ``AD_EIGER2`` and ``AD_EIGER_SLICE``: a series of images, lazy.

    The images of all files in order, however many each holds: that of area-detector-handlers repeats the first file,
    unless there is one image a file. An image of a ``frame_num`` is the image of that number in the series, from 0 on;
    there it is an AttributeError. A file that is missing is named. The files of a datum are the master and those that
    it links to, not those of other series whose number begins alike. What the master says of the detector is not read.

    Parameters
    ----------
    fpath
        What the names of the files begin with; ``<fpath>_<seq_id>_master.h5`` is the master file.
    images_per_file, frame_per_point
        Images in a file, by its old name the second; one must be given. The files themselves say how many they hold.

    Raises
    ------
    ValueError
        When neither is given.
    """

    specs = frozenset({"AD_EIGER", "AD_EIGER2", "AD_EIGER_SLICE"})

    def __init__(self, fpath: FilePath, images_per_file: int | None = None, frame_per_point: int | None = None) -> None:
        if images_per_file is None and frame_per_point is None:
            msg = f"{fspath(fpath)}: neither images_per_file nor frame_per_point is given; one must be"
            raise ValueError(msg)
        self._series = EigerSeries(place=Place.of(fpath))
        self._seen: dict[Place, _Seen] = {}
        super().__init__(self._series.place, self._series)

    def __call__(  # pyright: ignore[reportIncompatibleMethodOverride] - a datum says other things than a point
        self, seq_id: int | str, frame_num: int | None = None
    ) -> "da.Array":
        """The series, lazy (images, height, width), or the image of that number, (height, width).

        Raises
        ------
        ValueError
            When a number is below 0, or no number of a series.
        MissingFileError
            When the master file is gone, or one of images.
        OSError
            When the series has no such image.
        """
        series, number = self._series.of_datum({"seq_id": seq_id, "frame_num": frame_num}, 1)
        if frame_num is None:
            segments, shape, dtype = self._looked_at(series.master)
            return blocks.lazy(segments, (1, *shape), dtype)[:, 0]
        images, at, shape, dtype = self._found(series.master, number)
        return lazy_frames(images, at * shape[0], shape[0], shape[1:], dtype)

    def _looked_at(self, master: Place) -> _Seen:
        """What the files of a series hold, as it is now."""
        files = image_files(master)
        counts = [shape_of(images, master)[0] for images in files]
        shape, dtype = files[0].frame_type()
        segments = [Segment(file=file, first=0, events=count) for file, count in zip(files, counts, strict=True)]
        self._seen[master] = segments, shape, dtype.str
        return self._seen[master]

    def _found(self, master: Place, number: int) -> tuple[DatasetRows, int, tuple[int, ...], str]:
        """File of an image, its number there, its shape and dtype; the files are looked at again for one behind all."""
        segments, shape, dtype = self._seen.get(master) or self._looked_at(master)
        if number >= sum(segment.events for segment in segments):
            segments, shape, dtype = self._looked_at(master)
        begin = 0
        for images, count in ((segment.file, segment.events) for segment in segments):
            if number < begin + count and isinstance(images, HDF5Frames):
                return DatasetRows(place=images.place, dataset=images.dataset), number - begin, shape, dtype
            begin += count
        msg = f"{master.path} has {begin} images, there is no image {number}: they count from 0"
        raise OSError(msg)

    def paths(self, datum_kwargs: Mapping[str, Any]) -> list[Path]:
        """The master file, and all that it links to."""
        master = self._series.of_datum(datum_kwargs, 1)[0].master
        return [master.path, *(images.path for images in image_files(master))]


def series_number(datum_kwargs: Mapping[str, Any], path: Path) -> int | str:
    """Number of a series, and no part of a path; as text it is as it stands in the names of the files.

    Raises
    ------
    ValueError
        When the datum does not say it, or it is no number.
    """
    value = datum_kwargs.get("seq_id")
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return value
    return number_of(datum_kwargs, "seq_id", path)


def from_resource(place: Place, kwargs: Mapping[str, Any]) -> EigerSeries:
    """Images of a Resource with the spec ``AD_EIGER``, ``AD_EIGER2`` or ``AD_EIGER_SLICE``."""
    del kwargs
    return EigerSeries(place=place)
