"""Events as spans of consecutive sequence numbers: what is done with them takes as long as there are spans, not events.

An event is one number, ``occurrence * LAYER + seq_num``, where the occurrence is how many times its sequence number
came before. Events that follow each other are consecutive numbers, then, and sets of events are sets of intervals.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .claims import MOST_OCCURRENCES, MOST_REPEATED, check_events

Integers = NDArray[np.int64]

LAYER = 2**44
"""More than any sequence number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spans:
    """A set of events."""

    starts: Integers
    """First event of each span: (spans,), ascending."""
    stops: Integers
    """And the number behind its last."""

    @classmethod
    def of(cls, starts: Integers, stops: Integers) -> "Spans":
        """The events from each start up to its stop, (spans,); none is in two of them. Adjacent spans become one."""
        order = np.argsort(starts, kind="stable")
        starts, stops = starts[order], stops[order]
        begins = np.ones(len(starts), bool)
        begins[1:] = starts[1:] != stops[:-1]
        return cls(starts=starts[begins], stops=stops[np.append(begins[1:], True)] if len(starts) else stops)

    @property
    def bounds(self) -> tuple[Integers, Integers]:
        """Starts and stops."""
        return self.starts, self.stops

    def __len__(self) -> int:
        """How many events."""
        return int((self.stops - self.starts).sum())

    def within(self, other: "Spans") -> "Spans":
        """Those that are also in the other set."""
        _, starts, stops = cut(self.starts, self.stops, other)
        return Spans.of(starts, stops)

    def without(self, other: "Spans") -> "Spans":
        """Those that are not in the other set."""
        between = Spans(starts=np.append(-1, other.stops), stops=np.append(other.starts, np.iinfo(np.int64).max))
        return self.within(between)

    def together(self, other: "Spans") -> "Spans":
        """Those of both sets, of which no event is in both."""
        return Spans.of(np.append(self.starts, other.starts), np.append(self.stops, other.stops))

    def behind(self, seq_num: int) -> "Spans":
        """Those with a larger sequence number."""
        starts = np.maximum(self.starts, self.starts // LAYER * LAYER + seq_num + 1)
        some = starts < self.stops
        return Spans(starts=starts[some], stops=self.stops[some])

    def last(self) -> "Spans":
        """Of each sequence number the last occurrence."""
        if not len(self.stops) or self.stops[-1] <= LAYER:
            return self
        owner, low, high = _apart(self.starts % LAYER, self.stops - self.starts // LAYER * LAYER)
        occurrence = self.starts[owner] // LAYER
        order = np.lexsort((occurrence, low))
        low, high, layer = low[order], high[order], occurrence[order] * LAYER
        is_last = np.append(low[1:] != low[:-1], True)
        return Spans.of((low + layer)[is_last], (high + layer)[is_last])

    def again(self, events: "Spans") -> tuple[Integers, Integers]:
        """Of some events those that are not in the set, though their sequence number is; and its last that is.

        Both are (again,).
        """
        lacking = events.without(self)
        came = lacking.starts >= LAYER
        _, events_again = _pairs(lacking.starts[came], (lacking.stops - lacking.starts)[came])
        _, starts, stops = in_rows(*self.last().bounds)
        if not len(events_again) or not len(starts):
            return events_again[:0], events_again[:0]
        span = np.maximum(np.searchsorted(starts % LAYER, events_again % LAYER, "right") - 1, 0)
        before = events_again % LAYER + starts[span] // LAYER * LAYER
        is_there = (starts[span] <= before) & (before < stops[span])
        return events_again[is_there], before[is_there]

    def smallest(self) -> int:
        """The smallest sequence number, where there is an event."""
        return int((self.starts % LAYER).min())

    def largest(self) -> int:
        """The largest sequence number; -1 where there is no event."""
        return int(((self.stops - 1) % LAYER).max(initial=-1))

    def part(self, start: int, stop: int) -> "Spans":
        """Those that stand in the rows from ``start`` up to ``stop``; see `in_rows`."""
        _, starts, stops = in_rows(*self.bounds)
        begins = np.cumsum(stops - starts) - (stops - starts)
        low, high = np.maximum(starts + start - begins, starts), np.minimum(starts + stop - begins, stops)
        some = low < high
        return Spans.of(low[some], high[some])

    def seq_nums(self, what: str) -> Integers:
        """Sequence number of each row: (events,); ``what`` is for the message where they are too many.

        Raises
        ------
        ValueError
            When they are more than can be numbered one by one.
        """
        check_events(len(self), what)
        _, starts, stops = in_rows(*self.bounds)
        return _each(starts % LAYER, stops - starts)

    def holds(self, events: Integers) -> NDArray[np.bool_]:
        """Which of some events are in the set: (events,)."""
        return np.searchsorted(self.starts, events, "right") > np.searchsorted(self.stops, events, "right")

    def rows(self, events: Integers) -> Integers:
        """In which row each of some events stands, which are in the set: (events,)."""
        _, starts, stops = in_rows(*self.bounds)
        lengths = stops - starts
        found = np.searchsorted(_by_row(starts), _by_row(events), "right") - 1
        return (np.cumsum(lengths) - lengths)[found] + events - starts[found]


def cut(starts: Integers, stops: Integers, other: Spans) -> tuple[Integers, Integers, Integers]:
    """The parts of spans, (spans,) in any order, that are in a set: which span each is of, its start and its stop."""
    low = np.searchsorted(other.stops, starts, "right")
    high = np.searchsorted(other.starts, stops, "left")
    owner, number = _pairs(low, np.maximum(high - low, 0))
    return owner, np.maximum(starts[owner], other.starts[number]), np.minimum(stops[owner], other.stops[number])


def numbered(firsts: Integers, lengths: Integers) -> tuple[Integers, Integers, Integers]:
    """Events of sequence numbers in the order in which they came: so many from each of ``firsts`` on, (came,).

    Returns
    -------
    owner, starts, stops
        Spans, the lowest sequence number first: which of those that came each is of, its first event, and the number
        behind its last.

    Raises
    ------
    ValueError
        When a sequence number came too many times.
    """
    owner, low, high = _apart(firsts, firsts + lengths)
    order = np.argsort(low, kind="stable")
    owner, low, high = owner[order], low[order], high[order]
    number = np.arange(len(low))
    is_first = np.append(True, low[1:] != low[:-1])[: len(low)]
    occurrence = number - np.maximum.accumulate(np.where(is_first, number, 0))
    if occurrence.max(initial=0) >= MOST_OCCURRENCES:
        msg = f"event {low[occurrence.argmax()]} came more than {MOST_OCCURRENCES} times"
        raise ValueError(msg)
    return owner, low + occurrence * LAYER, high + occurrence * LAYER


def in_rows(starts: Integers, stops: Integers) -> tuple[Integers, Integers, Integers]:
    """Spans, (spans,), in the order of rows: that of sequence numbers, and of occurrences where a number has several.

    Spans of which that is so are cut into single events.

    Returns
    -------
    owner, starts, stops
        Which span each is of, its first event, and the number behind its last.
    """
    if not len(stops) or stops.max() <= LAYER:
        owner = np.argsort(starts, kind="stable")
        return owner, starts[owner], stops[owner]
    owner, low, high = _apart(starts % LAYER, stops - starts // LAYER * LAYER)
    _, which, times = np.unique(low, return_inverse=True, return_counts=True)
    is_shared = times[which] > 1
    pieces = np.where(is_shared, high - low, 1)
    check_repeated(int(pieces.sum()), len(low))
    number, within = _pairs(np.zeros_like(pieces), pieces)
    owner, first = owner[number], low[number] + within
    events = first + starts[owner] // LAYER * LAYER
    lengths = np.where(is_shared, 1, high - low)[number]
    order = np.argsort(_by_row(events), kind="stable")
    return owner[order], events[order], (events + lengths)[order]


def are_several(firsts: Integers, stops: Integers) -> bool:
    """Whether a number is in several spans, (spans,), of which none is empty."""
    order = np.argsort(firsts, kind="stable")
    return bool((firsts[order][1:] < stops[order][:-1]).any())


def check_repeated(pieces: int, spans: int) -> None:
    """Refuse spans that cover each other too many times."""
    if pieces - spans > MOST_REPEATED:
        msg = (
            f"documents name events anew so many times that there are {pieces} parts, more than {MOST_REPEATED}; "
            "load(..., repeats='last') numbers each event once"
        )
        raise ValueError(msg)


def _apart(firsts: Integers, stops: Integers) -> tuple[Integers, Integers, Integers]:
    """Spans, (spans,), cut where another begins or ends: two parts are the same, or have nothing in common.

    Which span each part is of, its start and its stop; the parts of spans that come first come first.
    """
    if not are_several(firsts, stops):
        return np.arange(len(firsts)), firsts, stops
    bounds = np.unique(np.append(firsts, stops))
    low, high = np.searchsorted(bounds, firsts), np.searchsorted(bounds, stops)
    check_repeated(int((high - low).sum()), len(firsts))
    owner, number = _pairs(low, high - low)
    return owner, bounds[number], bounds[number + 1]


def _pairs(first: Integers, counts: Integers) -> tuple[Integers, Integers]:
    """(number, first + 0), (number, first + 1) and so on, ``counts`` of each number."""
    return np.repeat(np.arange(len(counts)), counts), _each(first, counts)


def _each(firsts: Integers, lengths: Integers) -> Integers:
    """The numbers from each of ``firsts`` on, one after the other: (sum of lengths,)."""
    if len(firsts) == 1:
        return np.arange(firsts[0], firsts[0] + lengths[0])
    ends = np.cumsum(lengths)
    numbers = np.arange(ends[-1] if len(ends) else 0)
    numbers += np.repeat(firsts - (ends - lengths), lengths)
    return numbers


def _by_row(events: Integers) -> Integers:
    """Numbers of events that ascend from row to row: (events,)."""
    return events % LAYER * MOST_OCCURRENCES + events // LAYER
