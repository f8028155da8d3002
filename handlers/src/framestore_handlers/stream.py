"""A stream of a run: one array a data key."""

import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from . import blocks
from .collector import StreamParts
from .events import ABSENT
from .files import Files
from .rows import (
    OCCURRENCES,
    Numbering,
    Rows,
    datum_rows,
    last_occurrences,
    stream_numbering,
    stream_rows,
    with_repeats,
)

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
        self._all_rows: dict[str, Rows] = {}
        self._arrays: dict[str, Any] = {}
        self._numbered: Numbering | None = None

    @property
    def descriptors(self) -> list[dict[str, Any]]:
        """The descriptor documents."""
        return self._parts.descriptors

    @property
    def data_keys(self) -> dict[str, dict[str, Any]]:
        """Data key by name, of all descriptors; the newest counts."""
        return {key: value for document in self.descriptors for key, value in document["data_keys"].items()}

    @property
    def seq_nums(self) -> NDArray[np.int64]:
        """Sequence number of each event; of each set of frames, in a flown stream without events."""
        if self._parts.events or not self._parts.ranges:
            numbering = self._numbered_events()
        else:
            numbering = stream_numbering(self._parts, next(iter(self._parts.ranges)))
        return numbering.seq_nums[self._kept(numbering.labels)]

    def __iter__(self) -> Iterator[str]:
        """Names of the data keys, in order."""
        return iter(self.data_keys)

    def __len__(self) -> int:
        """Number of events."""
        return len(self.seq_nums)

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
            self._arrays[key] = self._array(key, self._keep(key))
        return self._arrays[key]

    def read(self, key: str, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Events from ``start`` up to ``stop`` as a numpy array, frames straight from the files.

        Negative numbers count from the end, as in a slice.

        Raises
        ------
        KeyError
            When the stream has no such data key.
        ValueError
            When an event has no frames.
        MissingFileError, OSError
            When a file is gone, is cut off, or is not what the documents say.
        """
        keep = self._keep(key)
        if not self.is_external(key):
            return self._array(key, keep)[start:stop]
        rows = self._rows(key).kept(keep)
        shape, dtype = self._frame_type(key, rows)
        first, last, _ = slice(start, stop).indices(len(rows.first))
        return blocks.read(rows.segments(), shape, dtype, first, last)

    def to_xarray(self, keys: Sequence[str] | None = None) -> "xarray.Dataset":
        """Data keys beside each other, by sequence number, with the events' times; frames stay lazy.

        Only events that every data key has are in it: bluesky emits a frame's document before its event, so a run
        that was cut off may have one more set of frames than events. Such a difference is reported as a warning.

        Parameters
        ----------
        keys
            Which data keys; None: all.

        Raises
        ------
        ModuleNotFoundError
            When xarray is not installed; it names the command that mends it.
        """
        from .table import table  # noqa: PLC0415 - it needs the optional xarray

        return table(self, list(self) if keys is None else list(keys))

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

    def labels(self, key: str) -> NDArray[np.int64]:
        """Which event each value of a data key is of, repeats included; see `Numbering.labels`."""
        if self.is_external(key) and self._is_streamed(key):
            labels = stream_numbering(self._parts, key).labels
            return with_repeats(labels, self._numbered_events().labels)[0]
        return self._numbered_events().labels

    def times(self, labels: NDArray[np.int64]) -> NDArray[np.float64]:
        """Time of each of these events, POSIX seconds; NaN where there is no event."""
        numbering = self._numbered_events()
        by_label = dict(zip(numbering.labels.tolist(), self._events_sorted(self._parts.events.times()), strict=True))
        return np.array([by_label.get(label, np.nan) for label in labels.tolist()], np.float64)

    def select(self, key: str, labels: NDArray[np.int64]) -> Any:
        """The values of these events only."""
        return self._array(key, np.isin(self.labels(key), labels))

    def last_or_all(self, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of ascending ``labels`` that count, where a sequence number came several times."""
        return labels[self._kept(labels)]

    def _keep(self, key: str) -> NDArray[np.bool_]:
        """Which values of a data key stand beside the events, or come after the last, in their order: (rows,)."""
        labels = self.labels(key)
        belong = self._beside_events(key, labels)
        belong[belong] = self._kept(labels[belong])
        return belong

    def _beside_events(self, key: str, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        if not (self._parts.events and self.is_external(key)):
            return np.ones(len(labels), bool)
        events = self._numbered_events().labels
        counting = events[self._kept(events)]
        lacking = counting[~np.isin(counting, labels)]
        if self._parts.run.goes_on and len(labels):
            lacking = lacking[lacking < labels[-1]]  # the frames of later events are still to come
        elif self._parts.run.goes_on:
            lacking = lacking[:0]
        if len(lacking):
            msg = (
                f"stream {self.name!r}: the documents name no frames of {key!r} for event {lacking[0] // OCCURRENCES}, "
                f"nor for {len(lacking) - 1} others of {len(counting)}; to_xarray() gives the events that are complete"
            )
            raise ValueError(msg)
        belong = np.isin(labels, events) | (labels // OCCURRENCES > events[-1] // OCCURRENCES)
        if not belong.all():
            message = f"stream {self.name!r}: {(~belong).sum()} frames of {key!r} belong to no event, left out"
            warnings.warn(message, stacklevel=4)
        return belong

    def _is_streamed(self, key: str) -> bool:
        """Whether StreamDatum documents tell of its frames. Tiled makes such ones of Datum documents, too."""
        return key in self._parts.ranges or self.data_keys[key]["external"] == "STREAM:"

    def _kept(self, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        return last_occurrences(labels) if self._repeats == "last" else np.ones(len(labels), bool)

    def _array(self, key: str, keep: NDArray[np.bool_]) -> Any:
        if not self.is_external(key):
            return self._column(key, keep)
        rows = self._rows(key).kept(keep)
        shape, dtype = self._frame_type(key, rows)
        return blocks.lazy(rows.segments(), shape, dtype, self._block_bytes)

    def _numbered_events(self) -> Numbering:
        """The events in ascending order of their sequence numbers, repeats included."""
        if self._numbered is None or len(self._numbered.order) != len(self._parts.events):
            self._numbered = Numbering.of(np.array(self._parts.events.seq_nums(), np.int64))
        return self._numbered

    def _events_sorted(self, came: list[Any], keep: NDArray[np.bool_] | None = None) -> list[Any]:
        """What the events have, in ascending order of their sequence numbers; all of them, or those to ``keep``."""
        order = self._numbered_events().order
        return [came[row] for row in (order if keep is None else order[keep]).tolist()]

    def _column(self, key: str, keep: NDArray[np.bool_]) -> NDArray[Any]:
        values = self._events_sorted(self._parts.events.values(key), keep)
        if any(value is ABSENT for value in values):
            lacking = self._numbered_events().seq_nums[keep][[value is ABSENT for value in values]]
            msg = f"stream {self.name!r}: event {lacking[0]} has no value of {key!r}; leave that key out"
            raise ValueError(msg)
        if len({np.shape(value) for value in values}) > 1:
            column = np.empty(len(values), object)
            column[:] = values
            return column
        return np.array(values)

    def _rows(self, key: str) -> Rows:
        if key not in self._all_rows:
            frames = self._frames(key)
            if self._is_streamed(key):
                rows = stream_rows(self._parts, key, frames, self._files).repeated(self._numbered_events().labels)
            else:
                datum_ids = self._events_sorted(self._parts.events.values(key))
                labels = self._numbered_events().labels
                rows = datum_rows(self._parts.run, datum_ids, labels, key=key, frames=frames, opens=self._files)
            self._all_rows[key] = rows
        return self._all_rows[key]

    def _frames(self, key: str) -> int:
        """Frames in an event; all descriptors must agree on what the frames are."""
        data_keys = [document["data_keys"][key] for document in self.descriptors if key in document["data_keys"]]
        kinds = {(tuple(data_key["shape"]), str(data_key.get("dtype_numpy"))) for data_key in data_keys}
        shape = data_keys[-1]["shape"]
        if len(kinds) > 1 or not shape or None in shape or shape[0] < 1:
            msg = f"stream {self.name!r}: its descriptors say of {key!r} {sorted(kinds, key=str)}; one shape is needed"
            raise ValueError(msg)
        return shape[0]

    def _frame_type(self, key: str, rows: Rows) -> tuple[tuple[int, ...], str]:
        """Shape of an event and dtype, by the descriptor; dtype by the first file where the descriptor lacks it."""
        data_key = self.data_keys[key]
        if dtype := data_key.get("dtype_numpy"):
            return tuple(data_key["shape"]), dtype
        if not len(rows.first):
            msg = f"stream {self.name!r}: neither the descriptor nor a frame tells the dtype of {key!r}"
            raise ValueError(msg)
        frame_shape, frame_dtype = rows.files[int(rows.file[0])].frame_type()
        return (rows.frames, *frame_shape), frame_dtype.str
