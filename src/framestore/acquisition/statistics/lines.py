"""What a pass adds to: sums over rows and columns of a region, for the frames of an order."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .region import Region


def _nothing() -> NDArray[Any]:
    return np.empty(0)


@dataclass(kw_only=True, slots=True)
class Lines:
    """Sums of 64 bits; those that are not needed have no length. An order has its own."""

    rows: NDArray[Any] = field(default_factory=_nothing)
    """Sum of each row, (height,)."""
    columns: NDArray[Any] = field(default_factory=_nothing)
    """Sum of each column of values, (width,)."""
    weighted: NDArray[Any] = field(default_factory=_nothing)
    """Sum of each column of values, weighted with the index of the row in the frame, (width,)."""
    scratch: NDArray[Any] = field(default_factory=_nothing)
    """Room for a pass, as it likes."""

    def clear(self) -> None:
        """Begin again."""
        for line in (self.rows, self.columns, self.weighted):
            line.fill(0)


class Pass(Protocol):
    """Goes over the pixels of frames of one dtype."""

    def lines(self, region: Region) -> Lines:
        """New lines, all 0, for a region."""
        ...

    def add(self, rows: NDArray[Any], region: Region, lines: Lines) -> int | float:
        """Add the region of a frame, given as `rows_of` it, to its lines.

        Returns
        -------
        int or float
            The largest value, if it is wanted: NaN where there is one, as in numpy.
        """
        ...


def wide(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Of what 64-bit sums are: exact for integers of up to 32 bits, float64 for all else."""
    if dtype.kind not in "bui" or dtype.itemsize == 8:
        return np.dtype(np.float64)
    return np.dtype(np.int64 if dtype.kind == "i" else np.uint64)


def largest_magnitude(dtype: np.dtype[Any]) -> int:
    """How far from 0 the values of an integer dtype can be."""
    return 1 if dtype.kind == "b" else max(int(np.iinfo(dtype).max), -int(np.iinfo(dtype).min))


def narrow(dtype: np.dtype[Any], region: Region) -> np.dtype[Any]:
    """Of what sums over a row or column of one frame can be: 32 bits, in half the time, where those suffice."""
    longest = max(region.width, region.height)
    if dtype.kind in "bu" and largest_magnitude(dtype) * longest < 2**32:
        return np.dtype(np.uint32)
    if dtype.kind == "i" and largest_magnitude(dtype) * longest < 2**31:
        return np.dtype(np.int32)
    return wide(dtype)
