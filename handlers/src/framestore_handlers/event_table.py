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

        Those that have no shape, or not the same one, are given as they came, in an array of objects.

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
            return np.array(values)
        column = np.empty(len(values), object)
        for row, value in enumerate(values):  # at once, numpy would look into them
            column[row] = value
        return column

    def _sorted(self, came: list[Any], keep: NDArray[np.bool_] | None = None) -> list[Any]:
        order = self._numbered[0] if keep is None else self._numbered[0][keep]
        return [came[row] for row in order.tolist()]


def _are_alike(values: list[Any]) -> bool:
    """Whether they all have one shape."""
    try:
        return len({np.shape(value) for value in values}) <= 1
    except ValueError:  # lists whose parts differ in length
        return False
