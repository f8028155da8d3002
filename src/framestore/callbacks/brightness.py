"""Pixels of any kind as brightness: fewer of them, between limits, in 8 bits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

OUTLIERS = 0.02
"""Per cent of the pixels that may be darker, and as many brighter, than what can be told apart: hot pixels, say."""


def shrunk(image: NDArray[Any], by: int) -> NDArray[Any]:
    """Means of ``by`` x ``by`` pixels each, float32, (height // by, width // by[, 3]); what is NaN does not count.

    Of an image that is not as high, or not as wide, its whole height, or width. The image itself when ``by`` is 1.
    """
    if by == 1:
        return image
    down, across = (min(by, size) for size in image.shape[:2])
    height, width = image.shape[0] // down, image.shape[1] // across
    blocks = image[: height * down, : width * across].reshape(height, down, width, across, *image.shape[2:])
    if image.dtype.kind != "f":
        return _sums(blocks) / np.float32(down * across)
    known = np.isfinite(blocks)
    with np.errstate(invalid="ignore", over="ignore"):
        return _sums(np.where(known, blocks, 0)) / _sums(known)


def _sums(blocks: NDArray[Any]) -> NDArray[np.float32]:
    """Sums of blocks, (height, down, width, across[, 3]): first down, which goes along the memory."""
    return np.add.reduce(np.add.reduce(blocks, axis=1, dtype=np.float32), axis=2)


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
