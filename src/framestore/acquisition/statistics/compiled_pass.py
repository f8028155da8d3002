"""Passes that numba has compiled: one call a frame finds all sums, and holds no interpreter lock meanwhile."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kernels import float_kernel, integer_kernel
from .lines import Lines, narrow, wide
from .region import Region
from .wanted import Wanted


def compilable(dtype: np.dtype[Any]) -> bool:
    """Whether there are compiled passes for ``dtype``: integers of up to 32 bits, float32 and float64."""
    if not dtype.isnative:
        return False
    return dtype.itemsize in {4, 8} if dtype.kind == "f" else dtype.kind in "bui" and dtype.itemsize <= 4


class IntegerPass:
    """A pass for integers of up to 32 bits, exact. Making it compiles it, once a process.

    Parameters
    ----------
    dtype
        Of the frames.
    wanted
        What to find out; some sum.
    whole
        All of a frame.
    """

    def __init__(self, dtype: np.dtype[Any], wanted: Wanted, whole: Region) -> None:
        self._dtype = np.dtype(np.uint8) if dtype.kind == "b" else dtype
        self._wide = wide(dtype)
        self._line = narrow(self._dtype, whole)
        self._columns = wanted.x
        self._kernel = integer_kernel(self._dtype, self._line, wanted.x, wanted.largest)

    def lines(self, region: Region) -> Lines:
        """New lines."""
        return Lines(
            rows=np.zeros(region.height, self._wide),
            columns=np.zeros(region.width if self._columns else 0, self._wide),
            scratch=np.zeros(region.width if self._columns else 0, self._line),
        )

    def add(self, rows: NDArray[Any], region: Region, lines: Lines) -> int:
        """Add a frame's region."""
        edges = (region.top, region.top + region.height, region.left, region.left + region.width)
        return self._kernel(rows.view(self._dtype), *edges, lines.rows, lines.columns, lines.scratch)


class FloatPass:
    """A pass for float32 and float64, summed up in float64. Making it compiles it, once a process.

    Parameters
    ----------
    dtype
        Of the frames.
    wanted
        What to find out; some sum.
    """

    def __init__(self, dtype: np.dtype[Any], wanted: Wanted) -> None:
        self._weigh = wanted.y
        self._kernel = float_kernel(dtype, wanted.y, wanted.largest)

    def lines(self, region: Region) -> Lines:
        """New lines."""
        return Lines(
            columns=np.zeros(region.width),
            weighted=np.zeros(region.width if self._weigh else 0),
            scratch=np.empty(region.width),
        )

    def add(self, rows: NDArray[Any], region: Region, lines: Lines) -> float:
        """Add a frame's region."""
        edges = (region.top, region.top + region.height, region.left, region.left + region.width)
        largest = self._kernel(rows, *edges, lines.columns, lines.weighted, lines.scratch)
        return region.cut(rows).max().item() if math.isnan(largest) else largest


def compiled_pass(dtype: np.dtype[Any], wanted: Wanted, whole: Region) -> IntegerPass | FloatPass:
    """The pass for a `compilable` dtype."""
    return FloatPass(dtype, wanted) if dtype.kind == "f" else IntegerPass(dtype, wanted, whole)
