"""Which frames stand consecutively in which file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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


def pieces(segments: Sequence[Segment], frames: int, start: int, stop: int) -> Iterator[Piece]:
    """The files' parts of the frames ``start`` to ``stop``, counted through; an event has ``frames`` frames."""
    begin = 0
    for segment in segments:
        end = begin + segment.events * frames
        low, high = max(start, begin), min(stop, end)
        if low < high:
            yield Piece(file=segment.file, first=segment.first + low - begin, start=low - start, stop=high - start)
        if end >= stop:
            return
        begin = end
