"""An acquisition of mock mode: it takes no frames."""

from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from framestore.acquisition import Errand, Order
from framestore.frame import FrameSource


class MockAcquisition:
    """What a `framestore.acquisition.Acquisition` is to a staging, without source, threads and files.

    Each order is complete at once; one that goes on until it is finished has one point.

    Parameters
    ----------
    source
        Asked for nothing but the shape and dtype of its frames; where it does not know them, they are one pixel.
    frame_timeout
        Seconds.
    frames_per_point
        Frames in an event.
    """

    stuck = False
    frames_dropped = 0

    def __init__(self, source: FrameSource, *, frame_timeout: float, frames_per_point: int) -> None:
        self.shape: tuple[int, ...] = (1, 1)
        self.dtype = np.dtype("uint16")
        with suppress(Exception):  # a camera that has to be opened for that, and is not there
            if tuple(source.shape):
                self.shape, self.dtype = tuple(source.shape), np.dtype(source.dtype)
        self.frame_timeout = frame_timeout
        self.running = False
        self.frames_written = 0
        self.placing = MockPlacing(self)
        self.exposures = SimpleNamespace(exposure_time=0.0, trigger_mode="internal")
        self._frames_per_point = frames_per_point

    def start(self) -> None:
        """Begin."""
        self.running = True

    def patience(self, frames: int) -> float:
        """Seconds that so many frames may take."""
        return self.frame_timeout * frames

    def check_ready(self, what: str = "triggered") -> None:
        """Do nothing: there never is an order under way."""

    def do(self, errand: Errand) -> None:
        """Leave it: it is about the source."""
        errand.done.set_result(None)

    def check_thread(self) -> None:
        """Do nothing: there are no threads."""

    def arm(self, order: Order) -> None:
        """Complete an order; the numbers of an event stay what they are, such as what a test has set."""
        frames = order.frames or self._frames_per_point
        order.note_part(0)
        order.appended = order.readable = frames
        self.frames_written += frames
        order.on_written(frames)
        order.settled = True
        order.cancelled = not order.accept()
        order.on_end(None)
        order.ended.set()

    def cancel(self, error: Exception | None = None) -> None:
        """Do nothing: all orders are complete."""

    def close(self) -> None:
        """End."""
        self.running = False


class MockPlacing:
    """What a `framestore.acquisition.Placing` is to a destination, without files.

    Parameters
    ----------
    acquisition
        Counts frames.
    """

    part = 0

    def __init__(self, acquisition: MockAcquisition) -> None:
        self._acquisition = acquisition

    def check_folder(self, folder: Path, create_dir_depth: int, frames: int) -> None:
        """Do nothing."""

    def open(self, path: Path, create_dir_depth: int, *, vital: bool) -> "Future[None]":
        """Be done at once."""
        del path, create_dir_depth, vital
        made: Future[None] = Future()
        made.set_result(None)
        return made

    def move(self, first: int, path: Path, create_dir_depth: int) -> None:
        """Do nothing."""

    def split(self, order: Order, most: int | None) -> None:
        """Do nothing."""

    def take_back(self, frames: int, part: int | None = None) -> None:
        """Count them no more."""
        del part
        self._acquisition.frames_written -= frames

    def remove(self, first: int, frames: int) -> None:
        """Count them no more."""
        del first
        self._acquisition.frames_written -= frames
