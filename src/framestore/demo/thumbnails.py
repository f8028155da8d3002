"""The images of a scan of two motors, as thumbnails at the motors' positions."""

from collections.abc import Callable
from os import PathLike
from pathlib import Path

from framestore_handlers import Run
from matplotlib.figure import Figure

from framestore.callbacks.colours import palette
from framestore.callbacks.figures import Drawing, figure
from framestore.callbacks.image import shots
from framestore.callbacks.picture import Picture
from framestore.callbacks.sheet import Sheet
from framestore.callbacks.two_motors import two_motors


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
    sheet = Sheet(run, scan.image, stream)
    for shot in shots(scan.stream, scan.image):
        sheet.put(shot)
    drawn = _draw(sheet.picture(whole=False), new_figure)
    drawn.savefig(path, dpi=100, metadata={"Title": f"run {run.start['uid']}"})
    return Path(path)


def _draw(picture: Picture, new_figure: Callable[..., Figure]) -> Figure:
    """The figure of all thumbnails."""
    height, width = picture.pixels.shape[:2]
    inches = 8 / max(height, width)
    drawn = new_figure(picture.title, figsize=(width * inches + 2, height * inches + 1))
    Drawing(drawn, palette(None)).show(picture)
    return drawn
