"""Pixels of any kind as brightness: fewer of them, between limits, in 8 bits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

OUTLIERS = 0.02
"""Per cent of the pixels that may be darker, and as many brighter, than what can be told apart: hot pixels, say."""


def shrunk(image: NDArray[Any], by: int) -> NDArray[Any]:
    """Means of ``by`` x ``by`` pixels each, float32, (height // by, width // by[, 3]); what is NaN does not count.

    The image itself when ``by`` is 1.
    """
    if by == 1:
        return image
    height, width = (size // by for size in image.shape[:2])
    whole = image[: height * by, : width * by]
    if image.dtype.kind != "f":
        return _sums(whole, by) / np.float32(by**2)
    known = np.isfinite(whole)
    with np.errstate(invalid="ignore", over="ignore"):
        return _sums(np.where(known, whole, 0), by) / _sums(known, by)


def _sums(image: NDArray[Any], by: int) -> NDArray[np.float32]:
    height, width = (size // by for size in image.shape[:2])
    rows = np.add.reduce(image.reshape(height, by, *image.shape[1:]), axis=1, dtype=np.float32)
    return np.add.reduce(rows.reshape(height, width, by, *image.shape[2:]), axis=2)


def limits(image: NDArray[Any]) -> tuple[float, float]:
    """What is drawn darkest, and what brightest: nearly all pixels are between them.

    Of colours, 0 and nearly the brightest; those of uint8 are drawn as they are. Of an image that is the same all over,
    0 and its value.
    """
    low, high = _extremes(image)
    if image.ndim == 3:
        high = 255.0 if image.dtype == np.uint8 else high
        return 0.0, high if high > 0 else 1.0
    if low < high:
        return low, high
    return (min(low, 0.0), max(high, 0.0)) if low else (0.0, 1.0)


def _extremes(image: NDArray[Any]) -> tuple[float, float]:
    """Of all but the outliers; 0 where no pixel has a value."""
    values = image.ravel()
    if image.dtype.kind == "f":
        values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 0.0
    beyond = round((len(values) - 1) * OUTLIERS / 100)
    ordered = np.partition(values, [beyond, len(values) - 1 - beyond])
    return float(ordered[beyond]), float(ordered[len(values) - 1 - beyond])


def relative(image: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
    """0 for ``low``, 1 for ``high``, and linear between them; NaN stays."""
    return np.clip((image.astype(np.float32) - np.float32(low)) / np.float32(high - low), 0, 1)
