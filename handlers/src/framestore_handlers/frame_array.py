"""An array of frames that stay in their files: what an index picks is read, and hardly more."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .claims import allocated
from .missing import named_together
from .near import near, read_pieces
from .place import MissingFileError
from .segments import Packed, Segment, ends, packed, part, pieces, unpacked

Numbers = NDArray[np.intp]

_MOST_BRIDGED = 16
"""Frames between others that are read along: each may be a chunk of its own, which takes some microseconds."""


@dataclass(frozen=True, kw_only=True, slots=True, weakref_slot=True)
class FrameArray:
    """Frames as dask takes an array, by its shape, its dtype and an index; a small value that pickles."""

    segments: tuple[Segment, ...]
    """Where the frames are, event by event."""
    shape: tuple[int, ...]
    """(events, frames, \\*frame shape)"""
    dtype: np.dtype[Any]
    """Of the pixels."""
    name: str = "frames"
    """What it is, for messages."""
    bridged_bytes: int = 2**20
    """Frames between others that are picked are read along where they are no more bytes: it costs less than opening
    the file again."""
    whole: str = ""
    """Name of the lazy array of which it is a block, if it is one."""
    _ends: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """Events up to the end of each segment."""

    def __post_init__(self) -> None:
        """Count the events once, for all parts that are read."""
        object.__setattr__(self, "_ends", ends(self.segments))

    def __reduce__(self) -> tuple[Any, ...]:
        """What it is made of, in few bytes; the ends are counted again, rather than sent along."""
        others = (self.shape, self.dtype, self.name, self.bridged_bytes, self.whole)
        return _made, (packed(self.segments), others)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """What the index picks; each axis is picked from by itself.

        Parameters
        ----------
        index
            Numbers, slices and lists of numbers, as dask and xarray give them; for the first axes, or with an Ellipsis.

        Raises
        ------
        MissingFileError
            When a file is gone; it names all that are.
        OSError
            When a file is cut off, or is not what the documents say.
        """
        picks = self._picks(index)
        events, frames = (
            np.atleast_1d(np.arange(size)[pick]) for size, pick in zip(self.shape, picks[:2], strict=False)
        )
        found = self._read(events, frames)
        for axis in reversed(range(2, self.ndim)):
            found = found[(slice(None),) * axis + (picks[axis],)]
        for axis in (1, 0):
            if isinstance(picks[axis], int | np.integer):
                found = found[(slice(None),) * axis + (0,)]
        return found if found.flags.c_contiguous else found.copy()  # a part would keep all in memory

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Events from ``start`` up to ``stop``, straight from the files; it raises what an index does."""
        out = allocated((max(stop - start, 0), *self.shape[1:]), self.dtype, self.name)
        self.read_into(out.reshape(-1, *self.shape[2:]), start * self.shape[1])
        return out

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out``, (frames, \\*frame shape), with the frames from number ``start`` on, counted through."""
        try:
            wanted = pieces(self.segments, self._ends, self.shape[1], start, start + len(out))
            for parts in near(wanted, out[:1].nbytes):
                read_pieces(parts, out)
        except MissingFileError as error:
            together = named_together(error, self)
            if together is error:
                raise  # an error that is its own cause cannot be pickled
            raise together from error

    def part(self, start: int, stop: int, whole: str = "") -> "FrameArray":
        """The events ``start`` to ``stop``; as a block of the lazy array of the name ``whole``, if it is one."""
        segments = part(self.segments, self._ends, self.shape[1], start, stop)
        return replace(self, segments=segments, shape=(stop - start, *self.shape[1:]), whole=whole)

    def _picks(self, index: Any) -> list[Any]:
        """An index of each axis."""
        given = index if isinstance(index, tuple) else (index,)
        number = next((number for number, pick in enumerate(given) if pick is Ellipsis), len(given))
        behind = given[number + 1 :]
        between = (slice(None),) * (self.ndim - number - len(behind))
        return [*given[:number], *between, *behind]

    def _read(self, events: Numbers, frames: Numbers) -> NDArray[Any]:
        """These frames of these events."""
        out = allocated((len(events), len(frames), *self.shape[2:]), self.dtype, self.name)
        flat = out.reshape(-1, *self.shape[2:])
        wanted = (events[:, np.newaxis] * self.shape[1] + frames).reshape(-1)
        for low, high in self._spans(wanted):
            rows = np.flatnonzero((wanted >= low) & (wanted < high))
            if np.array_equal(wanted[rows[0] : rows[0] + high - low], np.arange(low, high)) and len(rows) == high - low:
                self.read_into(flat[rows[0] : rows[0] + high - low], low)
            else:
                span = allocated((high - low, *self.shape[2:]), self.dtype, self.name)
                self.read_into(span, low)
                flat[rows] = span[wanted[rows] - low]
        return out

    def _spans(self, wanted: Numbers) -> Iterator[tuple[int, int]]:
        """(first, last + 1) of the frames that are read at once."""
        if not len(wanted):
            return
        if wanted[-1] - wanted[0] + 1 == len(wanted) and (np.diff(wanted) == 1).all():
            yield int(wanted[0]), int(wanted[-1]) + 1
            return
        ordered = np.unique(wanted)
        frame_bytes = max(prod(self.shape[2:]) * self.dtype.itemsize, 1)
        ends = np.flatnonzero(np.diff(ordered) - 1 > min(self.bridged_bytes // frame_bytes, _MOST_BRIDGED))
        starts = np.concatenate(([0], ends + 1))
        stops = np.append(ends, len(ordered) - 1)
        yield from zip(ordered[starts].tolist(), (ordered[stops] + 1).tolist(), strict=True)


def _made(segments: Packed, others: tuple[tuple[int, ...], np.dtype[Any], str, int, str]) -> FrameArray:
    shape, dtype, name, bridged_bytes, whole = others
    return FrameArray(
        segments=unpacked(segments), shape=shape, dtype=dtype, name=name, bridged_bytes=bridged_bytes, whole=whole
    )
