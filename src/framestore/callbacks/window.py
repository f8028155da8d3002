"""A window with the newest picture, drawn in the main thread wherever the picture comes from."""

import threading
from collections.abc import Callable
from typing import Any

from bluesky.callbacks.mpl_plotting import QtAwareCallback
from matplotlib.figure import Figure

from .figures import Drawing, figure, is_open, tell_where_there_are_none
from .picture import Picture


class Window(QtAwareCallback):
    """It is made with the first picture. Where there are no windows, it is a figure that nobody sees.

    With Qt, bluesky takes pictures to the main thread, so this must be made there. A picture that comes before the main
    thread has come to draw the one before takes its place. A window that was closed opens again with the next run.

    Parameters
    ----------
    title
        Of the window.
    make
        Makes what draws pictures into a figure.
    failed
        Called with what drawing has raised.
    auto_redraw
        Whether each picture is drawn when it comes.
    """

    def __init__(
        self,
        title: str,
        make: Callable[[Figure], Drawing],
        failed: Callable[[Exception], None],
        *,
        auto_redraw: bool = True,
    ) -> None:
        super().__init__()
        tell_where_there_are_none()
        self._title, self._make, self._failed, self._auto_redraw = title, make, failed, auto_redraw
        self._lock = threading.Lock()
        self._newest: tuple[str, Picture] | None = None
        self._run = ""
        self.drawing: Drawing | None = None

    def show(self, run: str, picture: Picture) -> None:
        """Have a picture drawn; ``run`` is the uid of its run."""
        with self._lock:
            is_asked, self._newest = self._newest is not None, (run, picture)
        if not is_asked:
            self("newest", {})

    def newest(self, _: dict[str, Any]) -> None:
        """Draw what came last; bluesky calls it in the main thread."""
        with self._lock:
            found, self._newest = self._newest, None
        if found is None:
            return
        try:
            self._draw(*found)
        except Exception as error:  # noqa: BLE001 - raised where Qt has called it, it would end the process
            self._failed(error)

    def _draw(self, run: str, picture: Picture) -> None:
        if self.drawing is None or (run != self._run and not is_open(self.drawing.figure)):
            self.drawing = self._make(figure(self._title))
        self._run = run
        if not is_open(self.drawing.figure):
            return
        self.drawing.show(picture)
        if self._auto_redraw:
            self.drawing.figure.canvas.draw_idle()
