"""Which frames belong to which event, and in which files they are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .claims import first_frame, whole_numbers
from .collector import RunParts
from .events import ABSENT
from .files import Files
from .foreign import HandlerFrames
from .frame_file import DatumFrames, FrameFile
from .segments import Segment
from .spans import LAYER, Integers, Spans, cut, in_rows


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

    def in_order(self) -> "Rows":
        """The rows in their order: that of sequence numbers, and of occurrences where a number has several."""
        return self._parts(*in_rows(self.starts, self.stops))

    def segments(self) -> list[Segment]:
        """The rows in their order, consecutive ones together."""
        if not len(self.first):
            return []
        rows = self.in_order()
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
            opened[uid] = _locating(checked(opens.of(run.resources[uid]), uid, key, frames), frames)
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


def checked(file: FrameFile, uid: str, key: str, frames: int) -> FrameFile:
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
