"""The events of a stream, in the order of their sequence numbers, and the values that stand in them."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .claims import whole_numbers
from .collector import StreamParts
from .events import ABSENT
from .rows import Integers, Numbering


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
    def numbering(self) -> Numbering:
        """Their sequence numbers."""
        return Numbering.of(whole_numbers(self._came.seq_nums(), f"stream {self._stream!r}: seq_num of its events"))

    @property
    def labels(self) -> Integers:
        """Which event each is; see `Numbering.labels`."""
        return self.numbering.labels

    def times(self, labels: Integers) -> NDArray[np.float64]:
        """Time of each of these events, POSIX seconds; NaN where there is no event.

        Raises
        ------
        ValueError
            When one is no number.
        """
        by_label = dict(zip(self.labels.tolist(), self._sorted(self._came.times()), strict=True))
        times = [by_label.get(label, np.nan) for label in labels.tolist()]
        try:
            return np.array(times, np.float64)
        except (TypeError, ValueError) as error:
            wrong = next((time for time in times if not isinstance(time, int | float)), times[:1])
            msg = f"stream {self._stream!r}: the time of an event must be a number of seconds, not {wrong!r:.80}"
            raise ValueError(msg) from error

    def values(self, key: str, keep: NDArray[np.bool_] | None = None) -> list[Any]:
        """What the events hold of a data key, those for which ``keep`` is true, or all; `ABSENT` where one has none."""
        return self._sorted(self._came.values(key), keep)

    def column(self, key: str, keep: NDArray[np.bool_]) -> NDArray[Any]:
        """Values of a data key in those events for which ``keep`` is true.

        Those that have no shape, or not the same one, are given as they came, in an array of objects.

        Raises
        ------
        ValueError
            When an event has none.
        """
        values = self.values(key, keep)
        lacking = [value is ABSENT for value in values]
        if any(lacking):
            seq_num = self.numbering.seq_nums[keep][lacking][0]
            msg = f"stream {self._stream!r}: event {seq_num} has no value of {key!r}; leave that key out"
            raise ValueError(msg)
        if _are_alike(values):
            return np.array(values)
        column = np.empty(len(values), object)
        for row, value in enumerate(values):  # at once, numpy would look into them
            column[row] = value
        return column

    def _sorted(self, came: list[Any], keep: NDArray[np.bool_] | None = None) -> list[Any]:
        order = self.numbering.order if keep is None else self.numbering.order[keep]
        return [came[row] for row in order.tolist()]


def _are_alike(values: list[Any]) -> bool:
    """Whether they all have one shape."""
    try:
        return len({np.shape(value) for value in values}) <= 1
    except ValueError:  # lists whose parts differ in length
        return False
