"""Which data key is drawn of a run."""

import logging
from typing import Any

from framestore_handlers import Run

from .failures import run_named
from .image import images_of

logger = logging.getLogger("framestore")


class Choice:
    """The data key of images that was asked for, or else the first; it tells when a run had only others.

    Parameters
    ----------
    callback
        Who asks, for messages.
    stream
        Where the images are.
    field
        Name of the data key; None: the first of images.
    """

    def __init__(self, callback: str, stream: str, field: str | None) -> None:
        self._callback = callback
        self.stream = stream
        self.field = field
        self._others: dict[str, list[str]] = {}

    def of(self, run: Run) -> str | None:
        """The data key that is drawn of a run; None where it has nothing of it."""
        if self.stream not in run or not len(run[self.stream]):
            return None
        stream = run[self.stream]
        if self.field is not None and self.field in stream:
            return self.field
        images = images_of(stream)
        if self.field is None:
            return next(iter(images), None)
        if images:
            self._others[run.start["uid"]] = images
        return None

    def end(self, start: dict[str, Any]) -> None:
        """A run has ended: it is logged where there were images, and none of that name."""
        images = self._others.pop(start["uid"], [])
        if images:
            msg = "%s, %s: stream %r has no image %r, so nothing was drawn; it has: %s"
            logger.warning(msg, self._callback, run_named(start), self.stream, self.field, ", ".join(images))
