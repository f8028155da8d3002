"""Frames that stay where they are: a virtual dataset that names the files by their place beside its own."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from framestore_handlers.frame_array import FrameArray
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.hdf5.stored import check_rows
from framestore_handlers.held import check_count, check_type
from framestore_handlers.segments import Segment

from framestore.exporters.selection import Field

from .raw import is_hdf5
from .storage import Storage

MOST_FILES = 128
"""HDF5 keeps the files open that were read, and gives zeros for those that it has no handle left for."""
MOST_PARTS = 4096
"""Parts of a virtual dataset; HDF5 looks through all of them each time that some frames are read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Frames that are rows of a dataset in another file."""

    file: Path
    """The file."""
    dataset: str
    """Path of the dataset in it."""
    shape: tuple[int, ...]
    """Of that dataset."""
    first: int
    """First row."""
    event: int
    """First event."""
    events: int
    """How many."""

    def of(self, start: int, events: int, in_an_event: int) -> "Part":
        """So many of its events, from one on."""
        return replace(self, first=self.first + start * in_an_event, event=self.event + start, events=events)


def linkable(field: Field) -> FrameArray:
    """The frames of a field that can be linked.

    Raises
    ------
    ValueError
        When they cannot; it says what to do.
    """
    pixels = field.pixels
    if not field.is_unchanged:
        msg = f"{field.name}: link=True leaves pixels as they are; leave out subtract, dtype and scale, or link"
        raise ValueError(msg)
    if not isinstance(pixels, FrameArray) or not all(is_hdf5(segment.file) for segment in pixels.segments):
        msg = f"{field.name}: its frames are not rows of HDF5 datasets, which alone can be linked; leave out link=True"
        raise ValueError(msg)
    files = len({segment.file.path for segment in pixels.segments if isinstance(segment.file, HDF5Frames)})
    if files > MOST_FILES or len(pixels.segments) > MOST_PARTS:
        msg = (
            f"{field.name}: its frames are in {files} files, in {len(pixels.segments)} pieces; {MOST_FILES} files and "
            f"{MOST_PARTS} pieces can be linked: leave out link=True"
        )
        raise ValueError(msg)
    return pixels


def linked(group: h5py.Group, name: str, frames: FrameArray, storage: Storage) -> h5py.Dataset:
    """A virtual dataset of frames (events, frames, \\*frame shape); see `linkable`.

    Files are named from the folder of the group's file on, so that both can be moved together; links in their paths are
    followed first. HDF5 gives the fill value, NaN of floats and 0 of others, once a file is gone.

    Raises
    ------
    MissingFileError, OSError
        When a file is gone, or lacks frames.
    """
    shape = storage.axes(frames.shape, frames.shape[1])
    if 0 in shape:
        return group.create_dataset(name, shape, frames.dtype, track_times=False)
    folder = Path(group.file.filename).parent.resolve()
    plist, kind = h5py.h5p.create(h5py.h5p.DATASET_CREATE), None
    plist.set_layout(h5py.h5d.VIRTUAL)
    plist.set_obj_track_times(False)
    if frames.dtype.kind == "f":
        plist.set_fill_value(np.array(np.nan, frames.dtype))
    for part in _parts(frames):
        step = 1 if storage.as_nexus else part.events
        for start in range(0, part.events, step):
            _map(plist, part.of(start, step, frames.shape[1]), frames, folder, storage)
    kind = h5py.h5t.py_create(frames.dtype, logical=True)
    created = h5py.h5d.create(group.id, name.encode(), kind, h5py.h5s.create_simple(shape), plist)
    return h5py.Dataset(created)


def _parts(frames: FrameArray) -> list[Part]:
    parts: list[Part] = []
    event = 0
    for _, segments in groupby(frames.segments, key=lambda segment: id(segment.file)):
        for part in _parts_of(list(segments), frames, event):
            parts.append(part)
            event += part.events
    return parts


def _parts_of(segments: Sequence[Segment], frames: FrameArray, event: int) -> list[Part]:
    """The parts in one file, each of which is seen to be there."""
    file: Any = segments[0].file
    parts: list[Part] = []
    with file.opened() as dataset:
        check_type(f"{file.path}: {file.dataset}", (dataset.shape[1:], dataset.dtype), (frames.shape[2:], frames.dtype))
        for segment in segments:
            stop = segment.first + segment.events * frames.shape[1]
            check_count(f"{file.path}: {file.dataset}", dataset.shape[0], stop)
            check_rows(dataset, file.place, segment.first, stop)
            parts.append(
                Part(
                    file=file.place.chosen().resolve(),
                    dataset=file.dataset,
                    shape=dataset.shape,
                    first=segment.first,
                    event=event,
                    events=segment.events,
                )
            )
            event += segment.events
    return parts


def _map(plist: Any, part: Part, frames: FrameArray, folder: Path, storage: Storage) -> None:
    in_an_event, rest = frames.shape[1], frames.shape[2:]
    shape, corner, size = (
        storage.axes(values, in_an_event)
        for values in (frames.shape, (part.event, 0, *(0 for _ in rest)), (part.events, *frames.shape[1:]))
    )
    here, there = h5py.h5s.create_simple(shape), h5py.h5s.create_simple(part.shape)
    here.select_hyperslab(corner, size)
    there.select_hyperslab((part.first, *(0 for _ in rest)), (part.events * in_an_event, *rest))
    name = os.path.relpath(part.file, folder)
    plist.set_virtual(here, _plain(name).encode(), _plain(part.dataset).encode(), there)


def _plain(name: str) -> str:
    """A name in which HDF5 looks for no numbers of blocks."""
    return name.replace("%", "%%")
