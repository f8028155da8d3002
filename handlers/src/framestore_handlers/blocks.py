"""Files of frames, and arrays over them, whose blocks are read when they are needed and never open in between."""

from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .claims import check_blocks
from .frame_array import FrameArray
from .segments import Segment

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


def read(segments: Sequence[Segment], shape: tuple[int, ...], dtype: str, start: int, stop: int) -> NDArray[Any]:
    """Events from ``start`` to ``stop`` as one numpy array, straight from the files; ``shape`` is that of an event."""
    return array(segments, shape, dtype).read(start, stop)


def lazy(segments: Sequence[Segment], shape: tuple[int, ...], dtype: str, block_bytes: int = BLOCK_BYTES) -> "da.Array":
    """Dask array (events, \\*shape) over ``segments``, in blocks of about ``block_bytes``; see `chunks`."""
    whole = array(segments, shape, dtype)
    return whole.lazy(chunks(whole.shape, whole.dtype, block_bytes))


def lazy_event(segment: Segment, shape: tuple[int, ...], dtype: str) -> "da.Array":
    """Dask array (\\*shape) of the only event of a segment; see `lazy`."""
    from .point_array import PointArray  # noqa: PLC0415 - it imports dask

    whole = array([segment], shape, dtype)
    if chunks(whole.shape, whole.dtype, BLOCK_BYTES) == whole.shape:
        return PointArray.of(whole)
    return lazy([segment], shape, dtype)[0]


def array(segments: Sequence[Segment], shape: tuple[int, ...], dtype: str) -> FrameArray:
    """The frames of ``segments`` as one array that reads; ``shape`` is that of an event."""
    events = sum(segment.events for segment in segments)
    return FrameArray(segments=tuple(segments), shape=(events, *shape), dtype=np.dtype(dtype))


def check_block_bytes(given: object) -> None:
    """Refuse a size of blocks that is none.

    Raises
    ------
    TypeError
        When it is no whole number.
    ValueError
        When it is below 1.
    """
    if not isinstance(given, int):
        msg = f"block_bytes must be a whole number of bytes, such as {BLOCK_BYTES}, not {given!r:.80}"
        raise TypeError(msg)
    if given < 1:
        msg = f"block_bytes must be 1 or more, not {given}"
        raise ValueError(msg)


def chunks(shape: tuple[int, ...], dtype: np.dtype[Any], block_bytes: int) -> tuple[int, ...]:
    """Shape of the blocks of an array (events, frames, \\*frame shape): about ``block_bytes``, and whole frames.

    Events that are larger than that are cut between frames.
    """
    frame_bytes = max(prod(shape[2:]) * dtype.itemsize, 1)
    events = max(block_bytes // (frame_bytes * max(shape[1], 1)), 1)
    frames = max(block_bytes // frame_bytes, 1) if events == 1 else shape[1]
    check_blocks(-(-shape[0] // events) * -(-shape[1] // frames), block_bytes)
    return (min(events, shape[0]), min(frames, shape[1]), *shape[2:])
