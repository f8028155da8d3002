"""A picture: what is drawn, in a window as in a file."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Axis:
    """What is written along a side of a picture."""

    label: str
    """What it is, with its unit; may be empty."""
    ticks: tuple[tuple[float, str], ...]
    """Pixels from the left, or from the top, and what is written there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """Pixels between limits, with words."""

    pixels: NDArray[Any]
    """(height, width), or (height, width, 3) of colours; NaN where there is nothing."""
    low: float
    """What is drawn darkest."""
    high: float
    """What is drawn brightest."""
    title: str
    """Which run, and which field."""
    below: str
    """What else there is to say; may be empty."""
    norm: Any = None
    """How brightness goes from 0 to 1 between the limits: a norm of matplotlib's; None: linear."""
    binning: int = 1
    """How many pixels of the image a pixel is wide, and high."""
    x: Axis | None = None
    """Along the lower side; None: pixels of the image."""
    y: Axis | None = None
    """Along the left side; None: pixels of the image."""

    def __post_init__(self) -> None:
        """Refuse limits between which there is nothing."""
        if not self.low < self.high:
            msg = f"brightness must be between a lower and a higher limit, not {self.low} and {self.high}"
            raise ValueError(msg)

    @property
    def is_coloured(self) -> bool:
        """Whether its pixels are colours."""
        return self.pixels.ndim == 3
