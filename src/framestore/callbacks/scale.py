"""What becomes of the brightness of a frame, to be drawn."""

from collections.abc import Callable
from copy import copy
from typing import Any

from numpy.typing import NDArray

from .brightness import limits, shrunk
from .image import Shot
from .picture import Picture
from .titles import titled

Limits = Callable[[NDArray[Any]], tuple[float, float]]

_LONGEST = 2048
"""Pixels along a side of what is drawn; a larger image is shrunk."""


class Scale:
    """Makes pictures of frames.

    Parameters
    ----------
    norm
        A norm of matplotlib's; None: linear.
    limit_func
        Gives, of an image, what is drawn darkest and what brightest; None: as the norm has it, or else `limits`.

    Raises
    ------
    TypeError
        When the norm is something else.
    """

    def __init__(self, norm: Any = None, limit_func: Limits | None = None) -> None:
        if norm is not None and not hasattr(norm, "autoscale_None"):
            msg = f"norm must be a norm of matplotlib's, such as matplotlib.colors.LogNorm(), not {norm!r}"
            raise TypeError(msg)
        self._norm, self._limits = norm, limit_func

    def picture(self, start: dict[str, Any], field: str, shot: Shot) -> Picture:
        """A picture of the last frame of an event; ``start`` is the run's start document."""
        image = shot.last()
        by = -(-max(image.shape[:2]) // _LONGEST)
        pixels = shrunk(image, by)
        norm, low, high = self._between(image, pixels)
        height, width = image.shape[:2]
        frame = f", frame {shot.count} of {shot.count}" if shot.count > 1 else ""
        return Picture(
            pixels=pixels,
            low=float(low),
            high=float(high),
            title=titled(start, field),
            below=f"event {shot.seq_num}{frame} · {width} x {height} pixels",
            norm=norm,
            binning=by,
        )

    def _between(self, image: NDArray[Any], pixels: NDArray[Any]) -> tuple[Any, float, float]:
        """Norm, if any, and limits. Of an image that is the same all over these may be one: then `limits` has two."""
        low, high = (self._limits or limits)(image if self._limits else pixels)
        norm = None
        if self._norm is not None and pixels.ndim == 2:
            norm = copy(self._norm)
            if self._limits:
                norm.vmin, norm.vmax = low, high
            norm.autoscale_None(pixels)
            low, high = norm.vmin, norm.vmax
        return (None, *limits(pixels)) if low == high else (norm, low, high)
