"""A stream of a run: one array a data key."""

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from . import blocks
from .access import RootMap
from .collector import StreamParts
from .rows import Rows, datum_rows, stream_rows

if TYPE_CHECKING:
    import xarray

Repeats = Literal["last", "all"]
"""What becomes of a sequence number that came twice."""


class Stream:
    """Arrays by data key: lazy dask arrays (events, \\*data key shape) for frames, numpy arrays for the rest."""

    def __init__(
        self, name: str, parts: StreamParts, *, root_map: RootMap | None = None, repeats: Repeats = "last"
    ) -> None:
        self.name = name
        self._parts = parts
        self._root_map = root_map
        self._repeats: Repeats = repeats
        self._rows: dict[str, Rows] = {}
        self._event_list: list[dict[str, Any]] | None = None

    @property
    def descriptors(self) -> list[dict[str, Any]]:
        """The descriptor documents."""
        return self._parts.descriptors

    @property
    def data_keys(self) -> dict[str, dict[str, Any]]:
        """Data key by name, of the newest descriptor."""
        return self.descriptors[-1]["data_keys"]

    @property
    def seq_nums(self) -> NDArray[np.int64]:
        """Sequence number of each event; of each frame set, in a flown stream without events."""
        if self._parts.events or not self._parts.ranges:
            return np.array([event["seq_num"] for event in self._events()], np.int64)
        return self._frame_rows(next(iter(self._parts.ranges))).seq_nums

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
        """
        if not self._external(key):
            return self._column(key)
        shape, dtype = self._frame_type(key)
        return blocks.lazy(self._frame_rows(key).segments, shape, dtype)

    def read(self, key: str, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Events from ``start`` up to ``stop`` as a numpy array, frames straight from the files.

        Negative numbers count from the end, as in a slice.

        Raises
        ------
        KeyError
            When the stream has no such data key.
        MissingFileError, OSError
            When a file is gone, is cut off, or is not what the documents say.
        """
        if not self._external(key):
            return self._column(key)[start:stop]
        shape, dtype = self._frame_type(key)
        rows = self._frame_rows(key)
        first, last, _ = slice(start, stop).indices(len(rows.seq_nums))
        return blocks.read(rows.segments, shape, dtype, first, last)

    def to_xarray(self) -> "xarray.Dataset":
        """All data keys beside each other, by sequence number, with the events' times; frames stay lazy.

        Only events that every data key has are in it: bluesky emits a frame's document before its event, so a run
        that was cut off may have one more frame set than events. Such a difference is reported as a warning.

        Raises
        ------
        ModuleNotFoundError
            When xarray is not installed; it names the command that mends it.
        """
        try:
            import xarray  # noqa: PLC0415 - optional, imported where it is used
        except ModuleNotFoundError as error:
            msg = "to_xarray() needs xarray: pip install 'framestore-handlers[xarray]'"
            raise ModuleNotFoundError(msg) from error
        columns = {key: (self._seq_nums_of(key), self[key]) for key in self}
        common = self._common([numbers for numbers, _ in columns.values()])
        data = {
            key: (self._dims(key, array.ndim), array[np.isin(numbers, common)])
            for key, (numbers, array) in columns.items()
        }
        coords: dict[str, Any] = {"seq_num": ("event", common)}
        times = {event["seq_num"]: event["time"] for event in self._events()}
        if times:
            coords["time"] = "event", np.array([times[number] for number in common.tolist()], np.float64)
        return xarray.Dataset(data, coords, {"stream": self.name})

    def __repr__(self) -> str:
        """Name, events and data keys."""
        return f"<Stream {self.name!r}: {len(self)} events of {', '.join(self)}>"

    def _common(self, numbers: list[NDArray[np.int64]]) -> NDArray[np.int64]:
        common = numbers[0] if numbers else np.array([], np.int64)
        for other in numbers[1:]:
            common = common[np.isin(common, other)]
        longest = max((len(other) for other in numbers), default=0)
        if longest > len(common):
            message = f"stream {self.name!r}: {longest - len(common)} of {longest} events are not complete, left out"
            warnings.warn(message, stacklevel=3)
        return common

    def _seq_nums_of(self, key: str) -> NDArray[np.int64]:
        return self._frame_rows(key).seq_nums if self._external(key) else self.seq_nums

    def _dims(self, key: str, ndim: int) -> list[str]:
        named = self.data_keys[key].get("dims") or []
        if len(named) != ndim - 1:
            named = [f"{key}_dim_{axis}" for axis in range(ndim - 1)]
        return ["event", *named]

    def _external(self, key: str) -> bool:
        try:
            return "external" in self.data_keys[key]
        except KeyError:
            msg = f"stream {self.name!r} has no data key {key!r}; it has: {', '.join(self)}"
            raise KeyError(msg) from None

    def _events(self) -> list[dict[str, Any]]:
        """Events in the order of their sequence numbers, repeats resolved."""
        if self._event_list is None:
            events = self._parts.events
            if self._repeats == "last":
                events = list({event["seq_num"]: event for event in events}.values())
            self._event_list = sorted(events, key=lambda event: event["seq_num"])
        return self._event_list

    def _column(self, key: str) -> NDArray[Any]:
        return np.array([event["data"][key] for event in self._events()])

    def _frame_rows(self, key: str) -> Rows:
        if key not in self._rows:
            if self.data_keys[key]["external"] == "STREAM:":
                self._rows[key] = stream_rows(self._parts, key, self._frames(key), self._root_map, self._repeats)
            else:
                self._rows[key] = datum_rows(self._parts.run, self._events(), key, self._frames(key), self._root_map)
        return self._rows[key]

    def _frames(self, key: str) -> int:
        shape = self.data_keys[key]["shape"]
        return shape[0] if shape else 1

    def _frame_type(self, key: str) -> tuple[tuple[int, ...], str]:
        """Shape of an event and dtype, by the descriptor; by the first file where the descriptor lacks them."""
        data_key = self.data_keys[key]
        shape, dtype = tuple(data_key["shape"]), data_key.get("dtype_numpy")
        if dtype and shape and None not in shape:
            return shape, dtype
        segments = self._frame_rows(key).segments
        if not segments:
            msg = f"stream {self.name!r}: neither the descriptor nor a frame tells the shape and dtype of {key!r}"
            raise ValueError(msg)
        frame_shape, frame_dtype = segments[0].file.frame_type()
        return (self._frames(key), *frame_shape), frame_dtype.str
