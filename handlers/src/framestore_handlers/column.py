"""The frames of one data key of a stream."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from . import claims
from .collector import StreamParts
from .event_shape import EventShape, event_shape
from .event_table import EventTable
from .events import ABSENT
from .files import Files
from .frame_array import FrameArray
from .rows import Rows, datum_rows
from .spans import Integers, Spans
from .streamed import Streamed


class FrameColumn:
    """Which frames belong to which event, and what they are like; no file is opened unless only it can tell.

    Parameters
    ----------
    key
        Name of the data key.
    stream
        Name of the stream, for messages.
    parts
        Documents of the stream.
    events
        Its events.
    files
        How documents are followed to files.
    """

    def __init__(
        self,
        key: str,
        stream: str,
        parts: StreamParts,
        events: EventTable,
        files: Files,
    ) -> None:
        self._key = key
        self._stream = stream
        self._parts = parts
        self._events = events
        self._files = files

    @cached_property
    def spans(self) -> Spans:
        """Which events have frames."""
        if not self._is_streamed:
            return self._events.spans
        again, _ = self._again
        return self._streamed.spans.together(Spans.of(again, again + 1))

    @cached_property
    def shape(self) -> EventShape:
        """What the frames of an event are like."""
        document = self._first_document()
        file = None if document is None else self._files.of(document)
        return event_shape(self._stream, self._key, self._data_keys, document, file)

    def beside_events(self, counting: Spans) -> tuple[Spans, str]:
        """The events of the rows: those that count, and those of frames that come after the last.

        Some of these may lack frames; those at the end of a run that goes on, whose frames are still to come, have no
        rows. In words, too, whether frames in between were left out.

        Parameters
        ----------
        counting
            The events that count.
        """
        spans, events = self.spans, self._events.spans
        if not len(events):
            return spans, ""
        after = spans.behind(events.largest())
        if self._parts.run.goes_on:
            counting = counting.without(counting.without(spans).behind(spans.largest()))
        left_out = len(spans.without(events)) - len(after)
        words = f"stream {self._stream!r}: {left_out} frames of {self._key!r} belong to no event, left out"
        return counting.together(after), words if left_out else ""

    def array(self, events: Spans) -> FrameArray:
        """The frames of these events.

        Raises
        ------
        ValueError
            When one of them has no frames, or the documents do not fit together.
        """
        self._check(events)
        rows = self._rows.within(events)
        frame, dtype = self._frame_type(rows)
        return FrameArray(
            segments=tuple(rows.segments()),
            shape=(len(events), rows.frames, *frame),
            dtype=dtype,
            name=f"{self._key!r} of stream {self._stream!r}",
        )

    def promised(self) -> tuple[Rows, Spans]:
        """Where the documents say that frames are, of all events, repeats included; and the events that have none.

        Those at the end of a run that goes on, whose frames are still to come, are left out.

        Raises
        ------
        ValueError
            When the documents do not fit together.
        """
        if not self._is_streamed:
            return self._datums()
        lacking = self._events.spans.without(self.spans)
        if self._parts.run.goes_on:
            lacking = lacking.without(lacking.behind(self.spans.largest()))
        return self._rows, lacking

    def _datums(self) -> tuple[Rows, Spans]:
        """The same of events that hold ids of datums; values that are no ids are the frames themselves."""
        ids, events, datums = self._events.values(self._key), self._events.events, self._parts.run.datums
        known = np.array([isinstance(found, str) and found in datums for found in ids], bool)
        lacks = ~known & np.array([isinstance(found, str) or found is ABSENT for found in ids], bool)
        found = [ids[row] for row in np.flatnonzero(known)]
        frames, run = self.shape.frames, self._parts.run
        rows = datum_rows(run, found, events[known], key=self._key, frames=frames, opens=self._files)
        return rows, Spans.of(events[lacks], events[lacks] + 1)

    def _check(self, events: Spans) -> None:
        """Refuse events of which one has no frames."""
        lacking = events.without(self.spans)
        if not len(lacking):
            return
        others = f", nor for {len(lacking) - 1} others of {len(events)}" if len(lacking) > 1 else ""
        msg = (
            f"stream {self._stream!r}: the documents name no frames of {self._key!r} for event {lacking.smallest()}"
            f"{others}; to_xarray() gives the events that are complete, and read() a part in which all are"
        )
        raise ValueError(msg)

    @cached_property
    def _streamed(self) -> Streamed:
        return Streamed.of(self._parts, self._key)

    @cached_property
    def _again(self) -> tuple[Integers, Integers]:
        """Events that came again without frames of their own, and those that have theirs: (again,)."""
        return self._streamed.spans.again(self._events.spans)

    @cached_property
    def _rows(self) -> Rows:
        frames, key = self.shape.frames, self._key
        if self._is_streamed:
            return self._streamed.rows(frames, self._files).repeated(*self._again)
        ids, events = self._events.values(key), self._events.events
        return datum_rows(self._parts.run, ids, events, key=key, frames=frames, opens=self._files)

    @property
    def _data_keys(self) -> Sequence[Mapping[str, Any]]:
        """The data key, of each descriptor that has it."""
        return [found["data_keys"][self._key] for found in self._parts.descriptors if self._key in found["data_keys"]]

    @property
    def _is_streamed(self) -> bool:
        """Whether StreamDatum documents tell of its frames. Tiled makes such ones of Datum documents, too."""
        return self._key in self._parts.ranges or self._data_keys[-1]["external"] == "STREAM:"

    def _first_document(self) -> Mapping[str, Any] | None:
        run = self._parts.run
        if self._is_streamed:
            ranges = self._parts.ranges.get(self._key)
            return run.resources[ranges[0].resource] if ranges else None
        ids = self._events.values(self._key)[:1]
        datum = run.datums.get(ids[0]) if ids and isinstance(ids[0], str) else None
        return None if datum is None else run.resources[datum["resource"]]

    def _frame_type(self, rows: Rows) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame, by the descriptor; by the first file where the descriptor lacks the dtype."""
        if self.shape.frame is not None and self.shape.dtype is not None:
            return self.shape.frame, self.shape.dtype
        if not len(rows.first):
            msg = f"stream {self._stream!r}: neither the descriptor nor a frame tells the dtype of {self._key!r}"
            raise ValueError(msg)
        shape, dtype = rows.files[int(rows.file[0])].frame_type()
        claims.check_frames(rows.frames, shape, dtype, f"stream {self._stream!r}, {self._key}")
        return shape, dtype
