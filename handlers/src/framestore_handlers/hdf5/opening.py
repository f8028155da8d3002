"""Opening an HDF5 file that may be finished, still being written, or left by a writer that was killed."""

from collections.abc import Iterator
from itertools import product, repeat
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from framestore_handlers.held import CutOffFileError
from framestore_handlers.place import Place

from .superblock import Superblock

MORE_BYTES = 4096
"""What a chunk may have more than its pixels: heads of blocks that did not shrink."""
_FEW_CHUNKS = 16
"""Chunks that are found as fast one by one."""
_LOOKED_BYTES = 500
"""Bytes that are read in the time in which HDF5 looks at one chunk on its way to another."""
_FOUND_BYTES = 50_000
"""Bytes that are read in the time that it takes to begin with a chunk."""
_MOST_BYTES = 2**26
"""A chunk that is read only to see that it is there has no more."""


def open_for_reading(place: Place) -> h5py.File:
    """Open a file, along with its writer where it has one.

    A finished file is opened plainly: HDF5 then refuses one that is cut off. ``swmr=True``, which a file without a
    proper end needs, does not look; see `check_whole`.

    Raises
    ------
    MissingFileError
        When the file is gone.
    UntrustedPathError
        When it is outside of what may be opened.
    OSError
        When it is cut off, or is not HDF5.
    """
    head = check_end(place)
    path = place.chosen()  # as spelled: what the file names, HDF5 looks for beside that, whether there are roots or not
    try:
        return h5py.File(path, "r", swmr=head.being_written)
    except OSError as error:
        msg = f"{path} cannot be read as HDF5: {error}"
        raise OSError(msg) from error


def check_end(place: Place) -> Superblock:
    """The head of a file that is as long as it says.

    Raises
    ------
    MissingFileError, UntrustedPathError, OSError
        See `open_for_reading`.
    """
    path, head = place.checked(), Superblock.of(place)
    size = path.stat().st_size
    if size < head.end:
        msg = f"{path} is cut off: it has {size} of at least {head.end} bytes; copy it from where it was written"
        raise CutOffFileError(msg)
    return head


def check_whole(dataset: h5py.Dataset, path: Path, start: int, stop: int) -> list[int]:
    """Check that the chunks of rows ``start`` to ``stop`` are in the file; HDF5 would read them as zeros or nonsense.

    Only needed in a file that its writer has not finished, or never will.

    Returns
    -------
    list[int]
        Where the chunks begin in the file, bytes; the same place never holds another chunk while a writer is along.

    Raises
    ------
    OSError
        When a chunk was never written, or lies beyond the end of the file.
    """
    if dataset.chunks is None:
        return []
    size = path.stat().st_size
    offsets: list[int] = []
    for corner, info in chunks_at(dataset, list(corners(dataset, start - start % dataset.chunks[0], stop))):
        if info is None or info.byte_offset is None or info.byte_offset + info.size > size:
            msg = f"{path} is cut off: frame {corner[0]} of {dataset.name} is not in it; copy it from its origin again"
            raise CutOffFileError(msg)
        offsets.append(info.byte_offset)
    return offsets


def chunks_at(dataset: h5py.Dataset, wanted: list[tuple[int, ...]]) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Where HDF5 has the chunks that begin at some corners; None of one that it does not have.

    It looks through all chunks for each that it is asked for: where many are wanted, all are listed once.
    """
    if len(wanted) <= _FEW_CHUNKS:
        yield from ((corner, dataset.id.get_chunk_info_by_coord(corner)) for corner in wanted)
        return
    found: dict[tuple[int, ...], Any] = {}

    def note(info: Any) -> None:
        found[info.chunk_offset] = info

    dataset.id.chunk_iter(note)
    yield from ((corner, found.get(corner)) for corner in wanted)


def lacking(dataset: h5py.Dataset, wanted: list[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """Those of some corners at which HDF5 has no chunk.

    To read a chunk, HDF5 finds it by its index; to say where it is, it looks through all (`chunks_at`). A few among
    many are therefore read, which fails where there is none. To ask for their size is not enough: HDF5 tells one, too,
    where it has made up a chunk of zeros for somebody else.
    """
    chunk, sizes = dataset.chunks or dataset.shape, dataset.shape
    nbytes = prod(chunk) * dataset.id.get_type().get_size()
    looked = prod(-(-size // part) for size, part in zip(sizes, chunk, strict=True)) * min(len(wanted), _FEW_CHUNKS)
    if nbytes <= _MOST_BYTES and len(wanted) * (nbytes + _FOUND_BYTES) < looked * _LOOKED_BYTES:
        room = np.empty(nbytes + MORE_BYTES, np.uint8)
        wanted = [corner for corner in wanted if not _is_read(dataset, corner, room)]
    yield from (corner for corner, info in chunks_at(dataset, wanted) if info is None or info.byte_offset is None)


def _is_read(dataset: h5py.Dataset, corner: tuple[int, ...], room: NDArray[np.uint8]) -> bool:
    """Whether there is a chunk for certain; one that is larger than the room, or damaged, may be there, too."""
    try:
        dataset.id.read_direct_chunk(corner, out=room)
    except (OSError, RuntimeError, MemoryError, ValueError):
        return False
    return True


def corners(dataset: h5py.Dataset, start: int, stop: int) -> Iterator[tuple[int, ...]]:
    """Where the chunks of rows ``start`` to ``stop`` begin; none of a dataset that is not chunked."""
    shape, chunks = dataset.shape, dataset.chunks or dataset.shape
    return product(range(start, stop, chunks[0]), *map(range, repeat(0), shape[1:], chunks[1:]))
