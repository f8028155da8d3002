"""Whether the frames of a data key are there."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from framestore_handlers.claims import check_frames
from framestore_handlers.collector import StreamParts
from framestore_handlers.column import FrameColumn
from framestore_handlers.event_table import EventTable
from framestore_handlers.fault import Fault, fault_of, merged
from framestore_handlers.held import FrameType
from framestore_handlers.sampled import check_fast
from framestore_handlers.spans import LAYER, Integers, Spans

from .count import Count
from .deep import read_through
from .documents import LOAD_ALL
from .report import FieldReport, Finding
from .rows import FileRows, file_rows
from .unfollowed import LenientFiles


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldFrames:
    """The frames of a data key, as the documents name them."""

    stream: str
    """Name of the stream."""
    key: str
    """The data key."""
    files: list[FileRows]
    """In which files they are."""
    frame: FrameType | None
    """Shape and dtype of one, where the documents say it."""
    findings: list[Finding]
    """What is wrong with the documents."""

    @property
    def count(self) -> int:
        """Frames, each once."""
        return sum(len(part) for file in self.files for part in file.wanted)

    @classmethod
    def of(cls, stream: str, key: str, parts: StreamParts, follows: LenientFiles) -> "FieldFrames":
        """Those of a data key; where its documents do not fit together, none, and what is wrong with them."""
        column = FrameColumn(key, stream, parts, EventTable(stream, parts), follows)
        found = cls(stream=stream, key=key, files=[], frame=None, findings=[])
        try:
            rows, lacking = column.promised()
            shape = column.shape
            frame = None if shape.frame is None or shape.dtype is None else (shape.frame, shape.dtype)
            files = file_rows(rows, lacking)
        except Exception as error:  # noqa: BLE001 - documents may hold anything
            found.findings.append(found.finding("documents", _words(error)))
            return found
        return replace(found, files=files, frame=frame, findings=list(found.lacks(lacking)))

    def finding(self, kind: Any, what: str, **where: Any) -> Finding:
        """A finding of the data key."""
        return Finding(kind=kind, what=what, stream=self.stream, field=self.key, **where)

    def lacks(self, lacking: Spans) -> Iterator[Finding]:
        """Events for which the documents name no frames."""
        for start, stop in zip(*(bound.tolist() for bound in lacking.bounds), strict=True):
            first, last = start % LAYER, start % LAYER + stop - start
            named = f"event {first}" if stop - start == 1 else f"events {first} to {last - 1}"
            what = f"the documents name no frames for {named}; {LOAD_ALL}"
            yield self.finding("documents", what, events=(first, last))

    def check(self, *, deep: bool, tell: Callable[[int], None]) -> tuple[FieldReport, list[Finding]]:
        """Look at the frames; ``tell`` is told how many more were looked at, each time."""
        count = Count(tell=tell, tells=not deep)
        frame = self.frame or _frame_of(self.files, f"stream {self.stream!r}, {self.key}")
        faults: list[Fault] = []
        for file in self.files:
            found = merged(_faults(file, frame, count, deep=deep))
            faults += (_in_rows(fault, *part) for fault in found for part in file.parts(fault.start, fault.stop))
        faults.sort(key=lambda fault: (fault.start, fault.stop))
        named = _SeqNums.of(self.files)
        findings = [self._found(fault, named) for fault in merged(faults)]
        sums = {"frames": self.count, "files": count.files, "checksums": count.checksums}
        return FieldReport(stream=self.stream, field=self.key, **sums), [*self.findings, *findings]

    def _found(self, fault: Fault, named: "_SeqNums") -> Finding:
        """The finding of a fault whose frames are those of the rows, counted through."""
        what = fault.what
        if fault.others:
            where = f", the last of {fault.last}" if fault.last and fault.last != fault.path else ""
            what += f" (the first of {fault.others + 1} like it that follow one another{where})"
        frames = fault.start, fault.stop
        return self.finding(fault.kind, what, path=fault.path, frames=frames, events=named.of_frames(*frames))


@dataclass(frozen=True, kw_only=True, slots=True)
class _SeqNums:
    """Which events the rows are."""

    frames: int
    """Frames in an event."""
    row: Integers
    """First row of each span of consecutive events: (spans,), ascending."""
    seq_num: Integers
    """And its sequence number."""

    @classmethod
    def of(cls, files: Sequence[FileRows]) -> "_SeqNums":
        """Those of rows that have frames."""
        if not files:
            return cls(frames=1, row=np.zeros(0, np.int64), seq_num=np.zeros(0, np.int64))
        row, seq_num = (np.concatenate([getattr(file, name) for file in files]) for name in ("row", "seq_num"))
        order = np.argsort(row)
        return cls(frames=files[0].frames, row=row[order], seq_num=seq_num[order])

    def of_frames(self, start: int, stop: int) -> tuple[int, int]:
        """Sequence number of the event of the first of some frames, and the number behind that of the last."""
        return self._of_row(start // self.frames), self._of_row((stop - 1) // self.frames) + 1

    def _of_row(self, row: int) -> int:
        span = int(np.searchsorted(self.row, row, "right")) - 1
        return int(self.seq_num[span]) + row - int(self.row[span])


def _faults(file: FileRows, frame: FrameType | None, count: Count, *, deep: bool) -> Iterator[Fault]:
    """What is wrong with the frames of a file."""
    wanted = file.wanted
    try:
        found = list(merged(check_fast(file.file, wanted, frame, count.looked)))
    except Exception as error:  # noqa: BLE001 - a file of frames may be anybody's
        found = [fault_of(error, part, None) for part in wanted]
    if not deep:
        yield from found
        return
    count.tells = True
    found = [fault for fault in found if fault.kind != "unchecked"]
    yield from found
    whole = list(_without(wanted, found))
    count.looked(sum(map(len, wanted)) - sum(map(len, whole)), 0)
    if whole and frame is not None:
        yield from read_through(file.file, whole, frame, count)
    count.tells = False


def _without(wanted: Sequence[range], faults: Sequence[Fault]) -> Iterator[range]:
    """Those of some frames with which nothing is known to be wrong."""
    ordered = sorted((fault.start, fault.stop) for fault in faults)
    number = 0
    for part in wanted:
        start = part.start
        while number < len(ordered) and ordered[number][1] <= start:
            number += 1
        for low, high in ordered[number:]:
            if low >= part.stop:
                break
            if start < low:
                yield range(start, low)
            start = max(start, high)
        if start < part.stop:
            yield range(start, part.stop)


def _frame_of(files: Sequence[FileRows], what: str) -> FrameType | None:
    """Shape and dtype of a frame, by the first file that can tell."""
    for file in files:
        with suppress(Exception):
            shape, dtype = file.file.frame_type()
            check_frames(file.frames, shape, dtype, what)
            return shape, dtype
    return None


def _in_rows(fault: Fault, start: int, stop: int) -> Fault:
    return replace(fault, start=start, stop=stop)


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, ValueError) and str(error) else f"{type(error).__name__}: {error}"
