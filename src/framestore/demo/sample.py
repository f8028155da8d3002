"""What is seen: a bright spot, which two motors move."""

import math

import numpy as np
from numpy.typing import NDArray

from framestore.sources import GaussianBlob

PICTURE = (240, 320)
"""Height and width of what a camera sees of it, pixels."""
PEAK = (1.4, 2.4)
"""Where the stage has to be for the spot to be in the middle of the picture, and brightest: x and y, millimetres."""
SCALE = 60.0
"""Pixels that the spot moves by for each millimetre; to the right with x, up with y."""
_WIDTH = 1.5
"""How fast the spot fades off its peak: standard deviation, millimetres."""
_BACKGROUND = 0.5
"""Counts a pixel without the spot."""


class Sample:
    """A spot of light on a screen.

    Motors say where they are by setting ``x`` and ``y``, plain numbers: a camera's thread can look at them at any time,
    whatever framework the motors have.
    """

    def __init__(self) -> None:
        self.x = 0.0
        """Position of the stage, millimetres."""
        self.y = 0.0
        """Position of the stage, millimetres."""
        self._spot = GaussianBlob(self._place, scale=SCALE, sigma=16, amplitude=1000, background=0)

    def __call__(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Expected counts of a picture, (height, width): a `framestore.sources.Scene`."""
        return self.light() * self._spot(shape) + _BACKGROUND

    def light(self) -> float:
        """How bright the spot is, 0 to 1."""
        x, y = self._place()
        return math.exp(-(x**2 + y**2) / (2 * _WIDTH**2))

    def fringes(self, channel: int) -> float:
        """What a channel of a point detector sees of it, 0 to 1: light with ``channel`` fringes in 2 millimetres."""
        x, y = self._place()
        return self.light() * (1 + math.cos(math.pi * channel * x) * math.cos(math.pi * channel * y)) / 2

    def _place(self) -> tuple[float, float]:
        """Distance of the spot from the middle of the picture in millimetres, to the right and down."""
        return self.x - PEAK[0], PEAK[1] - self.y
