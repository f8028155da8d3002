"""Which frames belong to which event: documents become segments of files."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .blocks import DatumFrames, FrameFile
from .claims import check_events, first_frame, whole_numbers
from .collector import RunParts, StreamParts
from .events import ABSENT
from .files import Files
from .foreign import HandlerFrames
from .ranges import FrameRange
from .segments import Segment

Integers = NDArray[np.int64]

OCCURRENCES = 2**20
"""More occurrences than a sequence number can have: a label is the number times this, plus the occurrence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbering:
    """Sequence numbers in ascending order; one that came several times stands several times, in the order it came."""

    seq_nums: Integers
    """(rows,)"""
    occurrences: Integers
    """How many times the number came before: (rows,)."""
    order: Integers
    """Where each row stood in the order in which they came: (rows,)."""

    @classmethod
    def of(cls, came: Integers) -> "Numbering":
        """Number rows by the sequence numbers in the order in which they came."""
        order = np.argsort(came, kind="stable")
        seq_nums = came[order]
        rows = np.arange(len(came))
        is_first = np.ones(len(came), bool)
        is_first[1:] = seq_nums[1:] != seq_nums[:-1]
        return cls(
            seq_nums=seq_nums,
            occurrences=rows - np.maximum.accumulate(np.where(is_first, rows, 0)),
            order=order,
        )

    @property
    def labels(self) -> Integers:
        """One number for each row that tells sequence number and occurrence: (rows,)."""
        return self.seq_nums * OCCURRENCES + self.occurrences


def last_occurrences(labels: Integers) -> NDArray[np.bool_]:
    """Which of ascending labels are the last of their sequence number: (rows,)."""
    keep = np.ones(len(labels), bool)
    keep[:-1] = labels[1:] // OCCURRENCES != labels[:-1] // OCCURRENCES
    return keep


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """The frames of a data key, a row an event, in ascending order of sequence numbers."""

    labels: Integers
    """Which event each row is of; see `Numbering.labels`: (rows,)."""
    files: Sequence[FrameFile]
    """The files that there are."""
    file: Integers
    """Which file each row is in: (rows,)."""
    first: Integers
    """Number of each row's first frame in its file: (rows,)."""
    frames: int
    """Frames in a row."""

    def repeated(self, events: Integers) -> "Rows":
        """With a row for each event that came again without frames of its own; see `with_repeats`."""
        labels, rows = with_repeats(self.labels, events)
        return replace(self, labels=labels, file=self.file[rows], first=self.first[rows])

    def kept(self, keep: NDArray[np.bool_]) -> "Rows":
        """Those rows for which ``keep``, (rows,), is true."""
        return replace(self, labels=self.labels[keep], file=self.file[keep], first=self.first[keep])

    def segments(self) -> list[Segment]:
        """The rows, consecutive ones together."""
        if not len(self.first):
            return []
        goes_on = (np.diff(self.file) == 0) & (np.diff(self.first) == self.frames)
        starts = np.concatenate(([0], np.flatnonzero(~goes_on) + 1))
        lengths = np.diff(np.append(starts, len(self.first)))
        return [
            Segment(file=self.files[int(self.file[start])], first=int(self.first[start]), events=int(length))
            for start, length in zip(starts, lengths, strict=True)
        ]


