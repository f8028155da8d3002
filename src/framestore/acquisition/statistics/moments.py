"""The numbers of an event, out of sums."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .lines import Pass, largest_magnitude, wide
from .region import Region


class Weights:
    """The weights of the sums over a region, and how many frames of sums 64 bits hold."""

    def __init__(self, region: Region, dtype: np.dtype[Any]) -> None:
        of = wide(dtype)
        self.x, self.y = region.x(of), region.y(of)
        self.frames_to_add: int | None = None
        """Frames whose lines surely can be added up; None: without end."""
        self.frames_to_weigh: int | None = None
        """Frames whose lines surely can be weighted and summed up; None: without end."""
        if of.kind != "f":
            line = largest_magnitude(dtype) * max(region.width, region.height)
            last = max(region.roi.x + region.roi.width, region.roi.y + region.roi.height)
            self.frames_to_add = (2**63 - 1) // line
            self.frames_to_weigh = (2**63 - 1) // (largest_magnitude(dtype) * region.width * region.height * last)


class Moments:
    """What the statistics of a region are made of, added up over the frames of an order.

    Those of integers of up to 32 bits are exact, however many frames there are; means and centroids of them are the
    quotients of exact numbers, rounded once. All else is summed up in float64.

    Centroids are intensity-weighted means of the pixel indices in the frame, without a threshold.
    """

    def __init__(self, names: Sequence[str], region: Region, weights: Weights, pass_: Pass) -> None:
        self._names = names
        self._region = region
        self._pass = pass_
        self._weights = weights
        self._lines = pass_.lines(region)
        self._pending = 0
        self._pixels = 0
        self._sum: int | float = 0
        self._max: int | float = -math.inf
        self._x: int | float = 0
        self._y: int | float = 0

    def add(self, rows: NDArray[Any]) -> None:
        """Add a frame, as `rows_of` it."""
        if self._pending == self._weights.frames_to_add:
            self._settle()
            self._lines.clear()
            self._pending = 0
        largest = self._pass.add(rows, self._region, self._lines)
        if largest > self._max or math.isnan(largest):  # NaN stays, as in numpy
            self._max = largest
        self._pending += 1
        self._pixels += self._region.height * self._region.width

    def result(self) -> dict[str, int | float]:
        """The numbers that were asked for, by name."""
        self._settle()
        return {f"{self._region.prefix}{name}": STATISTICS[name](self) for name in self._names}

    def _settle(self) -> None:
        """Weigh what stands in the lines."""
        lines, weights = self._lines, self._weights
        self._sum += self._weighed(lines.rows if lines.rows.size else lines.columns, None)
        self._x += self._weighed(lines.columns, weights.x)
        self._y += self._weighed(lines.rows, weights.y) + self._weighed(lines.weighted, None)

    def _weighed(self, line: NDArray[Any], weights: NDArray[Any] | None) -> int | float:
        """Sum of a line, or of it times its weights."""
        if not line.size:
            return 0
        limit = self._weights.frames_to_weigh
        if limit is None:
            with np.errstate(all="ignore"):  # a NaN says it all
                return float(np.add.reduce(line if weights is None else line * weights))
        if self._pending <= limit:
            return int(np.add.reduce(line) if weights is None else line @ weights)
        numbers = line.tolist()
        return sum(numbers) if weights is None else sum(map(int.__mul__, numbers, weights.tolist()))

    def mean(self) -> float:
        """Mean over all pixels of all frames, counts."""
        return self._sum / self._pixels

    def max(self) -> int | float:
        """Largest pixel of all frames, counts."""
        return int(self._max) if isinstance(self._max, bool) else self._max

    def sum(self) -> int | float:
        """Sum over all pixels of all frames, counts."""
        return self._sum

    def centroid_x(self) -> float:
        """Intensity-weighted mean column, pixels from the left edge's pixel; NaN where the sum is 0."""
        return self._x / self._sum if self._sum else math.nan

    def centroid_y(self) -> float:
        """Intensity-weighted mean row, pixels from the upper edge's pixel; NaN where the sum is 0."""
        return self._y / self._sum if self._sum else math.nan


STATISTICS: dict[str, Callable[[Moments], int | float]] = {
    "mean": Moments.mean,
    "max": Moments.max,
    "sum": Moments.sum,
    "centroid_x": Moments.centroid_x,
    "centroid_y": Moments.centroid_y,
}
"""The numbers that there are, by name."""
