"""What is asked of an array of frames, read without reading much more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from ndindex import ndindex
from numpy.typing import NDArray

from framestore_handlers.frame_array import FrameArray
from framestore_handlers.segments import Segment

from .structure import CHUNK_BYTES


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """An array (events, frames, \\*frame shape) in files, and how parts of it are read."""

    segments: Sequence[Segment]
    """Where its events are, in order."""
    shape: tuple[int, ...]
    """(events, frames, \\*frame shape)"""
    dtype: str
    """numpy's name of the dtype."""
    has_axis: bool = True
    """Whether there is an axis of frames in what is asked for; without, an event is one frame."""

    def read(self, *keys: Any) -> NDArray[Any]:
        """What numpy's basic indexing with one key after the other gives; only the last may leave out dimensions.

        No more is held at once than that and `CHUNK_BYTES`, or an event. Frames that are not wanted are not read, but
        for those between others of one event.
        """
        wanted, kept = self.wanted(*keys)
        out = np.empty([len(part) for part in wanted], self.dtype)
        if out.size:
            self._fill(out, wanted)
        return out[kept]

    def wanted(self, *keys: Any) -> tuple[list[range], tuple[Any, ...]]:
        """What is wanted of each dimension, and the index that then leaves out dimensions of one number."""
        shape = self.shape if self.has_axis else (self.shape[0], *self.shape[2:])
        wanted, expanded = [range(size) for size in shape], tuple[Any, ...](slice(None) for _ in shape)
        for key in keys:
            expanded = ndindex(key).expand(tuple(map(len, wanted))).raw
            wanted = [of[k] if isinstance(k, slice) else of[k : k + 1] for of, k in zip(wanted, expanded, strict=True)]
        kept = [slice(None) if isinstance(k, slice) else 0 for k in expanded]
        if not self.has_axis:
            wanted.insert(1, range(1))
            kept.insert(1, 0)
        return wanted, tuple(kept)

    def frame_numbers(self, *keys: Any) -> tuple[int, ...]:
        """Numbers of the frames that `read` reads, each in its segment's file."""
        (events, frames, *_), _ = self.wanted(*keys)
        if not events or not frames:
            return ()
        each = self.shape[1]
        firsts = np.concatenate([part.first + each * np.arange(part.events) for part in self.segments])
        between = np.arange(min(frames), max(frames) + 1)
        return tuple((firsts[events, np.newaxis] + between).ravel().tolist())

    def _fill(self, out: NDArray[Any], wanted: Sequence[range]) -> None:
        events, frames, *pixels = wanted
        low, high = min(frames), max(frames) + 1
        within = (slice(None), _slice(frames, low), *(_slice(part, 0) for part in pixels))
        row = 0
        for start, stop in self._pieces(events, whole=high - low == self.shape[1]):
            part = out[row : row + stop - start]
            part[...] = self._frames(start, stop, low, high)[within]
            row += len(part)

    def _pieces(self, events: range, *, whole: bool) -> Iterator[tuple[int, int]]:
        """Ranges of events that are read at once: consecutive ones of which all frames are wanted, else each alone."""
        event_bytes = max(prod(self.shape[1:]) * np.dtype(self.dtype).itemsize, 1)
        length = max(CHUNK_BYTES // event_bytes, 1) if whole and events.step == 1 else 1
        for start in range(0, len(events), length):
            part = events[start : start + length]
            yield part[0], part[-1] + 1

    def _frames(self, start: int, stop: int, low: int, high: int) -> NDArray[Any]:
        """Frames from ``low`` up to ``high`` of the events from ``start`` up to ``stop``; of several, all frames."""
        array = FrameArray(segments=tuple(self.segments), shape=self.shape, dtype=np.dtype(self.dtype))
        if stop - start > 1:
            return array.read(start, stop)
        out = np.empty((high - low, *self.shape[2:]), self.dtype)
        array.read_into(out, start * self.shape[1] + low)
        return out[np.newaxis]


def _slice(wanted: range, start: int) -> slice:
    """Slice that gives these of what begins with number ``start``."""
    stop = wanted.stop - start
    return slice(wanted.start - start, stop if stop >= 0 else None, wanted.step)
