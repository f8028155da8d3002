"""The frames of a field as a dataset: copied as they stand, or encoded anew, or linked."""

from typing import Any

import h5py
from framestore_handlers.frame_array import FrameArray

from framestore.exporters.pixels import frames_of
from framestore.exporters.selection import Field
from framestore.exporters.task import Tell

from . import links, raw
from .blocks import blocks, encode
from .storage import Storage


def write(group: h5py.Group, name: str, field: Field, storage: Storage, tell: Tell) -> h5py.Dataset:
    """Put the frames of a field into a group, as a dataset of that name: (events, frames, \\*frame shape).

    See `Storage.as_nexus` for another shape.

    Parameters
    ----------
    group
        Where they go.
    name
        As the group has it; see `names.escaped`.
    field
        The field.
    storage
        How.
    tell
        Is told how many frames more are done.

    Raises
    ------
    MissingFileError, OSError
        When a file of frames is gone, cut off or damaged, or lacks some; or the disk is full.
    """
    if storage.link:
        linked = links.linked(group, name, links.linkable(field), storage)
        tell(frames_of(field.pixels))
        return linked
    copied = None
    if storage.keeps_chunks and isinstance(field.pixels, FrameArray):
        copied = raw.copied(group, name, field.pixels, storage, tell)
    return _encoded(group, name, field, storage, tell) if copied is None else copied


def check(field: Field, storage: Storage) -> None:
    """Check that a field can be stored so; no frame is read.

    Raises
    ------
    ValueError
        When it cannot be linked, or does not have as many axes as chunks are said to have.
    """
    if storage.link:
        links.linkable(field)
    else:
        storage.chunk(field.pixels.shape, field.pixels.dtype, field.name)


def _encoded(group: h5py.Group, name: str, field: Field, storage: Storage, tell: Tell) -> h5py.Dataset:
    pixels = field.pixels
    shape, in_an_event = storage.axes(pixels.shape, pixels.shape[1]), pixels.shape[1]
    if 0 in shape:
        return group.create_dataset(name, shape, pixels.dtype, track_times=False)
    chunk = storage.chunk(pixels.shape, pixels.dtype, field.name)
    filters = storage.filters(pixels.dtype)
    chunked = storage.axes(chunk, in_an_event)
    made = group.create_dataset(name, shape, pixels.dtype, chunks=chunked, track_times=False, **filters)
    target: Any = made.id
    for frames, chunks in storage.workers.map(
        encode, blocks(pixels, chunk, storage.compression, storage.workers.count)
    ):
        for corner, data in chunks:
            target.write_direct_chunk(storage.axes(corner, in_an_event), data)
        tell(frames)
    return made
