"""Blocks of frames: a place and a range, read when they are needed and never open in between."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import dask.array as da

BLOCK_BYTES = 64 * 2**20
"""Size that a block of a lazy array aims at, in bytes."""


class FrameFile(Protocol):
    """Frames on disk, as a small value that pickles: it holds a path, never an open file."""

    @property
    def frames_per_event(self) -> int | None:
        """Frames in an event, where the document of the file says so."""
        ...

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

    def files(self, start: int, stop: int) -> Sequence[Path]:
        """Files that hold the frames from number ``start`` up to ``stop``; none of frames that stand in no file."""
        ...


@runtime_checkable
class DatumFrames(FrameFile, Protocol):
    """A `FrameFile` whose datums say by more than ``point_number`` which frames are theirs."""

    def of_datum(self, datum_kwargs: Mapping[str, Any], frames: int) -> tuple[FrameFile, int]:
        """Where the frames of a datum are, and the number of the first of them; there are ``frames`` in an event.

        Equal results are taken for the same file: consecutive frames of it are read at once.
        """
        ...


@runtime_checkable
class TimedFrames(FrameFile, Protocol):
    """A `FrameFile` that knows when each frame was taken."""

    def times_into(self, out: NDArray[np.float64], start: int) -> None:
        """Fill ``out``, (frames,), with the starts of the exposures of the frames from number ``start`` on.

        POSIX seconds; NaN where the file does not say. It raises what `read_into` does.
        """
        ...


def first_frame(point_number: int, frames_per_point: int, path: Path) -> int:
    """Number of a point's first frame in the file, or series of files, at ``path``.

    Raises
    ------
    ValueError
        When the point's number is below 0.
    """
    if point_number < 0:
        msg = f"{path}: point_number counts from 0, got {point_number}"
        raise ValueError(msg)
    return point_number * frames_per_point


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
    """Frames that are read at once."""

    file: FrameFile
    """Where they are."""
    first: int
    """Number of the first in the file."""
    shape: tuple[int, ...]
    """(events, frames, \\*frame shape)"""
    dtype: str
    """numpy's name of the dtype."""

    def read(self) -> NDArray[Any]:
        """Return the frames, of ``shape``."""
        out = np.empty(self.shape, self.dtype)
        self.file.read_into(out.reshape(-1, *self.shape[2:]), self.first)
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
        segment.file.read_into(out[row : row + segment.events].reshape(-1, *shape[1:]), segment.first)
        row += segment.events
    return out


def lazy(segments: Sequence[Segment], shape: tuple[int, ...], dtype: str, block_bytes: int = BLOCK_BYTES) -> "da.Array":
    """Dask array (events, \\*shape) over ``segments``, in blocks of about ``block_bytes`` that keep to one file.

    Events that are larger than that are cut between frames.
    """
    import dask.array as da  # noqa: PLC0415 - takes a second, and a camera that only writes never needs it

    frame_bytes = max(prod(shape[1:]) * np.dtype(dtype).itemsize, 1)
    events = max(block_bytes // (frame_bytes * shape[0]), 1)
    frames = min(max(block_bytes // frame_bytes, 1), shape[0]) if events == 1 else shape[0]
    event_chunks = tuple(
        min(events, segment.events - start) for segment in segments for start in range(0, segment.events, events)
    )
    if not event_chunks:
        return da.zeros((0, *shape), dtype=dtype, chunks=(0, *shape))
    frame_chunks = tuple(min(frames, shape[0] - start) for start in range(0, shape[0], frames))
    name = f"frames-{uuid4().hex}"
    tail = (0,) * (len(shape) - 1)
    starts = [(segment, start) for segment in segments for start in range(0, segment.events, events)]
    graph = {
        (name, i, j, *tail): (
            Block.read,
            Block(
                file=segment.file,
                first=segment.first + start * shape[0] + j * frames,
                shape=(event_chunks[i], frame_chunks[j], *shape[1:]),
                dtype=dtype,
            ),
        )
        for i, (segment, start) in enumerate(starts)
        for j in range(len(frame_chunks))
    }
    chunks = (event_chunks, frame_chunks, *((size,) for size in shape[1:]))
    return da.Array(graph, name, chunks, dtype=np.dtype(dtype))  # pyright: ignore[reportCallIssue] - it has __new__
