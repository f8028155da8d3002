"""What numba compiles: loops over the pixels of a region.

They are written for LLVM to turn into vector instructions: indices from 0 on, slices that are rows, and no floats
added along a row, since the order of their additions must stay.
"""

import functools
import importlib
import logging
from collections.abc import Callable
from typing import Any

import numpy as np

logger = logging.getLogger("framestore")

Kernel = Callable[..., Any]


@functools.cache
def numba() -> Any:
    """The numba package; None where it is not installed, or does not go with this numpy."""
    try:
        return importlib.import_module("numba")
    except ModuleNotFoundError:
        return None
    except ImportError as error:
        logger.warning("statistics are computed by numpy, since numba cannot be used: %s", error)
        return None


@functools.cache
def integer_kernel(dtype: np.dtype[Any], line: np.dtype[Any], columns: bool, largest: bool) -> Kernel:  # noqa: FBT001 - to be cached
    """A compiled loop over integers.

    Parameters
    ----------
    dtype
        Of the frames.
    line
        Integers that hold the sum over a row or column of one frame.
    columns
        Whether columns are summed up, beside the rows.
    largest
        Whether the largest value is looked for.

    Returns
    -------
    callable
        Of a frame as rows, the edges of the region, sums of rows and of columns to add to, and a line of 0 for its own
        use; it returns the largest value.
    """
    wide = np.dtype(np.int64 if dtype.kind == "i" else np.uint64)
    narrowly, widely = numba().from_dtype(line), numba().from_dtype(wide)

    def add(  # noqa: PLR0917 - compiled functions know no keywords
        frame: Any, top: int, bottom: int, left: int, right: int, rows: Any, sums: Any, scratch: Any
    ) -> Any:
        most = frame[top, left]
        for y in range(bottom - top):
            row = frame[top + y, left:right]
            total = narrowly(0)
            for x in range(right - left):
                total = narrowly(total + narrowly(row[x]))
                if columns:
                    scratch[x] = narrowly(scratch[x] + narrowly(row[x]))
                if largest:
                    most = max(most, row[x])
            rows[y] += widely(total)
        if columns:
            for x in range(right - left):
                sums[x] += widely(scratch[x])
                scratch[x] = 0
        return most

    return _compiled(add, dtype, wide, wide, line)


@functools.cache
def float_kernel(dtype: np.dtype[Any], weigh: bool, largest: bool) -> Kernel:  # noqa: FBT001 - to be cached
    """A compiled loop over floats.

    Parameters
    ----------
    dtype
        Of the frames.
    weigh
        Whether columns are summed up weighted, too.
    largest
        Whether the largest value is looked for.

    Returns
    -------
    callable
        Of a frame as rows, the edges of the region, sums of columns and weighted ones to add to, and a line for its
        own use, all float64; it returns the largest value, or NaN where the sum of a column is NaN.
    """
    one, four = _one_row(weigh, largest), _four_rows(weigh, largest)

    def add(  # noqa: PLR0917 - compiled functions know no keywords
        frame: Any, top: int, bottom: int, left: int, right: int, sums: Any, weighted: Any, scratch: Any
    ) -> Any:
        scratch[:] = -np.inf
        y = top
        while y + 4 <= bottom:
            rows = frame[y, left:right], frame[y + 1, left:right], frame[y + 2, left:right], frame[y + 3, left:right]
            four(rows, y, sums, weighted, scratch)
            y += 4
        while y < bottom:
            one(frame[y, left:right], y, sums, weighted, scratch)
            y += 1
        return np.nan if np.isnan(sums).any() else scratch.max()

    wide = np.dtype(np.float64)
    return _compiled(add, dtype, wide, wide, wide)


def _one_row(weigh: bool, largest: bool) -> Kernel:  # noqa: FBT001 - as above
    """Add a row to the lines."""
    real, larger = numba().float64, numba().njit(_larger)

    def add(row: Any, y: int, sums: Any, weighted: Any, scratch: Any) -> None:
        for x in range(row.size):
            a = real(row[x])
            sums[x] += a
            if weigh:
                weighted[x] += real(y) * a
            if largest:
                scratch[x] = larger(a, scratch[x])

    return numba().njit(add)


def _four_rows(weigh: bool, largest: bool) -> Kernel:  # noqa: FBT001 - as above
    """Add four rows: the lines go through the processor's cache once."""
    real, larger = numba().float64, numba().njit(_larger)

    def add(rows: Any, y: int, sums: Any, weighted: Any, scratch: Any) -> None:
        first, second, third, fourth = rows
        for x in range(first.size):
            a, b, c, d = real(first[x]), real(second[x]), real(third[x]), real(fourth[x])
            total = (a + b) + (c + d)
            sums[x] += total
            if weigh:
                weighted[x] += real(y) * total + (b + 2 * c + 3 * d)
            if largest:
                scratch[x] = larger(larger(larger(a, b), larger(c, d)), scratch[x])

    return numba().njit(add)


def _larger(a: float, b: float) -> float:
    """The larger of two, none of them if they are NaN."""
    return a if a > b else b  # noqa: FURB136 - max() of floats takes three times as long


def _compiled(add: Kernel, frame: np.dtype[Any], *lines: np.dtype[Any]) -> Kernel:
    """Compile for frames that may be read-only and begin anywhere."""
    types, of = numba().types, numba().from_dtype
    rows = types.Array(of(frame), 2, "C", readonly=True, aligned=False)
    signature = (rows, *[types.intp] * 4, *(types.Array(of(line), 1, "C") for line in lines))
    return numba().njit([signature], nogil=True)(add)
