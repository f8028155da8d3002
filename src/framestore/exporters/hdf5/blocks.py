"""Frames as chunks of an HDF5 file, made some at a time: here, or by other processes."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore.exporters.pixels import Pixels
from framestore.formats.hdf5.compression import Compression
from framestore.formats.hdf5.encoder import ChunkEncoder
from framestore.formats.hdf5.tiles import Tiles
from framestore.frame import FrameInfo

Corner = tuple[int, ...]
"""Where a chunk begins in its dataset."""
Chunks = tuple[int, list[tuple[Corner, NDArray[Any]]]]
"""Frames that are done with them; corner and bytes of each chunk."""
_BLOCK_BYTES = 16 * 2**20
"""Bytes of pixels of a block, about; a chunk may be larger."""
_BAND_BYTES = 48 * 2**20
"""The same where whole frames of as many events as a chunk has are more: they are read once for each band of rows."""
_IN_FLIGHT_BYTES = 64 * 2**20
"""Bytes of all blocks that are under way at a time, about."""
_NO_INFO = FrameInfo(frame_id=0, timestamp=0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A part of a dataset that consists of whole chunks; a value that pickles small."""

    pixels: Pixels
    """The events that it is of."""
    start: Corner
    """Where it begins in the dataset, (events, frames, rows of pixels): the frames may have no rows."""
    size: Corner
    """How much of each."""
    chunk: Corner
    """Shape of the chunks of the dataset."""
    compression: str | None
    """How they are compressed."""

    @property
    def frames(self) -> int:
        """Frames that are done when it is."""
        is_last = self.size[2:] == () or self.start[2] + self.size[2] == self.pixels.shape[2]
        return self.size[0] * self.size[1] if is_last else 0

    def read(self) -> NDArray[Any]:
        """Its pixels: (events, frames, rows, …)."""
        shape = (*self.size, *self.pixels.shape[len(self.size) :])
        out = np.empty(shape, self.pixels.dtype)
        frames = self.pixels.shape[1]
        if shape[1:] == self.pixels.shape[1:]:
            self.pixels.read_into(out.reshape(-1, *shape[2:]), 0)
            return out
        rows = [slice(start, start + size) for start, size in zip(self.start[2:], self.size[2:], strict=True)]
        step = max(_BLOCK_BYTES // (prod(self.pixels.shape[2:]) * out.itemsize), 1)
        for event in range(shape[0]):
            for first in range(0, shape[1], step):
                scratch = np.empty((min(step, shape[1] - first), *self.pixels.shape[2:]), out.dtype)
                self.pixels.read_into(scratch, event * frames + self.start[1] + first)
                out[event, first : first + len(scratch)] = scratch[(slice(None), *rows)]
        return out


def encode(block: Block) -> Chunks:
    """Make the chunks of a block."""
    array = block.read()
    corners = Tiles(shape=array.shape, tile=block.chunk, dtype=array.dtype).corners()
    offset = (*block.start, *(0 for _ in array.shape[len(block.start) :]))
    places = [tuple(map(sum, zip(offset, corner, strict=True))) for corner in corners]
    return block.frames, list(zip(places, _encoded(array, block), strict=True))


def _encoded(array: NDArray[Any], block: Block) -> list[NDArray[Any]]:
    if block.compression is None and block.chunk == (1, 1, *array.shape[2:]):
        return [frame for event in array for frame in event]
    compression = Compression(name=block.compression) if block.compression else None
    encoder = ChunkEncoder(Tiles(shape=array.shape, tile=block.chunk, dtype=array.dtype), compression)
    return encoder.encode(array, _NO_INFO, np.empty(encoder.scratch_bytes, np.uint8))


def blocks(pixels: Pixels, chunk: Corner, compression: str | None, workers: int) -> Iterator[Block]:
    """All blocks of some frames, for so many workers."""
    at_once = prod(chunk[:2]) * prod(pixels.shape[2:]) * pixels.dtype.itemsize
    most = _BLOCK_BYTES if at_once <= _BLOCK_BYTES else _BAND_BYTES
    size = _size(pixels, chunk, min(most, _IN_FLIGHT_BYTES // workers))
    extent = pixels.shape[: len(size)]
    for first in range(0, extent[0], size[0]):
        events = pixels.part(first, min(first + size[0], extent[0]))
        for rest in np.ndindex(*(-(-most // step) for most, step in zip(extent[1:], size[1:], strict=True))):
            start = (first, *(number * step for number, step in zip(rest, size[1:], strict=True)))
            stop = tuple(min(begin + step, most) for begin, step, most in zip(start, size, extent, strict=True))
            here = tuple(end - begin for begin, end in zip(start, stop, strict=True))
            yield Block(pixels=events, start=start, size=here, chunk=chunk, compression=compression)


def _size(pixels: Pixels, chunk: Corner, most: int) -> Corner:
    """Of the blocks: whole chunks, first as many rows of pixels as there may be, then frames, then events."""
    size = list(chunk[:3])
    nbytes = prod(size) * prod(pixels.shape[3:]) * pixels.dtype.itemsize
    for axis in reversed(range(len(size))):
        whole = -(-pixels.shape[axis] // size[axis])
        times = min(max(most // max(nbytes, 1), 1), whole)
        size[axis] = min(size[axis] * times, pixels.shape[axis])
        nbytes *= times
        if times < whole:
            break
    return tuple(size)
