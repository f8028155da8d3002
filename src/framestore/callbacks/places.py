"""Where thumbnails stand: places along two axes, in widths and heights of a thumbnail."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_LABELS = 12
"""Along an axis."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Along one axis; the first place is at 0, its neighbour at 1."""

    of_events: NDArray[np.float64]
    """Each event's."""
    last: float
    """The last place, whether an event is there or not."""
    ticks: NDArray[np.float64]
    """Those that the axis marks."""
    labels: list[str]
    """Positions of the motor at the ticks."""


def side_by_side(positions: NDArray[np.float64], most: int, *, of: int = 0, downwards: bool = False) -> Places:
    """A place for each position, of which there are ``most``: readings that differ by a motor's noise are the same.

    Parameters
    ----------
    positions
        Of the motor, at each event.
    most
        How many different ones there are among them, at most.
    of
        How many there will be; those that are not reached yet stand behind, or before when the motor goes downwards.
    downwards
        Whether it does.
    """
    values = np.unique(positions)
    widest = np.argsort(np.diff(values))[::-1][: most - 1]
    groups = np.split(values, np.sort(widest) + 1)
    before = max(of - len(groups), 0) if downwards else 0
    of_events = np.searchsorted([group[-1] for group in groups], positions).astype(float) + before
    last = max(of, len(groups)) - 1
    return _places(of_events, last, before + np.arange(len(groups)), map(np.mean, groups))


def scattered(positions: NDArray[np.float64], across: int, span: Sequence[float] = ()) -> Places:
    """Where the motor was, so that ``across`` thumbnails fill its range, and ``span``, which it will go through."""
    reached = np.concatenate([positions, np.asarray(span, float)])
    low, high = reached.min(), reached.max()
    if low == high:
        return _places(np.zeros(len(positions)), 0, np.zeros(1), [low])
    marks = np.linspace(low, high, across)
    return _places((positions - low) / (high - low) * (across - 1), across - 1, np.arange(across), marks)


def _places(of_events: NDArray[np.float64], last: float, ticks: NDArray[Any], marks: Iterable[float]) -> Places:
    """With labels short enough to be read: not at every tick of a long axis."""
    every = ceil(len(ticks) / _MOST_LABELS)
    labels = [f"{round(float(mark), 4) + 0.0:g}" for mark in marks][::every]  # never -0
    return Places(of_events=of_events, last=float(last), ticks=ticks[::every].astype(float), labels=labels)


def in_rows(events: int, columns: int, rows: int, labels: list[str]) -> tuple[Places, Places]:
    """In rows from the top, one after another; a row's label is that of its first event."""
    numbers = np.arange(events)
    of_rows = rows - 1 - numbers // columns
    x = Places(of_events=(numbers % columns).astype(float), last=columns - 1, ticks=np.zeros(0), labels=[])
    starts = numbers[:: columns * max(ceil(rows / _MOST_LABELS), 1)]
    texts = [labels[start] for start in starts.tolist()]
    return x, Places(of_events=of_rows.astype(float), last=rows - 1, ticks=of_rows[starts].astype(float), labels=texts)
