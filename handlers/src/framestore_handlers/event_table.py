"""The events of a stream, in the order of their sequence numbers, and the values that stand in them."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .claims import whole_numbers
from .collector import StreamParts
from .events import ABSENT
from .pages import Document
from .spans import LAYER, Integers, Spans, numbered


class EventTable:
    """The events that came, repeats included; what they hold is given in the order of their sequence numbers.

    Parameters
    ----------
    stream
        Name of the stream, for messages.
    parts
        Its documents.
    """

    def __init__(self, stream: str, parts: StreamParts) -> None:
        self._stream = stream
        self._came = parts.events
        self._descriptors = parts.descriptors

    @cached_property
    def spans(self) -> Spans:
        """Which events these are."""
        return Spans.of(self.events, self.events + 1)

    @property
    def events(self) -> Integers:
        """Each of them, in the order of their sequence numbers; see `Spans`: (events,)."""
        return self._numbered[1]

    @cached_property
    def _numbered(self) -> tuple[Integers, Integers]:
        """Where each stood in the order in which they came, and which it is: (events,)."""
        what = f"stream {self._stream!r}: seq_num of its events"
        came = whole_numbers(self._came.seq_nums(), what)
        order, events, _ = numbered(came, np.ones_like(came))
        return order, events

    def times(self, spans: Spans) -> NDArray[np.float64]:
        """Time of each of these events, POSIX seconds; NaN where there is no event.

        Raises
        ------
        ValueError
            When one is no number.
        """
        found = np.full(len(spans), np.nan)
        keep = spans.holds(self.events)
        times = self._sorted(self._came.times(), keep)
        try:
            found[spans.rows(self.events[keep])] = np.array(times, np.float64)
        except (TypeError, ValueError) as error:
            wrong = next((time for time in times if not isinstance(time, int | float)), times[:1])
            msg = f"stream {self._stream!r}: the time of an event must be a number of seconds, not {wrong!r:.80}"
            raise ValueError(msg) from error
        return found

    def values(self, key: str) -> list[Any]:
        """What the events hold of a data key; `ABSENT` where one has none."""
        return self._sorted(self._came.values(key))

    def documents(self, spans: Spans) -> list[Document | None]:
        """The document of each of these events; None where there is no event."""
        found: list[Document | None] = [None] * len(spans)
        keep = spans.holds(self.events)
        documents = self._sorted(list(self._came), keep)
        for row, document in zip(spans.rows(self.events[keep]).tolist(), documents, strict=True):
            found[row] = document
        return found

    def column(self, key: str, spans: Spans) -> NDArray[Any]:
        """Values of a data key in those of these events that there are.

        Those that have no shape, or not the same one, are given as they came, in an array of objects. Lists, which JSON
        has for arrays, get the dtype that the data key says, where it holds their numbers.

        Raises
        ------
        ValueError
            When an event has none.
        """
        keep = spans.holds(self.events)
        values = self._sorted(self._came.values(key), keep)
        lacking = [value is ABSENT for value in values]
        if any(lacking):
            seq_num = self.events[keep][lacking][0] % LAYER
            msg = f"stream {self._stream!r}: event {seq_num} has no value of {key!r}; leave that key out"
            raise ValueError(msg)
        if _are_alike(values):
            return _of_lists(values, self._dtype(key)) if _are_lists(values) else np.array(values)
        column = np.empty(len(values), object)
        for row, value in enumerate(values):  # at once, numpy would look into them
            column[row] = value
        return column

    def _dtype(self, key: str) -> Any:
        """What the newest descriptor says."""
        newest = (document["data_keys"] for document in reversed(self._descriptors))
        return next((keys[key].get("dtype_numpy") for keys in newest if key in keys), None)

    def _sorted(self, came: list[Any], keep: NDArray[np.bool_] | None = None) -> list[Any]:
        order = self._numbered[0] if keep is None else self._numbered[0][keep]
        return [came[row] for row in order.tolist()]


def _are_alike(values: list[Any]) -> bool:
    """Whether they all have one shape."""
    try:
        return len({np.shape(value) for value in values}) <= 1
    except ValueError:  # lists whose parts differ in length
        return False


def _are_lists(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(value, list) for value in values)


def _of_lists(values: list[Any], dtype: Any) -> NDArray[Any]:
    """Lists as an array of that dtype, when it holds what they hold; else of what numpy makes of them.

    Fractions may have been written with as many digits as their dtype needs, so these are only not to become infinite.
    """
    plain = np.array(values)
    if not isinstance(dtype, str):
        return plain
    try:
        with np.errstate(over="ignore"):
            found = np.array(values, dtype)
        if plain.dtype.kind == found.dtype.kind == "f":
            return found if np.array_equal(np.isinf(plain), np.isinf(found)) else plain
        return found if found.dtype.kind in "biuf" and np.array_equal(plain, found) else plain
    except (TypeError, ValueError, OverflowError, SyntaxError, KeyError):  # no dtype, or not one of these values
        return plain
