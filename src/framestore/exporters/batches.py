"""Frames, some at a time: as many as fit into bounded memory, and none opened more often than needed."""

from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

from .pixels import Pixels, batch, frame_bytes, frames_of

BATCH_BYTES = 16 * 2**20
"""Bytes of pixels that are in memory at a time, about; a frame may be larger."""


def frames_of_a_batch(pixels: Pixels) -> int:
    """How many frames are read at once."""
    return max(BATCH_BYTES // max(frame_bytes(pixels), 1), 1)


def spans(pixels: Pixels) -> Iterator[tuple[int, int]]:
    """From which frame up to which each batch goes, counted through."""
    step, count = frames_of_a_batch(pixels), frames_of(pixels)
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
