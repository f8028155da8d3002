"""How arrays of frames look in Tiled."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from tiled.structures.array import ArrayStructure, BuiltinDtype

CHUNK_BYTES = 16 * 2**20
"""Size that a chunk of the served array aims at, in bytes: a request of its own, which waits for all of it."""


def events_per_chunk(shape: Sequence[int], dtype: np.dtype[Any]) -> int:
    """How many events, each of ``shape``, are about `CHUNK_BYTES`; one at least, since events are not cut."""
    return max(CHUNK_BYTES // max(prod(shape) * dtype.itemsize, 1), 1)


def array_structure(
    events: int, shape: Sequence[int], dtype: np.dtype[Any], dims: Sequence[str] | None = None
) -> ArrayStructure:
    """Structure of an array (events, \\*shape), in chunks of whole events.

    Parameters
    ----------
    events
        How many there are by now; chunks stay as they are when more come, but for the last.
    shape
        Of an event: (frames, \\*frame shape).
    dtype
        Of a pixel.
    dims
        Names of all its dimensions.
    """
    each = events_per_chunk(shape, dtype)
    chunks = [each] * (events // each) + ([events % each] if events % each else [])
    return ArrayStructure(
        data_type=BuiltinDtype.from_numpy_dtype(dtype),
        shape=(events, *shape),
        chunks=(tuple(chunks) or (0,), *((size,) for size in shape)),
        dims=tuple(dims) if dims else None,
    )
