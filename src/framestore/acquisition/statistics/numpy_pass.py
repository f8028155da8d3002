"""Passes by numpy: few calls, each over the whole region, so that other threads are seldom waited for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .lines import Lines, narrow, wide
from .region import Region
from .wanted import Wanted


class NumpyPass:
    """A pass for frames of any real dtype.

    Parameters
    ----------
    dtype
        Of the frames.
    wanted
        What to find out.
    whole
        All of a frame.
    """

    def __init__(self, dtype: np.dtype[Any], wanted: Wanted, whole: Region) -> None:
        self._line = narrow(dtype, whole)
        self._wide = wide(dtype)
        self._largest = wanted.largest
        self._columns = wanted.x
        self._rows = wanted.y or (wanted.total and not wanted.x)

    def lines(self, region: Region) -> Lines:
        """New lines."""
        return Lines(
            rows=np.zeros(region.height if self._rows else 0, self._wide),
            columns=np.zeros(region.width if self._columns else 0, self._wide),
        )

    def add(self, rows: NDArray[Any], region: Region, lines: Lines) -> int | float:
        """Add a frame's region."""
        values = region.cut(rows)
        if self._columns:
            lines.columns += np.add.reduce(values, axis=0, dtype=self._line)
        if self._rows:
            lines.rows += np.add.reduce(values, axis=1, dtype=self._line)
        return np.maximum.reduce(values, axis=None).item() if self._largest else 0
