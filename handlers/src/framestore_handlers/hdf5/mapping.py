"""Which rows of a virtual dataset come from which rows of which source.

https://support.hdfgroup.org/documentation/hdf5/latest/_v_d_s_t_n.html
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from operator import lt
from typing import Any

import h5py

_BLOCK = re.compile(r"%([b%])")
"""In a name: the number of a block; a percent sign."""
_ENDLESS = 2**62
"""A number above which a count means: without end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Axis:
    """What a selection takes along the first axis: ``count`` times ``block`` rows, ``stride`` apart."""

    start: int
    """First row."""
    stride: int
    """From one block to the next."""
    count: int
    """How many blocks; more than 2**62: without end."""
    block: int
    """Rows in a block."""

    @property
    def length(self) -> int:
        """How many rows."""
        return self.count * self.block

    def rank(self, row: int) -> int | None:
        """Which of the rows that are taken a row is; None of one that is not."""
        number, at = divmod(row - self.start, self.stride)
        return number * self.block + at if 0 <= number < self.count and at < self.block else None

    def row(self, rank: int) -> int:
        """The row of that rank."""
        number, at = divmod(rank, self.block)
        return self.start + number * self.stride + at


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapping:
    """One source, or one for each block, of a virtual dataset."""

    file_name: str
    """Of the source; a dot: the same file. It may hold the number of a block."""
    dataset_name: str
    """Of the source."""
    virtual: Axis
    """What it fills."""
    source: Axis | None
    """What it takes; None where that is known only as a whole."""
    bounds: tuple[int, ...] | None
    """Numbers behind the last that it takes along each axis, 0 where there is no end; None: it takes all."""
    points: int
    """Numbers that it fills; 0 where there is no end."""

    @property
    def is_same_file(self) -> bool:
        """Whether the source is in the same file."""
        return self.file_name == "."

    @property
    def is_unlimited(self) -> bool:
        """Whether it has no end: HDF5 looks how long the source is, or how many of them there are."""
        return self.virtual.count >= _ENDLESS

    @property
    def is_numbered(self) -> bool:
        """Whether each block has a source of its own."""
        return "b" in _BLOCK.findall(self.file_name + self.dataset_name)

    def name(self, number: int) -> str:
        """Name of the file of a block."""
        return _numbered(self.file_name, number)

    def dataset(self, number: int) -> str:
        """Name of the dataset of a block."""
        return _numbered(self.dataset_name, number)

    def names(self) -> Iterator[str]:
        """Names of the files of all blocks, without end; the only one, where they have one together."""
        return map(self.name, count()) if self.is_numbered else iter([self.name(0)])

    def rows(self, start: int, stop: int) -> Iterator[tuple[int, list[int]]]:
        """Block, and rows of it, that are between ``start`` and ``stop``; all together where they have one source."""
        blocks = self._blocks(start, stop)
        if self.is_numbered:
            yield from blocks
        elif rows := [row for _, block in blocks for row in block]:
            yield 0, rows

    def _blocks(self, start: int, stop: int) -> Iterator[tuple[int, list[int]]]:
        axis = self.virtual
        last = min(axis.count - 1, (stop - 1 - axis.start) // axis.stride)
        for number in range(max((start - axis.start) // axis.stride, 0), last + 1):
            begin = axis.start + number * axis.stride
            rows = list(range(max(begin, start), min(begin + axis.block, stop)))
            if rows:
                yield number, rows

    def wanted(self, rows: Sequence[int], shape: tuple[int, ...]) -> tuple[int, int] | None:
        """First row, and row behind the last, of the source that some rows come from; None where it has less.

        Parameters
        ----------
        rows
            Of the virtual dataset, ascending.
        shape
            Of the source.
        """
        if self.bounds is None:
            return self._part(rows, shape[0]) if shape and math.prod(shape) >= self.points else None
        if len(shape) != len(self.bounds) or any(map(lt, shape[1:], self.bounds[1:])):
            return None
        if self.source is None:
            first, stop = 0, self.bounds[0] or shape[0]
        elif self.is_numbered:
            first, stop = self._part(rows, self.bounds[0] or shape[0])
        else:
            ranks = [rank for row in (rows[0], rows[-1]) if (rank := self.virtual.rank(row)) is not None]
            first, stop = self.source.row(ranks[0]), self.source.row(ranks[-1]) + 1
        return (first, stop) if stop <= shape[0] else None

    def _part(self, rows: Sequence[int], whole: int) -> tuple[int, int]:
        """The part of the ``whole`` first rows of a source that some rows come from; all, where it is cut otherwise."""
        length = self.virtual.block if self.is_numbered else self.virtual.length
        ranks = [self.virtual.rank(row) for row in (rows[0], rows[-1])]
        if length != whole or None in ranks:
            return 0, whole
        first, last = (rank % length for rank in ranks if rank is not None)
        return first, last + 1


def mappings(plist: h5py.h5p.PropDCID) -> Iterator[Mapping]:
    """The sources of a virtual dataset, by the properties it was made with; none of another dataset."""
    if plist.get_layout() != h5py.h5d.VIRTUAL:
        return
    for number in range(plist.get_virtual_count()):
        virtual, source = plist.get_virtual_vspace(number), plist.get_virtual_srcspace(number)
        parts = _axes(virtual)
        points = 0 if max(part.count for part in parts) >= _ENDLESS else int(virtual.get_select_npoints())
        for there, here in _pairs(parts, _axes(source)):
            yield Mapping(
                file_name=plist.get_virtual_filename(number),
                dataset_name=plist.get_virtual_dsetname(number),
                virtual=there,
                source=here,
                bounds=_bounds(source),
                points=points,
            )


def _numbered(name: str, number: int) -> str:
    return _BLOCK.sub(lambda found: "%" if found[1] == "%" else str(number), name)


def _pairs(virtual: list[Axis], source: list[Axis]) -> Iterator[tuple[Axis, Axis | None]]:
    """What each part of a selection takes: known where both are one part, and of as many rows."""
    if len(virtual) == len(source) == 1:
        there, here = virtual[0], source[0]
        same = there.length == here.length or max(there.count, here.count) >= _ENDLESS
        yield there, here if same else None
    else:
        yield from ((there, None) for there in virtual)


def _axes(space: Any) -> list[Axis]:
    """The first axis of a selection."""
    if space.get_select_type() == h5py.h5s.SEL_ALL:  # of a source, HDF5 does not keep the shape
        return [Axis(start=0, stride=1, count=space.shape[0] if space.shape else 1, block=1)]
    if space.is_regular_hyperslab():
        start, stride, blocks, block = (values[0] for values in space.get_regular_hyperslab())
        if block >= _ENDLESS:  # one block without end
            return [Axis(start=start, stride=1, count=block, block=1)]
        return [Axis(start=start, stride=max(stride, block), count=blocks, block=block)]  # one block has no stride
    spans = {(int(low[0]), int(high[0])) for low, high in space.get_select_hyper_blocklist()}
    return [Axis(start=low, stride=1, count=high - low + 1, block=1) for low, high in sorted(spans)]


def _bounds(space: Any) -> tuple[int, ...] | None:
    if space.get_select_type() == h5py.h5s.SEL_ALL:
        return None
    if not space.is_regular_hyperslab():
        return tuple(int(high) + 1 for high in space.get_select_bounds()[1])
    return tuple(
        0 if max(blocks, block) >= _ENDLESS else start + (blocks - 1) * stride + block
        for start, stride, blocks, block in zip(*space.get_regular_hyperslab(), strict=True)
    )
