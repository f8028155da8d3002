"""Pictures as matplotlib draws them: in windows where there can be some, else in figures without any."""

import logging
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .brightness import relative
from .picture import Picture

logger = logging.getLogger("framestore")

_LONG = 20
"""How many times as wide as high, or as high as wide, a picture may be to be drawn with square pixels."""


def windows() -> bool:
    """Whether figures have windows: where matplotlib draws with Qt.

    Callbacks run in the RunEngine's thread. Of all that can draw windows, bluesky takes only Qt's to the main thread.
    """
    return "qt" in mpl.get_backend().lower()


def tell_where_there_are_none() -> None:
    """Log it where matplotlib could have windows, and they cannot be drawn while a plan runs."""
    backend = mpl.get_backend()
    if not windows() and backend.lower() != "agg":
        msg = "matplotlib's %s has no windows while a RunEngine runs: choose Qt (%%matplotlib qt), or path="
        logger.warning(msg, backend)


def figure(name: str, **settings: Any) -> Figure:
    """A figure, in a window where there are windows; call it where they may be made."""
    if not windows():
        return Figure(layout="constrained", label=name, **settings)
    from matplotlib import pyplot as plt  # noqa: PLC0415 - it is for windows

    made = plt.figure(name, layout="constrained", clear=True, **settings)
    made.show()
    return made


def is_open(made: Figure) -> bool:
    """Whether the figure's window is still there, if it had one."""
    if not windows():
        return True
    from matplotlib import pyplot as plt  # noqa: PLC0415 - it is for windows

    return plt.fignum_exists(made.number)  # pyright: ignore[reportAttributeAccessIssue] - pyplot's figures have one


class Drawing:
    """A picture in a figure. One of the same size replaces that before, and leaves what the user has zoomed in to.

    Parameters
    ----------
    figure
        Where it is.
    colours
        From dark to bright, (256, 3).
    interpolation
        As matplotlib names it.
    """

    def __init__(self, figure: Figure, colours: NDArray[np.uint8], interpolation: str | None = None) -> None:
        self.figure = figure
        self._colours = ListedColormap(list(colours / 255)).with_extremes(bad="white")
        self._interpolation = interpolation
        self._picture: Picture | None = None
        self._seen: Any = None

    def show(self, picture: Picture) -> None:
        """Put the picture into the figure, which is yet to be drawn."""
        if self._picture is None or _frame_of(self._picture) != _frame_of(picture):
            self._make(picture)
        self._picture = picture
        self._seen.set_data(_shown(picture))
        self._seen.set_norm(picture.norm or Normalize(picture.low, picture.high))
        (axes, *_) = self.figure.axes
        axes.set_title("\n".join(filter(None, [picture.title, picture.below])), fontsize=11)

    def _make(self, picture: Picture) -> None:
        self.figure.clear()
        axes = self.figure.add_subplot()
        height, width = (size * picture.binning for size in picture.pixels.shape[:2])
        self._seen = axes.imshow(
            _shown(picture),
            cmap=self._colours,
            interpolation=self._interpolation,
            extent=(-0.5, width - 0.5, height - 0.5, -0.5),
            aspect="equal" if max(height, width) < _LONG * min(height, width) else "auto",
        )
        if not picture.is_coloured:
            self.figure.colorbar(self._seen, ax=axes, label="counts", shrink=0.8)
        for axis, along in ((picture.x, axes.xaxis), (picture.y, axes.yaxis)):
            if axis is not None:
                along.set_ticks([place for place, _ in axis.ticks], [text for _, text in axis.ticks])
                along.set_label_text(axis.label)
                axes.spines[:].set_visible(False)


def _frame_of(picture: Picture) -> Any:
    """What stands around a picture."""
    return picture.pixels.shape, picture.binning, picture.x, picture.y


def _shown(picture: Picture) -> NDArray[Any]:
    """Colours as matplotlib draws them, 0 to 1, white where there are none; else the pixels as they are."""
    if not picture.is_coloured:
        return picture.pixels
    return np.nan_to_num(relative(picture.pixels, picture.low, picture.high), nan=1.0)
