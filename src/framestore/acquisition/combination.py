"""Several exposures into one frame."""

from collections.abc import Callable
from typing import Any

import numpy as np

from framestore.frame import Frame

COMBINATIONS = ("mean", "sum")
"""The ways that there are."""


class Combination:
    """Adds up, or averages, a number of exposures, pixel by pixel, without rounding in between.

    The sum of integers is exact: uint32 or int32 where all exposures fit, else uint64 or int64; the sum of floats, and
    of integers of 64 bits, is float64. The mean is float32 where the exposures are float32, or integers of at most 16
    bits; else float64.

    Parameters
    ----------
    exposures
        How many.
    way
        One of `COMBINATIONS`.
    shape, dtype
        Of an exposure.

    Raises
    ------
    ValueError
        When the exposures are not numbers.
    """

    def __init__(self, exposures: int, way: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        if dtype.kind not in "biuf":
            msg = f"exposures of dtype {dtype} cannot be combined; use exposures_per_frame=1"
            raise ValueError(msg)
        self._exposures = exposures
        self._total = np.empty(shape, _sum_dtype(dtype, exposures))
        self._result = self._total if way == "sum" else np.empty(shape, combined_dtype(dtype, exposures, way))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the frames."""
        return self._result.dtype

    def frame(self, begin: Callable[[], Frame | None], further: Callable[[], Frame | None]) -> Frame | None:
        """Make a frame, with the id and the time of its first exposure; None as soon as there is no exposure.

        Its array is valid until the next one is made.

        Parameters
        ----------
        begin, further
            Give its first exposure, and each of the others.
        """
        first = begin()
        if first is None:
            return None
        np.copyto(self._total, first.array)
        for _ in range(self._exposures - 1):
            exposure = further()
            if exposure is None:
                return None
            np.add(self._total, exposure.array, out=self._total)
        if self._result is not self._total:
            np.divide(self._total, self._exposures, out=self._result, casting="same_kind")
        return Frame(self._result, first.frame_id, first.timestamp)


def combined_dtype(dtype: np.dtype[Any], exposures: int, way: str) -> np.dtype[Any]:
    """Dtype of frames of so many exposures."""
    if exposures == 1:
        return dtype
    return _sum_dtype(dtype, exposures) if way == "sum" else _mean_dtype(dtype)


def _sum_dtype(dtype: np.dtype[Any], exposures: int) -> np.dtype[Any]:
    if dtype.kind == "f" or dtype.itemsize == 8:
        return np.dtype("f8")
    largest = 1 if dtype.kind == "b" else max(np.iinfo(dtype).max, -np.iinfo(dtype).min)
    kind, bits = ("i", 31) if dtype.kind == "i" else ("u", 32)
    return np.dtype(f"{kind}4" if largest * exposures < 2**bits else f"{kind}8")


def _mean_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype("f4" if dtype.itemsize <= 2 or dtype == np.float32 else "f8")
