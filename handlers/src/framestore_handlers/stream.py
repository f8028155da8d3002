"""A stream of a run: one array a data key."""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from . import blocks
from .collector import StreamParts
from .column import FrameColumn
from .event_table import EventTable
from .files import Files
from .frame_array import FrameArray
from .missing import missing_files, named_files
from .spans import Spans
from .times import are_timed, times_of

if TYPE_CHECKING:
    import xarray

Repeats = Literal["last", "all"]
"""What becomes of a sequence number that came twice."""


class Stream:
    """Arrays by data key: lazy dask arrays (events, \\*data key shape) for frames, numpy arrays for the rest."""

    def __init__(
        self,
        name: str,
        parts: StreamParts,
        *,
        files: Files | None = None,
        repeats: Repeats = "last",
        block_bytes: int = blocks.BLOCK_BYTES,
    ) -> None:
        self.name = name
        self._parts = parts
        self._files = files or Files()
        self._repeats: Repeats = repeats
        self._block_bytes = block_bytes
        self._columns: dict[str, FrameColumn] = {}
        self._arrays: dict[str, Any] = {}
        self._beside: dict[str, tuple[Spans, str]] = {}
        self._whole: dict[str, FrameArray] = {}
        self._events = EventTable(name, parts)

    @property
    def descriptors(self) -> list[dict[str, Any]]:
        """The descriptor documents."""
        return self._parts.descriptors

    @property
    def goes_on(self) -> bool:
        """Whether more may come, of a run that is watched; then the last events may still lack their frames."""
        return self._parts.run.goes_on

    @property
    def data_keys(self) -> dict[str, dict[str, Any]]:
        """Data key by name, of all descriptors; the newest counts."""
        return {key: value for document in self.descriptors for key, value in document["data_keys"].items()}

    @property
    def seq_nums(self) -> NDArray[np.int64]:
        """Sequence number of each event; of each set of frames, in a flown stream without events."""
        return self._rows.seq_nums(f"stream {self.name!r}")

    def __iter__(self) -> Iterator[str]:
        """Names of the data keys, in order."""
        return iter(self.data_keys)

    def __len__(self) -> int:
        """Number of events."""
        return len(self._rows)

    def __getitem__(self, key: str) -> Any:
        """Dask array (events, \\*data key shape) of frames, or numpy array of a value that stands in the events.

        Raises
        ------
        KeyError
            When the stream has no such data key; it names those that it has.
        ValueError
            When the documents of the key do not fit together, or an event has no frames.
        """
        if key not in self._arrays:
            if self.is_external(key):
                self._arrays[key] = self.array(key)
            else:
                self._arrays[key] = self._events.column(key, self.last_or_all(self._events.spans))
        return self._arrays[key]

    def array(self, key: str, *, block_bytes: int | None = None) -> Any:
        """What ``stream[key]`` gives, in blocks of another size.

        Parameters
        ----------
        key
            Data key of frames.
        block_bytes
            Size that blocks aim at, in bytes; None: that which `load` was told. They are smaller where they would hold
            more than six files.

        Raises
        ------
        KeyError
            When the stream has no such data key, or its values stand in the events.
        ValueError
            When the documents of the key do not fit together, or an event has no frames.
        """
        if block_bytes is not None:
            blocks.check_block_bytes(block_bytes)
        return self._lazy(key, self._frames(key), block_bytes or self._block_bytes)

    def read(self, key: str, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Events from ``start`` up to ``stop`` as a numpy array, frames straight from the files.

        They are counted as `seq_nums` has them, frames that come after the last event behind. Negative numbers count
        from the end, as in a slice.

        Raises
        ------
        KeyError
            When the stream has no such data key.
        ValueError
            When one of these events has no frames.
        MissingFileError, OSError
            When a file is gone, is cut off, or is not what the documents say; one error names all that are gone.
        """
        if not self.is_external(key):
            return self[key][start:stop]
        frames, first, last = self._part(key, start, stop)
        return self._given(key, frames.read(first, last))

    def timestamps(self, key: str) -> Any:
        """When each frame of a data key was taken, as its file says: a dask array (events, frames) float64.

        POSIX seconds, the start of the exposure; NaN where a file does not say. Its blocks have as many events as those
        of the frames. It raises what `array` does.
        """
        return self._lazy_times(key, self._frames(key))

    def read_timestamps(self, key: str, start: int = 0, stop: int | None = None) -> NDArray[np.float64]:
        """The same of the events from ``start`` up to ``stop``, as a numpy array; it raises what `read` does."""
        frames, first, last = self._part(key, start, stop)
        return self._given(key, times_of(frames).read(first, last))

    def frames(self, key: str) -> FrameArray:
        """Where the frames of a data key are: what the lazy array reads, (events, frames, \\*frame shape).

        It always has the axis of frames. A part of it is a small value that pickles.

        Raises
        ------
        KeyError
            When the stream has no such data key, or its values stand in the events.
        ValueError
            When the documents of the key do not fit together, or an event has no frames.
        """
        return self._frames(key)

    def rows(self, key: str | None = None) -> tuple[NDArray[np.int64], list[dict[str, Any] | None]]:
        """Sequence number, (events,), and event of each row of a data key, or of the stream; None of frames without."""
        if key is None:
            spans = self._rows
        else:
            spans = self._beside_events(key) if self.is_external(key) else self.last_or_all(self._events.spans)
        return spans.seq_nums(f"stream {self.name!r}"), self._events.documents(spans)

    def files(self, key: str) -> list[Path]:
        """Files in which the frames of a data key are, by the documents and ``root_map``, in order.

        None is opened, but for the description of a Zarr store, whose files only that tells.
        """
        frames = self._frames(key)
        return named_files(frames.segments, frames.shape[1])

    def missing_files(self, key: str) -> list[Path]:
        """Those of `files` that are not there."""
        frames = self._frames(key)
        return missing_files(frames.segments, frames.shape[1])

    def to_xarray(self, keys: Sequence[str] | None = None, *, timestamps: bool = True) -> "xarray.Dataset":
        """Data keys beside each other, by sequence number, with the events' times; frames stay lazy.

        Only events that every data key has are in it: bluesky emits a frame's document before its event, so a run
        that was cut off may have one more set of frames than events. Such a difference is reported as a warning.

        Parameters
        ----------
        keys
            Which data keys; None: all.
        timestamps
            Whether the frames' own timestamps are in it, too, as ``<key>_timestamp``; see `timestamps`. They are lazy:
            files are opened when they are computed. Frames of which no file could say have none.

        Raises
        ------
        ModuleNotFoundError
            When xarray is not installed; it names the command that mends it.
        """
        from .table import table  # noqa: PLC0415 - it needs the optional xarray

        return table(self, list(self) if keys is None else list(keys), timestamps=timestamps)

    def __repr__(self) -> str:
        """Name, events and data keys."""
        return f"<Stream {self.name!r}: {len(self)} events of {', '.join(self)}>"

    def is_external(self, key: str) -> bool:
        """Whether the data key's values stand in files, not in the events."""
        try:
            return "external" in self.data_keys[key]
        except KeyError:
            msg = f"stream {self.name!r} has no data key {key!r}; it has: {', '.join(self)}"
            raise KeyError(msg) from None

    def spans(self, key: str) -> Spans:
        """The events that have a value of a data key, repeats included."""
        return self._frame_column(key).spans if self.is_external(key) else self._events.spans

    def times(self, events: Spans) -> NDArray[np.float64]:
        """Time of each of these events, POSIX seconds; NaN where there is no event."""
        return self._events.times(events)

    def select(self, key: str, events: Spans) -> tuple[Any, Any]:
        """The values of these events only; and when their frames were taken, where a file may say so, else None."""
        if not self.is_external(key):
            return self._events.column(key, events), None
        frames = self._frame_column(key).array(events)
        return self._lazy(key, frames, self._block_bytes), self._lazy_times(key, frames) if are_timed(frames) else None

    def last_or_all(self, events: Spans) -> Spans:
        """Those of some events that count, where a sequence number came several times."""
        return events.last() if self._repeats == "last" else events

    @property
    def _rows(self) -> Spans:
        """The events that count; in a flown stream without events, its sets of frames."""
        if self._parts.events or not self._parts.ranges:
            return self.last_or_all(self._events.spans)
        return self._frame_column(next(iter(self._parts.ranges))).spans

    def _frame_column(self, key: str) -> FrameColumn:
        if key not in self._columns:
            self._columns[key] = FrameColumn(key, self.name, self._parts, self._events, self._files)
        return self._columns[key]

    def _frames(self, key: str) -> FrameArray:
        """The frames of a data key, those that stand beside the events, or come after the last."""
        return self._all(key, self._beside_events(key))

    def _all(self, key: str, events: Spans) -> FrameArray:
        if key not in self._whole:
            self._whole[key] = self._frame_column(key).array(events)
        return self._whole[key]

    def _beside_events(self, key: str) -> Spans:
        """The events of the rows of a data key, of which some may lack frames."""
        if not self.is_external(key):
            msg = f"stream {self.name!r}: the values of {key!r} stand in the events, not in files: stream[{key!r}]"
            raise KeyError(msg)
        if key not in self._beside:
            events, left_out = self._frame_column(key).beside_events(self.last_or_all(self._events.spans))
            self._beside[key] = self.last_or_all(events), left_out
        events, left_out = self._beside[key]
        if left_out:
            warnings.warn(left_out, stacklevel=4)
        return events

    def _lazy(self, key: str, frames: FrameArray, block_bytes: int) -> Any:
        """A dask array of them, as the data key has it: without the axis of frames where it leaves that out."""
        chunks = blocks.chunks(frames.shape, frames.dtype, block_bytes)
        return blocks.in_blocks(frames, chunks, has_axis=self._has_axis(key))

    def _lazy_times(self, key: str, frames: FrameArray) -> Any:
        """The same of their times, in blocks of as many events."""
        chunks = blocks.chunks(frames.shape, frames.dtype, self._block_bytes)
        return blocks.in_blocks(times_of(frames), chunks[:2], has_axis=self._has_axis(key))

    def _given(self, key: str, array: NDArray[Any]) -> NDArray[Any]:
        """The same of frames that were read."""
        return array if self._has_axis(key) else array[:, 0]

    def _has_axis(self, key: str) -> bool:
        return self._frame_column(key).shape.has_axis

    def _part(self, key: str, start: int, stop: int | None) -> tuple[FrameArray, int, int]:
        """Frames of which events ``start`` to ``stop`` are a part; and from where to where that is."""
        events = self._beside_events(key)
        first, last, _ = slice(start, stop).indices(len(events))
        last = max(first, last)
        column = self._frame_column(key)
        if key in self._whole or not len(events.without(column.spans)):
            return self._all(key, events), first, last
        return column.array(events.part(first, last)), 0, last - first
