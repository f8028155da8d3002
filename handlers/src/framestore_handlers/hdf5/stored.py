"""Chunks as they stand in a file, for who copies them into another: nothing is decoded."""

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from framestore_handlers.held import CutOffFileError
from framestore_handlers.place import Place

from .opening import MORE_BYTES, corners, lacking
from .search import path_of
from .trust import check_sources
from .undo import Bytes
from .unwritten import check_chunks, check_written

Corner = tuple[int, ...]
"""Where a chunk begins in its dataset."""


def stored(dataset: h5py.Dataset, path: Path, start: int, stop: int) -> Iterator[tuple[Corner, int, Bytes | None]]:
    """The chunks of rows ``start`` to ``stop``, of a dataset that has no more than one row in a chunk.

    Corner, mask of filters that were left out, and bytes of each, which are gone with the next one. None instead of
    bytes of one that only HDF5 can read: it was never written, and its writer has chosen what is read there; or what it
    is cannot be told, because this process writes the file.

    Raises
    ------
    OSError
        When a chunk was never written, is cut off, or cannot be read; it names file and frame.
    """
    if dataset.file.swmr_mode:
        check_inside(dataset, path, start, stop)
    size = prod(dataset.chunks or ()) * dataset.id.get_type().get_size()
    is_written = bool(dataset.file.id.get_intent() & h5py.h5f.ACC_RDWR)
    has_filters = dataset.id.get_create_plist().get_nfilters() > 0
    room = np.empty(size + MORE_BYTES, np.uint8)
    for corner in corners(dataset, start, stop):
        try:
            mask, data = _read_direct(dataset.id, corner, room)
        except (OSError, RuntimeError, MemoryError) as error:  # the last: HDF5 2.0 makes up a size for a missing chunk
            _check_chosen(dataset, path, corner, error)
            yield corner, 0, None
            continue
        if not has_filters and len(data) != size:
            msg = f"{path}: frame {corner[0]} of {dataset.name} is damaged: it has {len(data)} of {size} bytes"
            raise OSError(msg)
        # Of the chunk that was written last, HDF5 2.0 forgets while it writes the file that filters were left out.
        unknown = is_written and has_filters and not mask and len(data) == size
        yield corner, mask, None if unknown else data


def check_inside(dataset: h5py.Dataset, path: Path, start: int, stop: int) -> None:
    """Check that no chunk of rows ``start`` to ``stop`` lies beyond the end of a file that its writer has not finished.

    HDF5 would read such ones as zeros. Unlike `check_whole`, it takes no memory, however many they are.

    Raises
    ------
    CutOffFileError
        When one does.
    """
    size, first = path_of(dataset.file).stat().st_size, stop

    def note(info: Any) -> None:
        nonlocal first
        row = info.chunk_offset[0]
        if start <= row < first and (info.byte_offset is None or info.byte_offset + info.size > size):
            first = row

    dataset.id.chunk_iter(note)
    if first < stop:
        msg = f"{path} is cut off: frame {first} of {dataset.name} is not in it; copy it from its origin again"
        raise CutOffFileError(msg)


def check_rows(dataset: h5py.Dataset, place: Place, start: int, stop: int) -> None:
    """Check that rows ``start`` to ``stop`` are there, for who links to them: HDF5 would make up those that are not.

    Raises
    ------
    MissingFileError, UntrustedPathError
        When a source of a virtual dataset is gone, or may not be opened.
    OSError
        When a row was never written, or is cut off.
    """
    if dataset.is_virtual:
        check_sources(dataset, place, start, stop)
        return
    if dataset.file.swmr_mode and dataset.chunks:
        check_inside(dataset, place.path, start, stop)
    check_written(dataset, place.path, start, stop)


def _read_direct(dataset: Any, corner: Corner, room: Bytes) -> tuple[int, Bytes]:
    try:
        mask, data = dataset.read_direct_chunk(corner, out=room)
    except ValueError:  # it is larger
        mask, data = dataset.read_direct_chunk(corner)
        return mask, np.frombuffer(data, np.uint8)
    return mask, room[: len(data)]


def _check_chosen(dataset: h5py.Dataset, path: Path, corner: Corner, error: Exception) -> None:
    """Check that a chunk that HDF5 does not give was never written, by the choice of its writer."""
    if next(lacking(dataset, [corner]), None) is None:
        msg = f"{path}: frame {corner[0]} of {dataset.name} cannot be read: {error}"
        raise OSError(msg) from error
    check_chunks(dataset, path, [corner], corner[0])
