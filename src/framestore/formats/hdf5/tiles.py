"""The chunks that a frame consists of: one, or tiles of a shape."""

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Tiles:
    """How a frame is cut. Chunks at its edges are as large as the others; what is beyond the edge is 0."""

    shape: tuple[int, ...]
    """Of a frame."""
    tile: tuple[int, ...]
    """Of a chunk within the frame, of as many dimensions, none of them larger."""
    dtype: np.dtype[Any]
    """Of a frame."""

    @classmethod
    def of(cls, shape: tuple[int, ...], dtype: np.dtype[Any], chunk: tuple[int, ...] | None) -> "Tiles":
        """Cut frames into chunks of (height, width), whole along further dimensions; None: not at all."""
        return cls(shape=shape, dtype=dtype, tile=shape if chunk is None else (*chunk, *shape[len(chunk) :]))

    @property
    def chunk(self) -> tuple[int, ...]:
        """Shape of a chunk of the dataset: (1, \\*tile)."""
        return (1, *self.tile)

    @property
    def whole(self) -> bool:
        """Whether a frame is one chunk."""
        return self.tile == self.shape

    @property
    def nbytes(self) -> int:
        """Size of a chunk."""
        return math.prod(self.tile) * self.dtype.itemsize

    def corners(self) -> list[tuple[int, ...]]:
        """Where in the frame each chunk begins, in the order of the dataset."""
        starts = (range(0, size, tile) for size, tile in zip(self.shape, self.tile, strict=True))
        return list(itertools.product(*starts))

    def take(self, array: NDArray[Any], corner: tuple[int, ...], out: NDArray[Any]) -> None:
        """Put the part of a frame that begins at ``corner`` into ``out``, a chunk."""
        part = array[tuple(slice(start, start + size) for start, size in zip(corner, self.tile, strict=True))]
        if part.shape != self.tile:
            out[...] = 0
        out[tuple(slice(size) for size in part.shape)] = part
