"""What a simulated camera sees."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Scene = Callable[[tuple[int, int]], NDArray[np.float64]]
"""(height, width) -> expected counts of each pixel, (height, width) float64."""


class GaussianBlob:
    """A two-dimensional Gaussian whose centre moves.

    Parameters
    ----------
    position
        Returns the centre as (x, y), in units of ``scale`` away from the middle of the frame; x to the right, y down.
    scale
        Pixels in a unit of position.
    sigma
        Standard deviation of the blob, pixels.
    amplitude
        Expected counts at the centre, above the background.
    background
        Expected counts far away.

    Notes
    -----
    background + amplitude exp(-((x - x0)^2 + (y - y0)^2) / (2 sigma^2)), calculated as the outer product of its
    two factors.
    """

    def __init__(
        self,
        position: Callable[[], tuple[float, float]] = lambda: (0.0, 0.0),
        *,
        scale: float = 1.0,
        sigma: float = 20.0,
        amplitude: float = 1000.0,
        background: float = 10.0,
    ) -> None:
        self._position = position
        self._scale = scale
        self._sigma = sigma
        self._amplitude = amplitude
        self._background = background

    def __call__(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Expected counts, (height, width)."""
        x, y = self._position()
        rows, columns = (
            np.exp(-((np.arange(size) - (size - 1) / 2 - offset * self._scale) ** 2) / (2 * self._sigma**2))
            for size, offset in zip(shape, (y, x), strict=True)
        )
        return self._background + self._amplitude * np.outer(rows, columns)
