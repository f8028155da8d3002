"""Frames, some at a time: as many as fit into bounded memory, and none opened more often than needed."""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .pixels import Pixels, batch, frame_bytes, frames_of

BATCH_BYTES = 32 * 2**20
"""Bytes of pixels that are in memory at a time, about; a frame may be larger."""
_WIDEST = 8
"""Bytes of a pixel, on its way to another dtype."""


def frames_of_a_batch(pixels: Pixels) -> int:
    """How many frames are read at once."""
    return max(BATCH_BYTES // max(frame_bytes(pixels), 1), 1)


def spans(pixels: Pixels, step: int = 0) -> Iterator[tuple[int, int]]:
    """From which frame up to which each batch goes, counted through; a batch of ``step``, or as `frames_of_a_batch`."""
    step, count = step or frames_of_a_batch(pixels), frames_of(pixels)
    return ((start, min(start + step, count)) for start in range(0, count, step))


def batches(pixels: Pixels) -> Iterator[tuple[int, NDArray[Any]]]:
    """Number of its first frame, and the frames, (frames, \\*frame shape), of each batch.

    What a batch holds is gone with the next one.
    """
    out: NDArray[Any] | None = None
    for start, stop in spans(pixels):
        if out is None:
            out = batch(pixels, start, stop)
        else:
            pixels.read_into(out[: stop - start], start)
        yield start, out[: stop - start]


def through(pixels: Pixels, out: NDArray[Any], start: int) -> Iterator[tuple[NDArray[Any], NDArray[Any], int]]:
    """Parts of ``out``, frames of another dtype, the frames that they are made of, and the number of the first.

    However many frames ``out`` has, and of however narrow a dtype, those are few: numbers of 8 bytes may be made of
    their pixels on the way.
    """
    step = max(BATCH_BYTES // max(prod(out.shape[1:]) * _WIDEST, 1), 1)
    scratch = np.empty((min(step, len(out)), *out.shape[1:]), pixels.dtype)
    for first in range(0, len(out), step):
        part = out[first : first + step]
        frames = scratch[: len(part)]
        pixels.read_into(frames, start + first)
        yield part, frames, start + first