def with_repeats(labels: Integers, events: Integers) -> tuple[Integers, Integers]:
    """Labels of rows, and of events that came again without frames of their own; and which row each of them has.

    bluesky emits an event again when a plan is paused after it was saved; where the plan then reads without a trigger,
    the frames are those of before. Ascending ``labels`` (rows,), those of the ``events``; both results have (rows,) or
    more.
    """
    if not len(events):
        return labels, np.arange(len(labels))
    lacking = events[~np.isin(events, labels)]
    before = np.searchsorted(labels, lacking) - 1
    again = (before >= 0) & (labels[before] // OCCURRENCES == lacking // OCCURRENCES) if len(labels) else before >= 0
    every = np.concatenate((labels, lacking[again]))
    order = np.argsort(every, kind="stable")
    return every[order], np.concatenate((np.arange(len(labels)), before[again]))[order]


def datum_rows(
    run: RunParts,
    datum_ids: Sequence[Any],
    labels: Integers,
    *,
    key: str,
    frames: int,
    opens: Files,
) -> Rows:
    """Rows of a data key whose events hold ``datum_ids``, (rows,); ``frames`` is the number of frames in an event.

    Raises
    ------
    ValueError
        When an event has no datum id, or one that did not come, or a spec is not known.
    """
    opened: dict[str, _Locate] = {}
    numbers: dict[int, int] = {}
    files: list[FrameFile] = []
    datums = run.datums
    places: list[int] = []
    firsts: list[int] = []
    for datum_id in datum_ids:
        try:
            datum = datums[datum_id]
        except (KeyError, TypeError):
            raise _no_datum(labels[len(places)] // OCCURRENCES, key, datum_id) from None
        uid = datum["resource"]
        if uid not in opened:
            opened[uid] = _locating(_checked(opens.of(run.resources[uid]), uid, key, frames), frames)
        try:
            file, first = opened[uid](datum)
        except (KeyError, TypeError, AttributeError) as error:
            msg = f"datum document {datum_id} cannot be followed: {type(error).__name__}: {error}"
            raise ValueError(msg) from error
        is_same = bool(files) and (file is files[-1] or file == files[-1])
        number = len(files) - 1 if is_same else numbers.setdefault(id(file), len(files))
        if number == len(files):
            files.append(file)
        places.append(number)
        firsts.append(first)
    file = np.array(places, np.int64)
    first = whole_numbers(firsts, f"{key}: the numbers of frames that its datum documents name")
    return Rows(labels=labels, files=files, file=file, first=first, frames=frames)


def _no_datum(seq_num: int, key: str, datum_id: Any) -> ValueError:
    shown = "not there" if datum_id is ABSENT else f"{datum_id!r:.80}, which is no datum that the documents have"
    return ValueError(f"event {seq_num}: {key} is {shown}")


_Locate = Callable[[Mapping[str, Any]], tuple[FrameFile, int]]
"""Where the frames of a datum are, and the number of the first."""


def _locating(file: FrameFile, frames: int) -> _Locate:
    """How the datums of a resource are followed to its file."""
    if isinstance(file, DatumFrames):
        return lambda datum: file.of_datum(datum["datum_kwargs"], frames)

    def locate(datum: Mapping[str, Any]) -> tuple[FrameFile, int]:
        try:
            number = datum["datum_kwargs"]["point_number"]
        except KeyError:
            kwargs = sorted(datum["datum_kwargs"])
            msg = f"datum document {datum['datum_id']} has no point_number, but {kwargs}; such datums are not read"
            raise ValueError(msg) from None
        return file, first_frame(number, frames, "point_number", datum["datum_id"])

    return locate


def stream_numbering(parts: StreamParts, key: str) -> Numbering:
    """Numbering of the rows of a data key that StreamDatum documents name.

    Nothing is taken twice in a stream that is flown, without events; but after a pause bluesky counts again from the
    last checkpoint on. The rows are then numbered as they came, from 1 on.
    """
    check_events(sum(part.length for part in parts.ranges.get(key, [])), key)
    numbers = [np.arange(part.seq_num, part.seq_num + part.length) for part in parts.ranges.get(key, [])]
    came = np.concatenate(numbers) if numbers else np.array([], np.int64)
    rises = (np.diff(came) > 0).all()
    if not parts.events and not rises and len(np.unique(came)) < len(came):
        came = np.arange(1, len(came) + 1)
    return Numbering.of(came)


def stream_rows(parts: StreamParts, key: str, frames: int, opens: Files) -> Rows:
    """Rows of a data key whose frames StreamDatum documents name; ``frames`` is the number of frames in an event.

    Raises
    ------
    ValueError
        When a mimetype is not known.
    """
    ranges = parts.ranges.get(key, [])
    numbering = stream_numbering(parts, key)
    zero = _first_indices(parts.run, key)
    uids = list(dict.fromkeys(part.resource for part in ranges))
    files = [_checked(opens.of(parts.run.resources[uid]), uid, key, frames) for uid in uids]
    numbers = {uid: number for number, uid in enumerate(uids)}
    file = np.repeat([numbers[part.resource] for part in ranges], [part.length for part in ranges])
    rows = [np.arange(part.length) + part.index - zero[part.resource] for part in ranges]
    first = (np.concatenate(rows) if rows else np.array([], np.int64)) * frames
    return Rows(
        labels=numbering.labels,
        files=files,
        file=file.astype(np.int64)[numbering.order],
        first=first[numbering.order],
        frames=frames,
    )


def _first_indices(run: RunParts, key: str) -> dict[str, int]:
    """Index that is row 0 of each resource.

    Indices go on from file to file, rows begin anew. The resource of a stream's lowest index counts from 0, since its
    first indices may have been skipped; the documents may have come in any order.
    """
    firsts: dict[str, int] = {}
    for stream in run.streams.values():
        ranges = list(stream.ranges.get(key, []))
        for part in ranges:
            firsts[part.resource] = min(firsts.get(part.resource, part.index), part.index)
        if ranges:
            lowest = min(ranges, key=attrgetter("index"))
            firsts[lowest.resource] = 0
            if lowest.index and any(part.resource != lowest.resource for part in ranges):
                _report_begin(lowest, key)
    return firsts


def _report_begin(lowest: FrameRange, key: str) -> None:
    """Skipped frames of a first file, or a file whose documents are lost: with several files, both may be meant."""
    message = (
        f"{key}: its stream_datum documents begin with index {lowest.index}, which was taken for row {lowest.index} of "
        f"its resource {lowest.resource}; if documents of a resource before that are missing, load them too: without "
        "them, other frames of this one may be read than are meant"
    )
    warnings.warn(message, stacklevel=2)


def _checked(file: FrameFile, uid: str, key: str, frames: int) -> FrameFile:
    """Refuse a resource that was written with another number of frames in an event than its data key says."""
    if file.frames_per_event is None and isinstance(file, HandlerFrames):
        return replace(file, frames_per_event=frames)
    if file.frames_per_event not in (None, frames):
        msg = (
            f"{key}: its resource {uid} has {file.frames_per_event} frames an event, its data key says {frames}, the "
            "first number of its shape; was the camera staged anew, with another frames_per_point, within one run? "
            "The file itself holds all frames"
        )
        raise ValueError(msg)
    return file
