"""How the thumbnails of a run are arranged: at the motors' positions, or one after another."""

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any, Protocol

import numpy as np
from framestore_handlers import Run
from numpy.typing import NDArray

from .places import Places, in_rows, scattered, side_by_side
from .two_motors import directions, label, motors_of

_A_ROW = 5
"""Thumbnails that stand in a single row, if there are no more."""

Numbers = NDArray[np.int64]
Positions = NDArray[np.float64]


class Arrangement(Protocol):
    """Where each thumbnail of a run stands."""

    @property
    def labels(self) -> tuple[str, str]:
        """What is written along x and y."""
        ...

    @property
    def motors(self) -> tuple[str, ...]:
        """Data keys whose values it goes by, in x and in y."""
        ...

    def across(self) -> tuple[int, int] | None:
        """How many thumbnails there will be side by side, and one over another; None: nobody knows."""
        ...

    def places(self, numbers: Numbers, positions: Positions, *, whole: bool) -> tuple[Places, Places]:
        """Along x and along y, of events with these numbers, from 1, and positions, (events, motors).

        With ``whole``, places are kept for those that are still to come.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """At the positions of two motors, x to the right and y up."""

    start: dict[str, Any]
    """The start document."""
    motors: tuple[str, ...]
    """Data keys of the motors in x and in y."""
    labels: tuple[str, str]
    """Names of the motors, with their units."""

    def across(self) -> tuple[int, int] | None:
        """As the plan has it."""
        shape, points = self._shape(), self.start.get("num_points")
        if shape is not None:
            return shape
        return (ceil(sqrt(points)),) * 2 if points else None  # pyright: ignore[reportReturnType] - a pair

    def places(self, numbers: Numbers, positions: Positions, *, whole: bool) -> tuple[Places, Places]:
        """Side by side where the plan made a grid, else wherever the motors were."""
        shape = self._shape()
        spans = self._spans()
        if shape is None:
            points = (self.start.get("num_points") or 0) if whole else 0
            across = ceil(sqrt(max(points, len(numbers))))
            is_ahead = whole and not self.start.get("plan_name", "").startswith("rel_")
            x, y = (
                scattered(values, across, span if is_ahead else ())
                for values, span in zip(positions.T, spans, strict=True)
            )
            return x, y
        reached = [max(shape)] * 2 if self._is_spiral() else self._reached(len(numbers), shape)
        x, y = (
            side_by_side(values, most, of=size if whole else 0, downwards=bool(span) and span[0] > span[1])
            for values, span, most, size in zip(positions.T, spans, reached, shape, strict=True)
        )
        return x, y

    def _reached(self, events: int, shape: tuple[int, int]) -> list[int]:
        """How many positions in x and in y there are among so many events."""
        columns, rows = shape
        return [ceil(events / rows), rows] if self._x_is_slow() else [columns, ceil(events / columns)]

    def _shape(self) -> tuple[int, int] | None:
        """How many positions in x and in y, of a grid."""
        shape: list[int] = list(self.start.get("shape") or ())
        if len(shape) != 2 or min(shape) < 1:
            return None
        slow, fast = shape
        return (slow, fast) if self._x_is_slow() else (fast, slow)

    def _spans(self) -> list[tuple[float, ...]]:
        """From where to where the motors go, in x and in y, if the plan says so."""
        extents: list[tuple[float, ...]] = list(self.start.get("extents") or ())
        if len(extents) != 2:
            return [(), ()]
        return extents if self._x_is_slow() else extents[::-1]

    def _is_spiral(self) -> bool:
        """Whether the plan goes through the grid in no order of its motors."""
        return self.start.get("hints", {}).get("gridding") == "rectilinear_nonsequential"

    def _x_is_slow(self) -> bool:
        """Whether the plan goes through all of y before x moves on."""
        return motors_of(self.start)[0] == self.motors[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Strip:
    """One after another, in rows; of a motor, where it was at the first of a row is written beside it."""

    points: int
    """How many there will be; 0: nobody knows."""
    motors: tuple[str, ...]
    """Data key of the motor, or none."""
    labels: tuple[str, str]
    """Nothing, and what the numbers of the rows are."""

    def across(self) -> tuple[int, int] | None:
        """About as many as the rows; a single row of a few."""
        return _rows(self.points) if self.points else None

    def places(self, numbers: Numbers, positions: Positions, *, whole: bool) -> tuple[Places, Places]:
        """In the order in which they are given."""
        columns, rows = _rows(max(self.points, len(numbers)) if whole else len(numbers))
        values = positions[:, 0] if self.motors else numbers
        return in_rows(len(numbers), columns, rows, [f"{round(float(value), 4):g}" for value in values])


def _rows(points: int) -> tuple[int, int]:
    """Columns and rows, about as many; a single row of a few."""
    columns = max(points if points <= _A_ROW else ceil(sqrt(points)), 1)
    return columns, max(ceil(points / columns), 1)


def arrangement(run: Run, stream: str) -> Arrangement:
    """A grid where two motors move and their positions are known, else a strip."""
    points = run[stream]
    motors = [key for key in motors_of(run.start) if key in points and not points.is_external(key)]
    if len(motors) == 2 == len(motors_of(run.start)):
        x, y = directions(motors)
        return Grid(start=run.start, motors=(x, y), labels=(label(points, x), label(points, y)))
    one = tuple(motors) if len(motors) == 1 == len(motors_of(run.start)) else ()
    number = label(points, one[0]) if one else "event"
    return Strip(points=run.start.get("num_points") or 0, motors=one, labels=("", number))
