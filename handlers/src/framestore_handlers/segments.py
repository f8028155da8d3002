"""Which frames stand consecutively in which file."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .blocks import FrameFile


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
