"""Frames out of HDF5 files into another, chunk by chunk as they stand there: nothing is decoded."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import h5py
from framestore_handlers.frame_array import FrameArray
from framestore_handlers.frame_file import FrameFile
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.hdf5.filters import ensure_filters
from framestore_handlers.hdf5.stored import Corner, stored
from framestore_handlers.held import check_count
from framestore_handlers.segments import Segment

from framestore.exporters.batches import frames_of_a_batch
from framestore.exporters.pixels import batch
from framestore.exporters.task import Tell

from .storage import Storage

_LOSSLESS = frozenset({1, 2, 3, 32000, 32001, 32004, 32008, 32015})
"""Numbers of the filters that give back what they got: https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md"""
_BITSHUFFLE, _BITSHUFFLE_OWN = 32008, 3
"""Number of the filter, and how many options it puts before those that it was given, each time that it is set."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """How a dataset stores frames; chunks of one are those of another of the same form."""

    chunk: tuple[int, ...]
    """Shape of the chunks: (rows, \\*tile)."""
    filters: tuple[tuple[int, tuple[int, ...]], ...]
    """Number and options of each filter."""
    type: h5py.h5t.TypeID
    """Of the pixels."""

    @classmethod
    def of(cls, dataset: h5py.Dataset, frames: FrameArray) -> "Form | None":
        """That of a dataset; None where it has no chunks, other frames than the documents say, or filters that lose."""
        chunk = dataset.chunks
        is_said = dataset.shape[1:] == frames.shape[2:] and dataset.dtype == frames.dtype
        if chunk is None or not is_said or 0 in dataset.shape:
            return None
        filters = _filters(dataset)
        if any(number not in _LOSSLESS for number, _ in filters):
            return None
        return cls(chunk=chunk, filters=filters, type=dataset.id.get_type().copy())

    @property
    def is_a_row(self) -> bool:
        """Whether a chunk is of one frame only, so that it fits in wherever that goes."""
        return self.chunk[0] == 1


def copied(group: h5py.Group, name: str, frames: FrameArray, storage: Storage, tell: Tell) -> h5py.Dataset | None:
    """Copy frames into a new dataset (events, frames, \\*frame shape); None where their files do not have such chunks.

    Those of files that store them otherwise than the first does are decoded, and stored as the first does; so are those
    of chunks that hold several.

    Raises
    ------
    MissingFileError, OSError
        When a file is gone, or a frame is cut off, damaged or was never written.
    """
    file = frames.segments[0].file if frames.segments else None
    if 0 in frames.shape or not isinstance(file, HDF5Frames) or not is_hdf5(file):
        return None
    with file.opened() as dataset:
        form = Form.of(dataset, frames)
        target = None if form is None else _created(group, name, dataset, form, _space(form, frames, storage))
    if form is None or target is None:
        return None
    _Copy(frames=frames, form=form, target=target, storage=storage, tell=tell).run()
    return target


@dataclass(frozen=True, kw_only=True, slots=True)
class _Copy:
    """Frames on their way."""

    frames: FrameArray
    form: Form
    target: h5py.Dataset
    storage: Storage
    tell: Tell

    def run(self) -> None:
        """Copy all of them; a file is opened once for all that stands in it consecutively."""
        row = 0
        for _, grouped in groupby(self.frames.segments, key=lambda segment: id(segment.file)):
            segments = list(grouped)
            self._copy(segments, row)
            row += self._count(segments)

    def _copy(self, segments: list[Segment], row: int) -> None:
        file = segments[0].file
        if not isinstance(file, HDF5Frames) or not is_hdf5(file):
            return self._decode(row, self._count(segments))
        with file.opened() as dataset:
            if not self.form.is_a_row or Form.of(dataset, self.frames) != self.form:
                return self._decode(row, self._count(segments))
            what = f"{file.path}: {file.dataset}"
            for segment in segments:
                check_count(what, dataset.shape[0], segment.first + self._count([segment]))
                self._copy_rows(dataset, file.path, segment, row)
                row += self._count([segment])
        return None

    def _copy_rows(self, dataset: h5py.Dataset, path: Path, segment: Segment, row: int) -> None:
        last_tile = _last_tile(self.frames.shape[2:], self.form.chunk[1:])
        target: Any = self.target.id
        for corner, mask, data in stored(dataset, path, segment.first, segment.first + self._count([segment])):
            place = self._place(row + corner[0] - segment.first, *corner[1:])
            if data is None:
                self._copy_by_hdf5(dataset, path, corner, place)
            else:
                target.write_direct_chunk(place, data, mask)
            if corner[1:] == last_tile:
                self.tell(1)

    def _copy_by_hdf5(self, dataset: h5py.Dataset, path: Path, corner: Corner, place: Corner) -> None:
        ensure_filters(dataset, path)
        tile = tuple(slice(start, start + size) for start, size in zip(corner[1:], self.form.chunk[1:], strict=True))
        self.target[(*place[: len(place) - len(tile)], *tile)] = dataset[(corner[0], *tile)]

    def _decode(self, row: int, count: int) -> None:
        step = frames_of_a_batch(self.frames)
        for start in range(row, row + count, step):
            for number, image in enumerate(batch(self.frames, start, min(start + step, row + count)), start):
                self.target[self._place(number)] = image
                self.tell(1)

    def _place(self, number: int, *pixel: int) -> Corner:
        """Where a frame, counted through, and what begins at a pixel of it, is in the new dataset."""
        return self.storage.axes((*divmod(number, self.frames.shape[1]), *pixel), self.frames.shape[1])

    def _count(self, segments: list[Segment]) -> int:
        return sum(segment.events for segment in segments) * self.frames.shape[1]


def _space(form: Form, frames: FrameArray, storage: Storage) -> tuple[Corner, Corner]:
    """Shape of the new dataset, and of its chunks."""
    in_an_event = frames.shape[1]
    return storage.axes(frames.shape, in_an_event), storage.axes((1, 1, *form.chunk[1:]), in_an_event)


def _created(
    group: h5py.Group, name: str, source: h5py.Dataset, form: Form, space: tuple[Corner, Corner]
) -> h5py.Dataset | None:
    """A dataset of another shape with the chunks and filters of the source; None where one cannot be made.

    To some filters HDF5 adds options when a dataset is made: where they differ, chunks mean something else.
    """
    ensure_filters(source, Path(source.file.filename))
    plist: Any = source.id.get_create_plist().copy()
    filters = [plist.get_filter(number) for number in range(plist.get_nfilters())]
    for number, *_ in filters:
        plist.remove_filter(number)
    for number, flags, options, _ in filters:
        plist.set_filter(number, flags, options[_BITSHUFFLE_OWN if number == _BITSHUFFLE else 0 :])
    plist.set_chunk(space[1])
    plist.set_obj_track_times(False)
    extent = h5py.h5s.create_simple(space[0])
    made = h5py.Dataset(h5py.h5d.create(group.id, name.encode(), form.type, extent, plist))
    if not form.is_a_row or _filters(made) == form.filters:
        return made
    del group[name]
    return None


def _filters(dataset: h5py.Dataset) -> tuple[tuple[int, tuple[int, ...]], ...]:
    plist = dataset.id.get_create_plist()
    found = (plist.get_filter(number) for number in range(plist.get_nfilters()))
    return tuple((number, tuple(options)) for number, _, options, _ in found)


def is_hdf5(file: FrameFile) -> bool:
    """Whether frames are the rows of a dataset, as they are; some classes make others of them."""
    return type(file) is HDF5Frames


def _last_tile(shape: tuple[int, ...], tile: tuple[int, ...]) -> Corner:
    return tuple((size - 1) // part * part for size, part in zip(shape, tile, strict=True))
