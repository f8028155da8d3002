"""Which frames stand consecutively in which file."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .frame_file import FrameFile

MOST_SEGMENTS = 192
"""In a block of a lazy array: each takes up to 10 bytes of what is sent to a worker."""
MOST_FILES = 6
"""In a block of a lazy array: each takes one to four hundred bytes, and a millisecond to open."""
_MOST_BLOCKS = 2**16
"""Where the events are all over the place, blocks of them are made smaller only until there are so many."""
_STEP = 0.8
"""How much smaller blocks become at once, or less."""

Packed = tuple[tuple["FrameFile", ...], tuple[tuple[str, bytes], ...]]
"""The files, each once; and file, first and events of all segments: numpy's name of a dtype, and numbers of that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """Consecutive events whose frames stand consecutively in one file."""

    file: "FrameFile"
    """Where the frames are."""
    first: int
    """Number of the first event's first frame in the file."""
    events: int
    """How many events."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Consecutive frames of one file, and where they belong."""

    file: "FrameFile"
    """Where the frames are."""
    first: int
    """Number of the first in the file."""
    start: int
    """Number of the first among those that were asked for."""
    stop: int
    """And the number behind the last."""


def ends(segments: Sequence[Segment]) -> tuple[int, ...]:
    """Numbers of the events behind the last of each segment: (segments,)."""
    return tuple(accumulate(segment.events for segment in segments))


def pieces(segments: Sequence[Segment], last: Sequence[int], frames: int, start: int, stop: int) -> Iterator[Piece]:
    """The files' parts of the frames ``start`` to ``stop``, counted through; an event has ``frames`` frames.

    ``last`` is what `ends` says of the segments: those before the frames are not looked at, however many they are.
    """
    if not frames:
        return
    for number in range(bisect_right(last, start // frames), len(segments)):
        segment = segments[number]
        begin, end = (last[number] - segment.events) * frames, last[number] * frames
        low, high = max(start, begin), min(stop, end)
        if low < high:
            yield Piece(file=segment.file, first=segment.first + low - begin, start=low - start, stop=high - start)
        if end >= stop:
            return


def part(segments: Sequence[Segment], last: Sequence[int], frames: int, start: int, stop: int) -> tuple[Segment, ...]:
    """The segments of the events ``start`` to ``stop``; an event has ``frames`` frames, ``last`` as in `pieces`."""
    found: list[Segment] = []
    for number in range(bisect_right(last, start), len(segments)):
        segment, begin = segments[number], last[number] - segments[number].events
        if begin >= stop:
            break
        low, high = max(start, begin), min(stop, last[number])
        whole = high - low == segment.events
        cut = segment if whole else replace(segment, first=segment.first + (low - begin) * frames, events=high - low)
        found.append(cut)
    return tuple(found)


def packed(segments: Sequence[Segment]) -> Packed:
    """Segments as they are sent elsewhere; see `unpacked`."""
    files, numbers = _numbered(segments)
    columns = (numbers, [segment.first for segment in segments], [segment.events for segment in segments])
    small = [np.array(column, np.min_scalar_type(max(column, default=0))) for column in columns]
    return files, tuple((column.dtype.str, column.tobytes()) for column in small)


def unpacked(given: Packed) -> tuple[Segment, ...]:
    """The segments out of which `packed` made this."""
    files, columns = given
    rows = zip(*(np.frombuffer(data, dtype).tolist() for dtype, data in columns), strict=True)
    return tuple(Segment(file=files[number], first=first, events=events) for number, first, events in rows)


def events_of_a_block(segments: Sequence[Segment], events: int) -> int:
    """How many events blocks may have, at most ``events``, so that none has more than `MOST_SEGMENTS` or `MOST_FILES`.

    Blocks are of one size: where the files are small, or the events in no order, anywhere, all of them are smaller.
    """
    if len(segments) <= MOST_FILES:
        return events
    _, numbers = _numbered(segments)
    lengths = np.array([segment.events for segment in segments])
    stops = np.cumsum(lengths)
    least = -(-int(stops[-1]) // _MOST_BLOCKS)
    while events > least:
        blocks = np.concatenate(((stops - lengths) // events, (stops - 1) // events))
        most_files = _most(blocks, np.tile(numbers, 2)) / MOST_FILES
        most_segments = _most(blocks, np.tile(np.arange(len(segments)), 2)) / MOST_SEGMENTS
        excess = max(most_files, most_segments)
        if excess <= 1:
            break
        events = max(int(events * min(1 / excess, _STEP)), least, 1)
    return events


def _numbered(segments: Sequence[Segment]) -> tuple[tuple["FrameFile", ...], list[int]]:
    """The files, each once, and which of them each segment is of."""
    files: dict[int, FrameFile] = {}
    for segment in segments:
        files.setdefault(id(segment.file), segment.file)
    number = {key: k for k, key in enumerate(files)}
    return tuple(files.values()), [number[id(segment.file)] for segment in segments]


def _most(blocks: NDArray[np.int64], numbers: NDArray[np.int64]) -> int:
    """How many different numbers a block has at most, where ``numbers`` (pairs,) are in the ``blocks`` (pairs,)."""
    pairs = np.unique(blocks * len(numbers) + numbers)
    return int(np.unique(pairs // len(numbers), return_counts=True)[1].max())
