"""Where thumbnails stand: places along two axes, in widths and heights of a thumbnail."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .two_motors import TwoMotors


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Along one axis; the first thumbnail is at 0, its neighbour at 1."""

    of_events: NDArray[np.float64]
    """Each event's."""
    ticks: NDArray[np.float64]
    """Those that the axis marks."""
    labels: list[str]
    """Positions of the motor at the ticks."""

    @property
    def last(self) -> float:
        """The last thumbnail's."""
        return float(self.of_events.max())


def places(scan: TwoMotors) -> tuple[Places, Places]:
    """Along x and along y: side by side where the plan made a grid, else wherever the motors were."""
    xs, ys = scan.positions(scan.x), scan.positions(scan.y)
    start = scan.run.start
    shape = start.get("shape", ())
    if len(shape) != 2:
        across = ceil(sqrt(len(xs)))
        return scattered(xs, across), scattered(ys, across)
    if start.get("hints", {}).get("gridding") == "rectilinear_nonsequential":  # a spiral over a grid
        return side_by_side(xs, max(shape)), side_by_side(ys, max(shape))
    fast = shape[1]
    reached = ceil(len(xs) / fast)  # of the slow motor's positions, so far
    columns, rows = (reached, fast) if scan.x_is_slow else (fast, reached)
    return side_by_side(xs, columns), side_by_side(ys, rows)


def side_by_side(positions: NDArray[np.float64], most: int) -> Places:
    """A place for each position, of which there are ``most``: readings that differ by a motor's noise are the same."""
    values = np.unique(positions)
    widest = np.argsort(np.diff(values))[::-1][: most - 1]
    groups = np.split(values, np.sort(widest) + 1)
    of_events = np.searchsorted([group[-1] for group in groups], positions).astype(float)
    return _places(of_events, np.arange(len(groups)), map(np.mean, groups))


def scattered(positions: NDArray[np.float64], across: int) -> Places:
    """Where the motor was, so that ``across`` thumbnails fill its range."""
    low, high = positions.min(), positions.max()
    if low == high:
        return _places(np.zeros(len(positions)), np.zeros(1), [low])
    marks = np.linspace(low, high, across)
    return _places((positions - low) / (high - low) * (across - 1), np.arange(across), marks)


def _places(of_events: NDArray[np.float64], ticks: NDArray[Any], marks: Iterable[float]) -> Places:
    """With labels short enough to be read: not at every tick of a long axis."""
    every = ceil(len(ticks) / 12)
    labels = [f"{round(float(mark), 4):g}" for mark in marks][::every]
    return Places(of_events=of_events, ticks=ticks[::every].astype(float), labels=labels)
