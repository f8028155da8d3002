"""The documents of each run, in a file beside its frames; and pictures, once it has ended."""

import logging
from pathlib import Path
from typing import Any

import framestore_handlers
from bluesky.callbacks.core import make_class_safe
from bluesky.callbacks.json_writer import JSONLinesWriter
from bluesky.callbacks.mpl_plotting import QtAwareCallback
from event_model.documents import RunStart, RunStop

from framestore.callbacks.image import images_of
from framestore.callbacks.two_motors import motors_of

from .peak import find_peak
from .thumbnails import thumbnails

logger = logging.getLogger(__name__)


class Recording:
    """Runs whose documents are in a folder, one file each; `writers` is for bluesky's RunRouter.

    Parameters
    ----------
    folder
        The files are its ``scan_<scan id>.jsonl``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def last(self) -> int:
        """Scan id of the last run, 0 when there is none: a RunEngine that goes on from it overwrites nothing."""
        numbers = [path.stem.removeprefix("scan_") for path in self.folder.glob("scan_*.jsonl")]
        return max((int(number) for number in numbers if number.isdecimal()), default=0)

    def path(self, scan_id: int) -> Path:
        """File of a run's documents."""
        return self.folder / f"scan_{scan_id}.jsonl"

    def load(self, scan_id: int | None = None) -> framestore_handlers.Run:
        """Load a run, lazily; the last one, unless another is named by its scan id."""
        return framestore_handlers.load(self.path(scan_id or self.last()))

    def writers(self, _: str, start: dict[str, Any]) -> tuple[list[Any], list[Any]]:
        """What receives the documents of the run that starts."""
        return [JSONLinesWriter(str(self.folder), self.path(start["scan_id"]).name), RunPictures(self)], []


# a picture that fails is reported, and fails no run
@make_class_safe(logger=logger)  # pyright: ignore[reportUntypedClassDecorator]
class RunPictures(QtAwareCallback):
    """After a run of two motors and a camera: thumbnails, and where the peak is.

    Parameters
    ----------
    recording
        Where the run's documents are, and where the picture goes: ``scan_<scan id>.png``.
    """

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self._recording = recording
        self._scan_id = 0

    def start(self, doc: RunStart) -> None:
        """Keep the run's scan id."""
        self._scan_id = doc.get("scan_id", 0)

    def stop(self, doc: RunStop) -> None:  # noqa: ARG002 - bluesky's own signature
        """Draw, and tell."""
        run = self._recording.load(self._scan_id)
        if not _is_for_pictures(run):
            return
        print(f"thumbnails: {thumbnails(run, self._recording.path(self._scan_id).with_suffix('.png'))}")
        try:
            print(f"the spot is in the middle of the picture at {find_peak(run)}")
        except (KeyError, ValueError) as error:
            print(f"no peak: {error}")


def _is_for_pictures(run: framestore_handlers.Run) -> bool:
    """Whether two motors moved while a camera took images."""
    motors = motors_of(run.start)
    if len(motors) != 2 or "primary" not in run:
        return False
    points = run["primary"]
    return len(points) > 0 and all(motor in points for motor in motors) and bool(images_of(points))
