"""From a frame to the chunks that stand in the file, on several threads."""

import threading
from typing import Any

import numpy as np
from framestore_handlers.threads import usable_cpus
from numpy.typing import NDArray

from framestore.frame import FrameInfo

from .compression import Compression, room
from .tiles import Tiles


class ChunkEncoder:
    """Cuts frames into tiles, and compresses them.

    A chunk that does not shrink goes through the filters as well. HDF5 2.0 forgets, for the chunk that was written
    last, that filters were left out of it: who reads along in this process would get an error, and who copies it
    nonsense.
    """

    def __init__(self, tiles: Tiles, compression: Compression | None) -> None:
        itemsize = tiles.dtype.itemsize
        self._tiles = tiles
        self._corners = tiles.corners()
        self._compress = compression.compress(itemsize) if compression else None
        self._planes = compression.planes(itemsize) if compression else 1
        self._room = room(tiles.nbytes) if compression else tiles.nbytes
        self._own = threading.local()

    @property
    def scratch_bytes(self) -> int:
        """Room for all chunks of a frame."""
        return self._room * len(self._corners)

    @property
    def threads(self) -> int:
        """As many as may run."""
        return usable_cpus()

    def encode(self, array: NDArray[Any], info: FrameInfo, scratch: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
        """Make the chunks of a frame, in the order of the dataset; each (bytes,)."""
        del info
        if self._tiles.whole:
            return [self._encoded(array, scratch)]
        tile = self._buffer("tile", self._tiles.tile, self._tiles.dtype)
        rooms = scratch.reshape(len(self._corners), self._room)
        chunks: list[NDArray[np.uint8]] = []
        for corner, room_ in zip(self._corners, rooms, strict=True):
            self._tiles.take(array, corner, tile)
            chunks.append(self._encoded(tile, room_))
        return chunks

    def _encoded(self, tile: NDArray[Any], scratch: NDArray[np.uint8]) -> NDArray[np.uint8]:
        data = tile.reshape(-1).view(np.uint8)
        if self._compress is not None:
            return scratch[: self._compress(self._shuffled(data), scratch)]
        if self._tiles.whole:
            return data
        scratch[: data.nbytes] = data  # the tile itself is needed for the next one
        return scratch[: data.nbytes]

    def _shuffled(self, data: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The first byte of every value, then the second of every value, and so on: HDF5's shuffle filter."""
        if self._planes == 1:
            return data
        planes = self._buffer("planes", (self._planes, data.nbytes // self._planes), np.dtype(np.uint8))
        values = data.reshape(-1, self._planes)
        for number in range(self._planes):
            planes[number] = values[:, number]
        return planes.reshape(-1)

    def _buffer(self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """An array that this thread uses over and over: a new one costs more than compressing into it."""
        if not hasattr(self._own, name):
            setattr(self._own, name, np.empty(shape, dtype))
        return getattr(self._own, name)
