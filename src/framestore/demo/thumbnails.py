"""The images of a scan of two motors, as thumbnails at the motors' positions."""

from collections.abc import Callable
from math import ceil
from os import PathLike
from pathlib import Path

import numpy as np
from framestore_handlers import Run
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .pictures import figure
from .places import Places, places
from .two_motors import TwoMotors, two_motors

_WIDEST = 1200
"""Pixels of all thumbnails along the longer side of the picture, about."""
_GAP = 0.04
"""Between two thumbnails, in widths (or heights) of one."""


def thumbnails(
    run: Run,
    path: str | PathLike[str],
    *,
    image: str | None = None,
    stream: str = "primary",
    new_figure: Callable[..., Figure] = figure,
) -> Path:
    """Draw the images of a run of two motors, each at the motors' positions, and save the picture.

    x goes to the right and y up, in whatever order the plan went through its points. All images have the same scale of
    brightness. Where the plan made a grid, thumbnails stand side by side, one for each position; a position without
    an image is left white. Else each stands where the motors were, and may hide others. Of several images at one
    position, the last is seen; of several frames in an event, their mean.

    Parameters
    ----------
    run
        As ``framestore_handlers.load`` gives it.
    path
        Where the picture goes; its suffix says what kind of file it is.
    image
        Data key of the frames; None: the first of images.
    stream
        Where they are.
    new_figure
        Makes the figure from its name and ``figsize``, (width, height) in inches.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    ValueError
        When it is not a run of two motors, or has no images.
    """
    scan = two_motors(run, image, stream)
    if not len(scan.stream):
        msg = f"run {run.start['uid']} has no images: it ended before its first point"
        raise ValueError(msg)
    x, y = places(scan)
    drawn = _draw(scan, x, y, new_figure)
    drawn.savefig(path, dpi=100, metadata={"Title": f"run {run.start['uid']}"})
    return Path(path)


def _draw(scan: TwoMotors, x: Places, y: Places, new_figure: Callable[..., Figure]) -> Figure:
    """The figure of all thumbnails."""
    start = scan.run.start
    by = _binning(scan, x, y)
    canvas, (height, width) = _canvas(scan, x, y, by), _pitch(scan, by)
    inches = 8 / max(canvas.shape[:2])
    size = (canvas.shape[1] * inches + 2, canvas.shape[0] * inches + 1)
    drawn = new_figure(f"scan {start['scan_id']}: {scan.image}", figsize=size)
    axes = drawn.add_subplot()
    seen = axes.imshow(_scaled(canvas), cmap="inferno")
    if canvas.ndim == 2:
        drawn.colorbar(seen, ax=axes, label="counts", shrink=0.8)
    middle = (scan.frame_shape[0] // by - 1) / 2, (scan.frame_shape[1] // by - 1) / 2
    axes.set_xticks(x.ticks * width + middle[1], x.labels)
    axes.set_yticks((y.last - y.ticks) * height + middle[0], y.labels)
    axes.set(xlabel=scan.label(scan.x), ylabel=scan.label(scan.y))
    axes.set_title(f"scan {start['scan_id']}: {scan.image}, {len(scan.stream)} points", fontsize=11)
    axes.spines[:].set_visible(False)
    return drawn


def _binning(scan: TwoMotors, x: Places, y: Places) -> int:
    """By how much each thumbnail is smaller than its image."""
    height, width = scan.frame_shape[:2]
    longer = max(height * (y.last + 1), width * (x.last + 1))
    return max(1, min(round(longer / _WIDEST), height, width))


def _pitch(scan: TwoMotors, by: int) -> tuple[int, int]:
    """Pixels from one thumbnail to the next, down and to the right."""
    height, width = (size // by for size in scan.frame_shape[:2])
    return height + ceil(height * _GAP), width + ceil(width * _GAP)


def _canvas(scan: TwoMotors, x: Places, y: Places, by: int) -> NDArray[np.float64]:
    """All thumbnails on one, (rows, columns) or (rows, columns, 3) counts, y up; NaN between them."""
    height, width = (size // by for size in scan.frame_shape[:2])
    down, right = _pitch(scan, by)
    size = ceil(y.last * down) + height, ceil(x.last * right) + width
    canvas = np.full((*size, *scan.frame_shape[2:]), np.nan)
    for event in range(len(scan.stream)):
        top, left = round((y.last - y.of_events[event]) * down), round(x.of_events[event] * right)
        canvas[top : top + height, left : left + width] = _thumbnail(scan, event, by)
    return canvas


def _thumbnail(scan: TwoMotors, event: int, by: int) -> NDArray[np.float64]:
    """The mean of an event's frames, and of each ``by`` x ``by`` of their pixels."""
    image = scan.stream.read(scan.image, event, event + 1)[0].mean(axis=0, dtype=float)
    height, width = (size // by for size in image.shape[:2])
    whole = image[: height * by, : width * by]
    return whole.reshape(height, by, width, by, *image.shape[2:]).mean(axis=(1, 3))


def _scaled(canvas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours as matplotlib draws them, 0 to 1, white where there are none; counts as they are."""
    if canvas.ndim == 2:
        return canvas
    return np.nan_to_num(canvas / (np.nanmax(canvas) or 1.0), nan=1.0)
