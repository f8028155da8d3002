"""Which frames belong to which event: documents become segments of files."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

import numpy as np

from .blocks import DatumFrames, FrameFile
from .claims import check_last, first_frame, whole_numbers
from .collector import RunParts, StreamParts
from .events import ABSENT
from .files import Files
from .foreign import HandlerFrames
from .ranges import FrameRange
from .segments import Segment
from .spans import LAYER, Integers, Spans, are_several, cut, in_rows, numbered


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """The frames of a data key: spans of events whose frames stand consecutively in one file."""

    starts: Integers
    """First event of each span; see `Spans`: (spans,), in any order."""
    stops: Integers
    """And the number behind its last."""
    files: Sequence[FrameFile]
    """The files that there are."""
    file: Integers
    """Which file each span is in: (spans,)."""
    first: Integers
    """Number of each span's first frame in its file: (spans,)."""
    frames: int
    """Frames in an event."""

    def repeated(self, again: Integers, before: Integers) -> "Rows":
        """With events that came ``again`` without frames of their own: theirs are those of the events ``before``.

        bluesky emits an event again when a plan is paused after it was saved; where the plan then reads without a
        trigger, the frames are those of before. Both are (again,).
        """
        if not len(again):
            return self
        order = np.argsort(self.starts)
        span = order[np.searchsorted(self.starts[order], before, "right") - 1]
        return replace(
            self,
            starts=np.append(self.starts, again),
            stops=np.append(self.stops, again + 1),
            file=np.append(self.file, self.file[span]),
            first=np.append(self.first, self.first[span] + (before - self.starts[span]) * self.frames),
        )

    def within(self, events: Spans) -> "Rows":
        """Those of these events."""
        owner, starts, stops = cut(self.starts, self.stops, events)
        return self._parts(owner, starts, stops)

    def segments(self) -> list[Segment]:
        """The rows in their order, consecutive ones together."""
        if not len(self.first):
            return []
        rows = self._parts(*in_rows(self.starts, self.stops))
        lengths = rows.stops - rows.starts
        goes_on = (np.diff(rows.file) == 0) & (np.diff(rows.first) == lengths[:-1] * rows.frames)
        begins = np.append(0, np.flatnonzero(~goes_on) + 1)
        counts = np.add.reduceat(lengths, begins)
        return [
            Segment(file=self.files[file], first=first, events=events)
            for file, first, events in zip(
                rows.file[begins].tolist(), rows.first[begins].tolist(), counts.tolist(), strict=True
            )
        ]

    def _parts(self, owner: Integers, starts: Integers, stops: Integers) -> "Rows":
        first = self.first[owner] + (starts - self.starts[owner]) * self.frames
        return replace(self, starts=starts, stops=stops, file=self.file[owner], first=first)


def datum_rows(
    run: RunParts,
    datum_ids: Sequence[Any],
    events: Integers,
    *,
    key: str,
    frames: int,
    opens: Files,
) -> Rows:
    """Rows of a data key whose ``events`` hold ``datum_ids``, (events,); there are ``frames`` frames in an event.

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
            raise _no_datum(int(events[len(places)] % LAYER), key, datum_id) from None
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
    return Rows(starts=events, stops=events + 1, files=files, file=file, first=first, frames=frames)


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Streamed:
    """The events of a data key whose frames StreamDatum documents name."""

    parts: StreamParts
    """Documents of the stream."""
    key: str
    """The data key."""
    ranges: Sequence[FrameRange]
    """What the documents say, in the order they came."""
    owner: Integers
    """Which range each span of events is of: (spans,)."""
    starts: Integers
    """First event of each span; see `Spans`."""
    stops: Integers
    """And the number behind its last."""
    skipped: Integers
    """How many events of its range come before each span."""

    @classmethod
    def of(cls, parts: StreamParts, key: str) -> "Streamed":
        """Number the events.

        Nothing is taken twice in a stream that is flown, without events; but after a pause bluesky counts again from
        the last checkpoint on. The events are then numbered as they came, from 1 on.

        Raises
        ------
        ValueError
            When the documents claim what cannot be.
        """
        ranges = [part for part in parts.ranges.get(key, ()) if part.length]
        check_last(sum(part.length for part in ranges), key)
        firsts = np.array([part.seq_num for part in ranges], np.int64)
        lengths = np.array([part.length for part in ranges], np.int64)
        if not parts.events and are_several(firsts, firsts + lengths):
            firsts = 1 + np.cumsum(lengths) - lengths
        owner, starts, stops = numbered(firsts, lengths)
        skipped = starts % LAYER - firsts[owner]
        return cls(parts=parts, key=key, ranges=ranges, owner=owner, starts=starts, stops=stops, skipped=skipped)

    @property
    def spans(self) -> Spans:
        """Which events these are."""
        return Spans.of(self.starts, self.stops)

    def rows(self, frames: int, opens: Files) -> Rows:
        """Where their frames are; ``frames`` is the number of frames in an event.

        Raises
        ------
        ValueError
            When a mimetype is not known.
        """
        run, key = self.parts.run, self.key
        zero = _first_indices(run, key)
        events = max((part.index + part.length for part in self.ranges), default=0)
        check_last(max(events, sum(part.length for part in self.ranges)) * frames, key)
        uids = list(dict.fromkeys(part.resource for part in self.ranges))
        numbers = {uid: number for number, uid in enumerate(uids)}
        file = np.array([numbers[part.resource] for part in self.ranges], np.int64)
        index = np.array([part.index - zero[part.resource] for part in self.ranges], np.int64)
        return Rows(
            starts=self.starts,
            stops=self.stops,
            files=[_checked(opens.of(run.resources[uid]), uid, key, frames) for uid in uids],
            file=file[self.owner],
            first=(index[self.owner] + self.skipped) * frames,
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
