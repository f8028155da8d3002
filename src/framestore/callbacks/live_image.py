"""The newest image of a run, while it goes on."""

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framestore_handlers import Run
from framestore_handlers.access import RootMap
from framestore_handlers.foreign import Handler
from numpy.typing import NDArray

from .broker import Broker
from .canvas import Canvas
from .choice import Choice
from .failures import OnError
from .image import shots
from .scale import Scale
from .watch import Watch

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class LiveImage:
    """Shows the newest frame of a run in a window, or keeps it as a PNG file, and never holds up the run.

    Subscribe it to all documents: ``RE.subscribe(LiveImage("camera_image"))``. It reads and draws in a thread of its
    own: what comes while a frame is drawn waits, and only the newest of that is drawn. When a run ends, its last frame
    is drawn in any case. Only the end of a run waits for that, ``patience`` seconds at most: where a file system hangs,
    that is reported, runs go on, and later ones do not wait at all until it has come back.

    The file is replaced as a whole; who opens it gets the picture before or the new one. A window takes bluesky and
    matplotlib, and must be asked for in the main thread; there are windows where matplotlib draws with Qt
    (``%matplotlib qt`` in IPython, or ``matplotlib.use("QtAgg")``), else there is a figure that nobody sees.

    Parameters
    ----------
    field
        Data key of the images; None: the first of images.
    path
        Where the PNG file goes; a template such as ``"/data/{start[scan_id]}.png"`` makes a file for each run. A file
        of another kind is not replaced. None: there is a window.
    window
        Whether there is a window; None: where no path is given.
    stream
        Where the images are.
    interval
        Seconds from one drawing to the next, at least; more where drawing takes long, so that it takes a fifth of the
        time at most.
    patience
        Seconds that the end of a run waits for the last picture, at most.
    on_error
        What becomes of a failure: ``"report"``: it is logged and told of at the end of the run; ``"raise"``: it is
        raised with the next document, and ends the run.
    cmap
        Colours: ``"ember"``, which is what None means; ``"gray"``; or those of matplotlib, by name or as they are.
    norm
        How brightness goes from 0 to 1: a norm of matplotlib's, such as ``LogNorm()``. None: linear.
    limit_func
        Gives, of an image, what is drawn darkest and what brightest. None: nearly all pixels are between them.
    interpolation
        As matplotlib names it, in the window.
    auto_redraw
        Whether the window is drawn anew with each picture; else ``figure.canvas.draw()`` does it.
    window_title
        Of the window.
    db
        A databroker: its ``root_map``, and its handlers for specs that are not known here, are used. None is needed.
    root_map, allowed_roots, handlers
        As those of ``framestore_handlers.load``: how paths in documents become paths here, which may be opened, what
        reads further specs.

    Raises
    ------
    ModuleNotFoundError
        When a window, or the colours, take a library that is not installed; it names the command that mends it.
    ValueError
        When an argument cannot be meant.

    Examples
    --------
    >>> live = LiveImage("camera_image", path="/data/newest.png")
    >>> live.skipped
    0
    """

    def __init__(
        self,
        field: str | None = None,
        *,
        path: str | PathLike[str] | None = None,
        window: bool | None = None,
        stream: str = "primary",
        interval: float = 0.5,
        patience: float = 2.0,
        on_error: OnError = "report",
        cmap: Any = None,
        norm: Any = None,
        limit_func: Callable[[NDArray[Any]], tuple[float, float]] | None = None,
        interpolation: str | None = None,
        auto_redraw: bool = True,
        window_title: str | None = None,
        db: Any = None,
        root_map: RootMap | None = None,
        allowed_roots: Iterable[str | PathLike[str]] | None = None,
        handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        if db is not None:
            broker = Broker(db)
            root_map = broker.root_map if root_map is None else root_map
            handlers = {**broker.handlers, **(handlers or {})}
        self._choice = Choice("LiveImage", stream, field)
        self._scale = Scale(norm, limit_func)
        self._watch = Watch(
            "LiveImage",
            self._draw,
            lambda start, _: self._choice.end(start),
            every=False,
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
            title=window_title or f"LiveImage {field or ''}".rstrip(),
            failed=self._watch.failed,
            cmap=cmap,
            interpolation=interpolation,
            auto_redraw=auto_redraw,
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
        """How many events were not drawn, since others came before it was time for them."""
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
        """Have the newest frame drawn now, and wait for it, seconds at most; whether it is done."""
        return self._watch.wait(timeout)

    def _draw(self, run: Run) -> None:
        field = self._choice.of(run)
        if field is not None:
            *_, shot = shots(run[self._choice.stream], field)
            self._canvas.show(run.start, field, self._scale.picture(run.start, field, shot))
