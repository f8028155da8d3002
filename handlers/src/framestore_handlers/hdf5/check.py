"""Whether the frames of a dataset are in the file: what HDF5 knows of its chunks, against the size of the file."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from framestore_handlers.claims import MOST_EVENTS
from framestore_handlers.fault import Fault, Looked, fault_of, halved
from framestore_handlers.held import CutOffFileError, FrameType, check_count, check_type
from framestore_handlers.naming import named_errors
from framestore_handlers.place import Place

from .leading import boxes, check_boxes, leading_of
from .opening import open_for_reading
from .search import path_of
from .trust import check_sources, trusted
from .unwritten import is_chosen

Numbers = NDArray[np.int64]

_STEP = 4096
"""Rows of a virtual dataset that are looked at together."""
_GROWS = 2**20
"""Chunks more than the file has bytes for, which its writer may have added meanwhile."""


def check_dataset(
    place: Place, name: str, wanted: Sequence[range], said: FrameType | None, looked: Looked
) -> Iterator[Fault]:
    """What is wrong with the frames of a dataset; see `CheckedFrames`. No pixel is read."""
    faults: list[Fault] = []
    try:
        with named_errors(place, place.path), open_for_reading(place) as file:
            faults += _Rows.of(trusted(file, name, place), place, said).faults(wanted)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with a damaged file is a fault
        error = _as_cut_off(error)
        faults = [fault_of(error, part, place.path) for part in wanted]
    looked(sum(map(len, wanted)), 1)
    yield from faults


def _as_cut_off(error: Exception) -> Exception:
    """HDF5 says itself of older files that they are cut off: in words only."""
    return CutOffFileError(str(error)) if "truncated file" in str(error) else error


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    """The rows of an open dataset."""

    dataset: h5py.Dataset
    """The dataset."""
    place: Place
    """The file by whose name it was opened."""
    path: Path
    """The file in which it stands."""
    leading: tuple[int, ...]
    """Sizes of the dimensions that number the rows."""

    @classmethod
    def of(cls, dataset: h5py.Dataset, place: Place, said: FrameType | None) -> "_Rows":
        """Those of which each is a frame, as the documents say it.

        Raises
        ------
        OtherFramesError
            When the dataset holds frames of another shape or dtype.
        """
        leading, path = leading_of(dataset), path_of(dataset.file)
        if said is not None and dataset.shape[1:] != said[0]:
            leading = dataset.shape[: max(dataset.ndim - len(said[0]), 0)]
        rows = cls(dataset=dataset, place=place, path=path, leading=leading)
        if said is not None:
            check_type(rows.name, (dataset.shape[len(leading) :], dataset.dtype), said, in_order=True)
        return rows

    @property
    def name(self) -> str:
        """File and dataset, for messages."""
        return f"{self.path}: {self.dataset.name}"

    def faults(self, wanted: Sequence[range]) -> Iterator[Fault]:
        """What is wrong with some rows."""
        held = prod(self.leading)
        there = (range(part.start, min(part.stop, held)) for part in wanted)
        yield from self._of_some([part for part in there if part])
        for part in wanted:
            if part.stop > held:
                yield from self._short(range(max(part.start, held), part.stop), held)

    def _short(self, rows: range, held: int) -> Iterator[Fault]:
        try:
            check_count(self.name, held, rows.stop)
        except OSError as error:
            yield fault_of(error, rows, self.path)

    def _of_some(self, wanted: list[range]) -> Iterator[Fault]:
        """The same of rows that the dataset has by its shape."""
        if not wanted:
            return
        if self.dataset.is_virtual:
            yield from self._virtual(wanted)
        elif self.dataset.chunks is None:
            yield from self._contiguous(wanted)
        elif len(self.leading) == 1:
            yield from self._chunked(wanted, self.dataset.chunks)
        else:
            for part in wanted:
                yield from halved(self._check_boxes, part, self.path)

    def _check_boxes(self, rows: range) -> None:
        check_boxes(self.dataset, self.path, list(boxes(self.leading, rows.start, rows.stop)))

    def _virtual(self, wanted: list[range]) -> Iterator[Fault]:
        inner = prod(self.leading[1:])

        def check(rows: range) -> None:
            span = (rows.start // inner, -(-rows.stop // inner)) if self.leading else (0, self.dataset.shape[0])
            check_sources(self.dataset, self.place, *span)

        for part in wanted:
            if len(part) > MOST_EVENTS:
                what = f"{self.name} is virtual, and {len(part)} frames are not looked for, more than {MOST_EVENTS}"
                yield self._fault("documents", part, what)
                continue
            for start in range(part.start, part.stop, _STEP):
                yield from halved(check, range(start, min(start + _STEP, part.stop)), self.path)

    def _contiguous(self, wanted: list[range]) -> Iterator[Fault]:
        """Of rows that stand together: those up to the end of the file are there."""
        plist = self.dataset.id.get_create_plist()
        if plist.get_layout() != h5py.h5d.CONTIGUOUS or plist.get_external_count():
            return  # in the head of the dataset, or in files that were looked at when it was opened
        offset, size = self.dataset.id.get_offset(), self.path.stat().st_size
        nbytes = prod(self.dataset.shape[len(self.leading) :]) * self.dataset.dtype.itemsize
        if offset is None:
            if not is_chosen(self.dataset):
                yield from (self._unwritten(part) for part in wanted)
            return
        whole = max(size - offset, 0) // nbytes if nbytes else prod(self.leading)
        for part in wanted:
            if part.stop > whole:
                yield self._cut_off(range(max(part.start, whole), part.stop), size)

    def _chunked(self, wanted: list[range], chunks: tuple[int, ...]) -> Iterator[Fault]:
        """Of rows in chunks: all are listed once, since HDF5 goes through all to find one."""
        there, beyond, size = _listed(self.dataset, chunks, self.path)
        in_row = prod(-(-length // chunk) for length, chunk in zip(self.dataset.shape[1:], chunks[1:], strict=True))
        for part in wanted:
            low, high = part.start // chunks[0] * in_row, -(-part.stop // chunks[0]) * in_row
            found = [(rows, True) for rows in _runs(beyond, low, high)]
            if not is_chosen(self.dataset):
                found += [(rows, False) for rows in _gaps(np.union1d(there, beyond), low, high)]
            for run, is_cut in sorted(found, key=lambda pair: pair[0].start):
                first, last = run.start // in_row * chunks[0], -(-run.stop // in_row) * chunks[0]
                rows = range(max(first, part.start), min(last, part.stop))
                yield self._cut_off(rows, size) if is_cut else self._unwritten(rows)

    def _cut_off(self, rows: range, size: int) -> Fault:
        what = (
            f"{self.name}: {_named(rows)} not in the file, which is cut off or damaged: its index puts their bytes "
            f"where there are none, the file has {size} bytes; copy it from where it was written"
        )
        return self._fault("truncated", rows, what)

    def _unwritten(self, rows: range) -> Fault:
        what = f"{self.name}: {_named(rows)} not in the file: never written, or not all of it; HDF5 would make zeros"
        return self._fault("short", rows, what)

    def _fault(self, kind: Any, rows: range, what: str) -> Fault:
        return Fault(kind=kind, start=rows.start, stop=rows.stop, path=self.path, what=what)


def _named(rows: range) -> str:
    return f"frame {rows.start} is" if len(rows) == 1 else f"frames {rows.start} to {rows.stop - 1} are"


def _listed(dataset: h5py.Dataset, chunks: tuple[int, ...], path: Path) -> tuple[Numbers, Numbers, int]:
    """Numbers of the chunks that are in the file, and of those that are said to be but are not; and the file's size.

    They are numbered as they follow each other in the dataset, in C order: (chunks,), ascending.
    """
    grid = [-(-length // chunk) for length, chunk in zip(dataset.shape, chunks, strict=True)]
    steps = [prod(grid[axis + 1 :]) for axis in range(len(grid))]
    most = path.stat().st_size + _GROWS
    plain = None if dataset.id.get_create_plist().get_nfilters() else prod(chunks) * dataset.id.get_type().get_size()
    numbers, ends = array("q"), array("Q")

    def note(info: Any) -> bool | None:
        numbers.append(sum(at // size * step for at, size, step in zip(info.chunk_offset, chunks, steps, strict=True)))
        is_known = info.byte_offset is not None and plain in {None, info.size}
        ends.append(info.byte_offset + info.size if is_known else 2**63)
        return True if len(numbers) > most else None  # a damaged index that has no end

    dataset.id.chunk_iter(note)
    size = path.stat().st_size
    found, is_there = np.array(numbers, np.int64), np.array(ends, np.uint64) <= size
    return np.unique(found[is_there]), np.setdiff1d(found[~is_there], found[is_there]), size


def _runs(numbers: Numbers, low: int, high: int) -> Iterator[range]:
    """Consecutive ones of some ascending numbers, of those from ``low`` up to ``high``."""
    inside = numbers[np.searchsorted(numbers, low) : np.searchsorted(numbers, high)]
    if len(inside):
        ends = np.flatnonzero(np.diff(inside) > 1)
        firsts, lasts = inside[np.append(0, ends + 1)], inside[np.append(ends, len(inside) - 1)]
        yield from map(range, firsts.tolist(), (lasts + 1).tolist())


def _gaps(numbers: Numbers, low: int, high: int) -> Iterator[range]:
    """The numbers from ``low`` up to ``high`` that are not among some ascending ones."""
    inside = numbers[np.searchsorted(numbers, low) : np.searchsorted(numbers, high)]
    edges = np.concatenate(([low - 1], inside, [high]))
    for number in np.flatnonzero(np.diff(edges) > 1).tolist():
        yield range(int(edges[number]) + 1, int(edges[number + 1]))
