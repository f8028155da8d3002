"""The frames of one data key of a stream."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import claims
from .collector import StreamParts
from .event_shape import EventShape, event_shape
from .event_table import EventTable
from .files import Files
from .frame_array import FrameArray
from .rows import OCCURRENCES, Integers, Rows, datum_rows, stream_numbering, stream_rows, with_repeats


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
    def labels(self) -> Integers:
        """Which event each row is of, repeats included; see `Numbering.labels`."""
        if not self._is_streamed:
            return self._events.labels
        return with_repeats(stream_numbering(self._parts, self._key).labels, self._events.labels)[0]

    @cached_property
    def shape(self) -> EventShape:
        """What the frames of an event are like."""
        document = self._first_document()
        file = None if document is None else self._files.of(document)
        return event_shape(self._stream, self._key, self._data_keys, document, file)

    def beside_events(self, counting: Integers) -> tuple[NDArray[np.bool_], str]:
        """Which rows, (rows,), belong to an event, or come after the last; and in words, whether some were left out.

        Parameters
        ----------
        counting
            Labels of the events that count.

        Raises
        ------
        ValueError
            When one of these has no frames.
        """
        labels, events = self.labels, self._events.labels
        if not len(events):
            return np.ones(len(labels), bool), ""
        lacking = counting[~np.isin(counting, labels)]
        if self._parts.run.goes_on:
            lacking = lacking[lacking < labels[-1]] if len(labels) else lacking[:0]  # others are still to come
        if len(lacking):
            others = f", nor for {len(lacking) - 1} others of {len(counting)}" if len(lacking) > 1 else ""
            msg = (
                f"stream {self._stream!r}: the documents name no frames of {self._key!r} for event "
                f"{lacking[0] // OCCURRENCES}{others}; to_xarray() gives the events that are complete"
            )
            raise ValueError(msg)
        belong = np.isin(labels, events) | (labels // OCCURRENCES > events[-1] // OCCURRENCES)
        left_out = (~belong).sum()
        words = f"stream {self._stream!r}: {left_out} frames of {self._key!r} belong to no event, left out"
        return belong, words if left_out else ""

    def array(self, keep: NDArray[np.bool_]) -> FrameArray:
        """The frames of those rows for which ``keep``, (rows,), is true.

        Raises
        ------
        ValueError
            When the documents do not fit together.
        """
        rows = self._rows.kept(keep)
        frame, dtype = self._frame_type(rows)
        return FrameArray(
            segments=tuple(rows.segments()),
            shape=(len(rows.first), rows.frames, *frame),
            dtype=dtype,
            name=f"{self._key!r} of stream {self._stream!r}",
        )

    @cached_property
    def _rows(self) -> Rows:
        frames, key = self.shape.frames, self._key
        if self._is_streamed:
            return stream_rows(self._parts, key, frames, self._files).repeated(self._events.labels)
        labels = self._events.labels
        ids = self._events.values(key)
        return datum_rows(self._parts.run, ids, labels, key=key, frames=frames, opens=self._files)

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
