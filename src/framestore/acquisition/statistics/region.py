"""The pixels of a frame that numbers are about."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore.roi import ROI


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """A rectangle of frames of one shape: all of it, or a ROI.

    Frames are (height, width), (height, width, 3) or (width,). Passes see them as `rows_of` makes them: a row is all
    values of its pixels, the channels of a pixel side by side.
    """

    prefix: str
    """What the names of its numbers begin with: nothing for the whole frame, ``"<roi>_"`` for a ROI."""
    roi: ROI
    """Where it is."""
    channels: int
    """Values of a pixel."""

    @property
    def height(self) -> int:
        """Rows."""
        return self.roi.height

    @property
    def width(self) -> int:
        """Values in a row."""
        return self.roi.width * self.channels

    @property
    def top(self) -> int:
        """First row."""
        return self.roi.y

    @property
    def left(self) -> int:
        """First value of a row."""
        return self.roi.x * self.channels

    def cut(self, rows: NDArray[Any]) -> NDArray[Any]:
        """The region's values, (height, width), of a frame's; no copy."""
        return rows[self.top : self.top + self.height, self.left : self.left + self.width]

    def x(self, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Index of the pixel of each value of a row in the frame, (width,)."""
        return np.repeat(np.arange(self.roi.x, self.roi.x + self.roi.width, dtype=dtype), self.channels)

    def y(self, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Index of each row in the frame, (height,)."""
        return np.arange(self.roi.y, self.roi.y + self.roi.height, dtype=dtype)


def rows_of(frame: NDArray[Any]) -> NDArray[Any]:
    """A frame as rows of values, (height, width * channels)."""
    return frame.reshape(frame.shape[0] if frame.ndim > 1 else 1, -1)


def check_names(rois: Mapping[str, ROI], camera: str) -> None:
    """Refuse names that cannot begin the name of a number.

    Raises
    ------
    ValueError
        When one is no Python identifier.
    """
    for name in rois:
        if not name.isidentifier():
            msg = f"{camera}: {name!r} cannot name a ROI; take letters, digits and _, as in rois={{'spot': ROI(...)}}"
            raise ValueError(msg)


def regions(rois: Mapping[str, ROI], shape: tuple[int, ...], camera: str) -> tuple[Region, ...]:
    """All of a frame, and its regions of interest.

    Raises
    ------
    ValueError
        When a ROI leaves the frame.
    """
    height, width = shape[:2] if len(shape) > 1 else (1, *shape)
    channels = math.prod(shape[2:])
    for name, roi in rois.items():
        if roi.x + roi.width > width or roi.y + roi.height > height:
            msg = (
                f"{camera}: ROI {name!r} has columns {roi.x} to {roi.x + roi.width - 1} and rows {roi.y} to "
                f"{roi.y + roi.height - 1}, but frames of shape {shape} have columns 0 to {width - 1} and rows 0 to "
                f"{height - 1}; move it, or make it smaller"
            )
            raise ValueError(msg)
    whole = Region(prefix="", roi=ROI(x=0, y=0, width=width, height=height), channels=channels)
    return whole, *(Region(prefix=f"{name}_", roi=roi, channels=channels) for name, roi in rois.items())
