"""The images of a run as thumbnails, while it goes on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framestore_handlers import Run
from framestore_handlers.access import RootMap
from framestore_handlers.foreign import Handler

from .canvas import Canvas
from .choice import Choice
from .failures import OnError
from .image import shots
from .sheet import Sheet
from .watch import Watch

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class LiveThumbnailGrid:
    """Shows all images of a run as thumbnails on one sheet, in a window or as a PNG file, and never holds up the run.

    Of a plan that moves two motors, each stands where the motors were: x goes to the right and y up, in whatever order
    the plan goes through its points; where it makes a grid, side by side. Of other plans they stand one after another,
    in rows, with the number of the event, or the position of the one motor, beside each row. Of several frames in an
    event the mean is shown. All images have one scale of brightness.

    Each event is read once, in a thread of its own, and costs as much after the ten-thousandth as after the first; what
    is kept is what the sheet shows. Where events come faster than they can be read, some are left out; `skipped` counts
    them. For the rest it is as `LiveImage`: how it is subscribed, where windows are, what the end of a run waits for.

    Parameters
    ----------
    field
        Data key of the images; None: the first of images.
    path, window, stream
        As those of `LiveImage`.
    interval
        Seconds from one drawing to the next, at least.
    patience
        Seconds that the end of a run waits for the last picture, at most.
    on_error, cmap, window_title, root_map, allowed_roots, handlers
        As those of `LiveImage`.

    Raises
    ------
    ModuleNotFoundError
        When a window, or the colours, take a library that is not installed; it names the command that mends it.
    ValueError
        When an argument cannot be meant.

    Examples
    --------
    >>> grid = LiveThumbnailGrid("camera_image", path="/data/scan_{start[scan_id]}.png")
    >>> grid.skipped
    0
    """

    def __init__(
        self,
        field: str | None = None,
        *,
        path: str | PathLike[str] | None = None,
        window: bool | None = None,
        stream: str = "primary",
        interval: float = 1.0,
        patience: float = 2.0,
        on_error: OnError = "report",
        cmap: Any = None,
        window_title: str | None = None,
        root_map: RootMap | None = None,
        allowed_roots: Iterable[str | PathLike[str]] | None = None,
        handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        self._choice = Choice("LiveThumbnailGrid", stream, field)
        self._sheets: dict[str, _OfRun] = {}
        self._watch = Watch(
            "LiveThumbnailGrid",
            self._take,
            self._end,
            self._draw,
            every=True,
            field=field,
            interval=interval,
            patience=patience,
            on_error=on_error,
            root_map=root_map,
            allowed_roots=allowed_roots,
            handlers=handlers,
        )
        self._canvas = Canvas(
            path,
            window=path is None if window is None else window,
            title=window_title or f"LiveThumbnailGrid {field or ''}".rstrip(),
            failed=self._watch.failed,
            cmap=cmap,
        )

    def __call__(self, name: str, doc: dict[str, Any]) -> None:
        """Take a document; it returns at once, but for a stop document.

        Raises
        ------
        HiddenDocumentsError
            When documents that it needs do not reach it: it is subscribed to some of them only.
        """
        self._watch(name, doc)

    @property
    def errors(self) -> list[Exception]:
        """What failed since the last run began."""
        return self._watch.failures.errors

    @property
    def skipped(self) -> int:
        """How many events were left out, since others came faster than they could be read."""
        return self._watch.painter.skipped

    @property
    def path(self) -> Path | None:
        """The file of the last picture; None before the first."""
        return self._canvas.saved

    @property
    def figure(self) -> "Figure | None":
        """The figure of the window; None before the first picture."""
        return self._canvas.figure

    def wait(self, timeout: float = 10.0) -> bool:
        """Have all that came drawn now, and wait for it, seconds at most; whether it is done."""
        return self._watch.wait(timeout)

    def _take(self, run: Run) -> None:
        """Put the thumbnails of what came onto the sheet of its run."""
        field = self._choice.of(run)
        if field is None:
            return
        uid = run.start["uid"]
        if uid not in self._sheets:
            self._sheets[uid] = _OfRun(run.start, field, Sheet(run, field, self._choice.stream))
        of_run = self._sheets[uid]
        of_run.is_drawn = False
        for shot in shots(run[self._choice.stream], of_run.field):
            of_run.sheet.put(shot)

    def _end(self, start: dict[str, Any], _: dict[str, Any]) -> None:
        """A run that has ended is drawn once more: without room for what did not come."""
        self._choice.end(start)
        of_run = self._sheets.pop(start["uid"], None)
        if of_run is not None and len(of_run.sheet):
            self._canvas.show(of_run.start, of_run.field, of_run.sheet.picture(whole=False))

    def _draw(self) -> None:
        for of_run in self._sheets.values():
            if not of_run.is_drawn and len(of_run.sheet):
                of_run.is_drawn = True
                self._canvas.show(of_run.start, of_run.field, of_run.sheet.picture(whole=True))


@dataclass(slots=True)
class _OfRun:
    """The sheet of a run that goes on."""

    start: dict[str, Any]
    """The start document."""
    field: str
    """Data key of the images."""
    sheet: Sheet
    """The thumbnails."""
    is_drawn: bool = False
    """Whether it was drawn since the last of them came."""
