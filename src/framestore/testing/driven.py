"""A source that is called as framestore calls it: all calls on one thread, each bounded in time."""

import time
from types import TracebackType
from typing import Any, Self

from framestore.acquisition import exposure_time
from framestore.frame import Frame, FrameSource

from .thread import HangsError, OneThread

GRACE = 2.0
"""Seconds that any call gets beyond what it may take; the computer may be busy."""


class DrivenSource:
    """A source whose calls are made on one thread, which is not that of the test. In a ``with`` block it is started.

    Parameters
    ----------
    source
        The source.
    timeout
        Seconds that it may take to start and to stop, and for each frame beyond its exposure time.
    """

    def __init__(self, source: FrameSource, timeout: float) -> None:
        self.source = source
        """The source itself."""
        self.thread = OneThread("source under test")
        """Where all its calls are made."""
        self._timeout = timeout

    def start(self) -> None:
        """Start it."""
        self.thread.call(self.source.start, "start", self._timeout + GRACE)

    def stop(self) -> None:
        """Stop it."""
        self.thread.call(self.source.stop, "stop", self._timeout + GRACE)

    def next(self, timeout: float | None = None) -> Frame:
        """Its next frame; the array is the source's own."""
        patience = self._timeout + exposure_time(self.source) if timeout is None else timeout
        what = f"next_frame({patience:g})"
        return self.thread.call(lambda: self.source.next_frame(patience), what, patience + GRACE)

    def take(self, frames: int) -> list[Frame]:
        """So many frames, one after another, each with a copy of its array."""
        taken: list[Frame] = []
        for _ in range(frames):
            frame = self.next()
            taken.append(Frame(frame.array.copy(), frame.frame_id, frame.timestamp))
        return taken

    def form(self) -> tuple[tuple[Any, ...], Any]:
        """Shape and dtype, as it says."""
        return self.thread.call(lambda: (self.source.shape, self.source.dtype), "shape and dtype", GRACE)

    def __enter__(self) -> Self:
        """Start it."""
        try:
            self.start()
        except BaseException:
            self.thread.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it, unless it hangs; after a failure that is tried, and the failure told."""
        try:
            if not isinstance(error, HangsError):
                self.stop()
        except Exception:
            if error is None:
                raise
        finally:
            self.thread.end()


def pause(seconds: float) -> None:
    """Leave a source alone for a while: what it does then cannot be waited for, since it should do nothing."""
    time.sleep(seconds)
