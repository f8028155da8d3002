"""Where pictures are put: into a file, into a window, or both."""

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .colours import palette
from .needs import need
from .picture import Picture
from .picture_file import save
from .plate import plate
from .where import Where

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .window import Window


class Canvas:
    """Puts pictures into a file, into a window, or both.

    Parameters
    ----------
    path
        The file, or the template of its path; None: none.
    window
        Whether there is a window.
    title
        Of the window.
    failed
        Called with what drawing in the window has raised.
    cmap, interpolation, auto_redraw
        As those of `LiveImage`.

    Raises
    ------
    ModuleNotFoundError
        When a window, or the colours, take a library that is not installed.
    """

    def __init__(
        self,
        path: str | PathLike[str] | None,
        *,
        window: bool,
        title: str,
        failed: Callable[[Exception], None],
        cmap: Any = None,
        interpolation: str | None = None,
        auto_redraw: bool = True,
    ) -> None:
        self._where = None if path is None else Where(path)
        self._colours = palette(cmap)
        self._window: Window | None = None
        self.saved: Path | None = None
        """The file of the last picture."""
        if window:
            self._window = self._windowed(title, failed, interpolation, auto_redraw=auto_redraw)

    @property
    def figure(self) -> "Figure | None":
        """That of the window, once there is one."""
        drawing = None if self._window is None else self._window.drawing
        return None if drawing is None else drawing.figure

    def show(self, start: dict[str, Any], field: str, picture: Picture) -> None:
        """Put a picture there, of the run of that start document.

        Raises
        ------
        OSError
            When the file cannot be written, or is there and is no such picture.
        """
        if self._window is not None:
            self._window.show(start["uid"], picture)
        if self._where is not None:
            path = self._where.of(start, field)
            words = {"Title": picture.title, "Comment": picture.below, "Run": start["uid"]}
            save(plate(picture, self._colours), path, words)
            self.saved = path

    def _windowed(
        self, title: str, failed: Callable[[Exception], None], interpolation: str | None, *, auto_redraw: bool
    ) -> "Window":
        for library in ("matplotlib", "bluesky"):
            need(library, "a window")
        from .figures import Drawing  # noqa: PLC0415 - matplotlib is optional, and slow to import
        from .window import Window  # noqa: PLC0415 - so is bluesky

        def make(figure: "Figure") -> Drawing:
            return Drawing(figure, self._colours, interpolation)

        return Window(title, make, failed, auto_redraw=auto_redraw)
