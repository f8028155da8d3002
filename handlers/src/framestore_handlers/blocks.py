"""Blocks of frames: a place and a range, read when they are needed and never open in between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import dask.array as da

BLOCK_BYTES = 64 * 2**20
"""Size that a block of a lazy array aims at, in bytes."""


class FrameFile(Protocol):
    """Frames on disk, as a small value that pickles: it holds a path, never an open file."""

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out``, (frames, \\*frame shape), with the frames from number ``start`` on.

        Raises
        ------
        MissingFileError
            When the file is gone.
        OSError
            When the file holds fewer frames than asked for, or cannot be read.
        """
        ...

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame, found by opening the file."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """Consecutive events whose frames stand consecutively in one file."""

    file: FrameFile
    """Where the frames are."""
    first: int
    """Number of the first event's first frame in the file."""
    events: int
    """How many events."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A segment's part that is read at once."""

    segment: Segment
    """The events to read."""
    shape: tuple[int, ...]
    """Shape of one event: (frames, \\*frame shape)."""
    dtype: str
    """numpy's name of the dtype."""

    def read_into(self, out: NDArray[Any]) -> None:
        """Fill ``out``, (events, frames, \\*frame shape)."""
        self.segment.file.read_into(out.reshape(-1, *self.shape[1:]), self.segment.first)

    def read(self) -> NDArray[Any]:
        """Return the frames as (events, frames, \\*frame shape)."""
        out = np.empty((self.segment.events, *self.shape), self.dtype)
        self.read_into(out)
        return out


def _part(segment: Segment, frames: int, start: int, stop: int) -> Segment:
    return Segment(file=segment.file, first=segment.first + start * frames, events=stop - start)


def cut(segments: Sequence[Segment], frames: int, start: int, stop: int) -> Iterator[Segment]:
    """Parts of ``segments`` that hold the events from ``start`` to ``stop``; an event has ``frames`` frames."""
    begin = 0
    for segment in segments:
        low, high = max(start - begin, 0), min(stop - begin, segment.events)
        if low < high:
            yield _part(segment, frames, low, high)
        begin += segment.events


def read(segments: Sequence[Segment], shape: tuple[int, ...], dtype: str, start: int, stop: int) -> NDArray[Any]:
    """Events from ``start`` to ``stop`` as one numpy array, straight from the files."""
    out = np.empty((max(stop - start, 0), *shape), dtype)
    row = 0
    for segment in cut(segments, shape[0], start, stop):
        Block(segment=segment, shape=shape, dtype=dtype).read_into(out[row : row + segment.events])
        row += segment.events
    return out


def lazy(segments: Sequence[Segment], shape: tuple[int, ...], dtype: str) -> "da.Array":
    """Dask array (events, \\*shape) over ``segments``, in blocks of about `BLOCK_BYTES` that keep to one file."""
    import dask.array as da  # noqa: PLC0415 - takes a second, and a camera that only writes never needs it

    event_bytes = max(prod(shape) * np.dtype(dtype).itemsize, 1)
    length = max(BLOCK_BYTES // event_bytes, 1)
    blocks = [
        Block(
            segment=_part(segment, shape[0], start, min(start + length, segment.events)),
            shape=shape,
            dtype=dtype,
        )
        for segment in segments
        for start in range(0, segment.events, length)
    ]
    if not blocks:
        return da.zeros((0, *shape), dtype=dtype)
    name = f"frames-{uuid4().hex}"
    tail = (0,) * len(shape)
    graph = {(name, i, *tail): (Block.read, block) for i, block in enumerate(blocks)}
    chunks = (tuple(block.segment.events for block in blocks), *((size,) for size in shape))
    return da.Array(graph, name, chunks, dtype=np.dtype(dtype))  # pyright: ignore[reportCallIssue] - it has __new__
