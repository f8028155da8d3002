"""From frames of files back to the rows of a field."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from framestore_handlers.frame_file import FrameFile
from framestore_handlers.rows import Rows
from framestore_handlers.spans import LAYER, Integers, Spans


@dataclass(frozen=True, kw_only=True, slots=True)
class FileRows:
    """Which frames of one file are which rows of a field; spans of consecutive ones, by their place in the file."""

    file: FrameFile
    """The file, or series of files."""
    frames: int
    """Frames in an event."""
    first: Integers
    """Number of the first frame of each span: (spans,), ascending."""
    stop: Integers
    """And the number behind its last."""
    row: Integers
    """The row of each span's first event."""
    seq_num: Integers
    """And its sequence number."""
    reach: Integers
    """The largest of ``stop`` up to each span: the same frames may belong to two events."""

    @property
    def wanted(self) -> list[range]:
        """The frames of the file, each once."""
        if not len(self.first):
            return []
        begins = np.append(True, self.first[1:] > self.reach[:-1])
        ends = np.append(begins[1:], True)
        return list(map(range, self.first[begins].tolist(), self.reach[ends].tolist()))

    def parts(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Rows of the frames ``start`` to ``stop`` of the file: counted through, frame by frame."""
        low, high = np.searchsorted(self.reach, start, "right"), np.searchsorted(self.first, stop, "left")
        for span in range(int(low), int(high)):
            first, last = int(self.first[span]), int(self.stop[span])
            begin, end = max(first, start) - first, min(last, stop) - first
            if begin < end:
                frame = int(self.row[span]) * self.frames
                yield frame + begin, frame + end


def file_rows(rows: Rows, lacking: Spans) -> list[FileRows]:
    """Those of each file; ``lacking`` are events that have a row, but no frames."""
    ordered, numbers = _consecutive(rows.in_order(), lacking)
    found: list[FileRows] = []
    by_file = np.argsort(ordered.file, kind="stable")
    bounds = np.searchsorted(ordered.file[by_file], np.arange(len(ordered.files) + 1))
    for number, file in enumerate(ordered.files):
        spans = by_file[bounds[number] : bounds[number + 1]]
        spans = spans[np.argsort(ordered.first[spans], kind="stable")]
        first = ordered.first[spans]
        stop = first + (ordered.stops[spans] - ordered.starts[spans]) * rows.frames
        found.append(
            FileRows(
                file=file,
                frames=rows.frames,
                first=first,
                stop=stop,
                row=numbers[spans],
                seq_num=ordered.starts[spans] % LAYER,
                reach=np.maximum.accumulate(stop) if len(stop) else stop,
            )
        )
    return found


def _consecutive(ordered: Rows, lacking: Spans) -> tuple[Rows, Integers]:
    """Rows in their order, consecutive ones together; and the number of the first of each span."""
    numbers = Spans.of(ordered.starts, ordered.stops).together(lacking).rows(ordered.starts)
    lengths = ordered.stops - ordered.starts
    goes_on = (
        (np.diff(ordered.file) == 0)
        & (np.diff(ordered.first) == lengths[:-1] * ordered.frames)
        & (np.diff(numbers) == lengths[:-1])
        & (np.diff(ordered.starts) == lengths[:-1])
    )
    begins = np.append(0, np.flatnonzero(~goes_on) + 1)[: len(lengths)]
    ends = np.append(begins[1:] - 1, len(lengths) - 1)[: len(lengths)]
    parts = {"starts": ordered.starts[begins], "file": ordered.file[begins], "first": ordered.first[begins]}
    return replace(ordered, stops=ordered.stops[ends], **parts), numbers[begins]
