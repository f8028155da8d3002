"""One staging of one camera: frames from its source into files."""

import atexit
import contextlib
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from framestore.formats import Contents, Format, check_holds
from framestore.frame import FrameSource
from framestore.roi import ROI

from .call import Call
from .combination import Combination
from .encoding import Encoding
from .errand import Errand
from .exposures import Exposures
from .order import Order
from .pixel_size import pixel_size
from .placing import Placing
from .pool import pool_for
from .reader import Reader
from .saved import SavedFrames
from .statistics import Statistics
from .writer import WriterThread

_GRACE = 1.0
"""Seconds that a thread gets beyond what it may take, before it counts as stuck."""


class Acquisition:
    """Frames of a source into files, by a reader thread and a writer thread with a bounded queue between them.

    The reader thread alone touches the source, the writer thread alone the files. Each method returns at once, but
    for `start` and `close`, which wait for the threads, bounded in time.

    Parameters
    ----------
    source
        Gives the frames; see `frames_of` for one that saves them itself.
    format
        Writes them.
    camera
        Name of the camera, for messages, threads and files.
    statistics, rois
        Names of the numbers to compute of each order; regions by name, which have them as ``"<roi>_<statistic>"``.
    queue_bytes
        Most that frames on their way may take in memory.
    frame_timeout
        Seconds that the source may take to start, and for each exposure beyond its exposure time; and that the file
        system may take for each frame.
    frames_per_point
        Frames in an event.
    exposures_per_frame
        Exposures that are combined into each frame.
    combination
        How: one of `COMBINATIONS`.
    on_dropped
        ``"fail"``: frames that the source lost fail the order. ``"record"``: they are counted.
    """

    def __init__(
        self,
        source: FrameSource,
        format: Format,  # noqa: A002 - the word of the public argument
        *,
        camera: str,
        statistics: Sequence[str] = (),
        rois: Mapping[str, ROI] | None = None,
        queue_bytes: int = 256 * 2**20,
        frame_timeout: float = 10.0,
        frames_per_point: int = 1,
        exposures_per_frame: int = 1,
        combination: str = "mean",
        on_dropped: str = "fail",
    ) -> None:
        self._source = source
        self._format = format
        self._camera = camera
        self._queue_bytes = queue_bytes
        self.frame_timeout = frame_timeout
        """Seconds that the source, and the file system, may take for a frame."""
        self._frames_per_point = frames_per_point
        self._exposures_per_frame = exposures_per_frame
        self._combination = combination
        self._dtype: np.dtype[Any] = np.dtype("V")
        self.placing: Placing
        """Makes files, and moves frames; there is one from `start` on."""
        self._encoding = Encoding(None, camera)
        self._order: Order | None = None
        self.running = False
        """Whether it takes orders: from `start` to `close`."""
        self._lock = threading.Lock()  # between those who arm and those who cancel: once a point, never in a frame
        call = Call()
        self._statistics = Statistics(statistics, camera, rois) if statistics else None
        self._writer = WriterThread(camera, source, frame_timeout, call, self._statistics)
        self.exposures = Exposures(source, camera=camera, frame_timeout=frame_timeout, call=call, on_dropped=on_dropped)
        """What the source is asked for; the reader's own, but for looking at its numbers."""
        self._reader = Reader(
            camera, source, self.exposures, self._writer, self._statistics, frame_timeout=frame_timeout, call=call
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a frame."""
        return self.exposures.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of a frame."""
        return self._dtype

    @property
    def frames_written(self) -> int:
        """Frames that other processes can read, in all files of this staging."""
        return self._writer.files.frames_written

    @property
    def frames_dropped(self) -> int:
        """Exposures of this staging that were lost while they were wanted."""
        return self.exposures.dropped

    @property
    def frames_skipped(self) -> int:
        """Exposures that a source made unasked and nobody wanted, or that began before they were wanted."""
        return self.exposures.skipped

    def patience(self, frames: int) -> float:
        """Seconds that an order of so many frames may take, and their file."""
        return self.exposures.patience(frames * self._exposures_per_frame) + self.frame_timeout + _GRACE

    @property
    def stuck(self) -> bool:
        """Whether, after `close` or a `start` that failed, the source or the file system has still not returned."""
        return self._reader.alive or self._writer.alive

    def start(self) -> None:
        """Start the source, and the threads.

        Raises
        ------
        StuckSourceError
            When the source does not return; a TimeoutError.
        ValueError
            When the format cannot hold its frames, no statistics can be computed of them, or a ROI leaves them.
        RuntimeError
            When another camera that is staged uses the source.
        Exception
            Whatever the source raised. Nothing is left running but a source that is stuck.
        """
        try:
            self._reader.claim()
            self._reader.start()
            self._combine_exposures()
            saved = isinstance(self._source, SavedFrames)
            check_holds(self._format, self.shape, self.dtype, self._camera, saved=saved)
            self._prepare_frames()
            if self._statistics:
                self._statistics.prepare(self.shape, self.dtype)
                self._statistics.start()
            self._writer.start()
            # A thread that the interpreter freezes inside HDF5 at its exit would keep it from exiting.
            atexit.register(self.close)
            self.running = True
        except BaseException:
            atexit.unregister(self.close)
            self._reader.end(_GRACE)
            self._writer.stop(_GRACE)
            self._encoding.stop()
            if self._statistics:
                self._statistics.stop(_GRACE)
            raise

    def open(self, path: Path, create_dir_depth: int = 0, *, vital: bool = True) -> "Future[None]":
        """All further orders go to a new file, or series of files; see `Placing.open`."""
        return self.placing.open(path, create_dir_depth, vital=vital)

    def check_ready(self, what: str = "triggered") -> None:
        """Refuse an order that could not be taken now, or ``what`` else was to be done.

        That is a RuntimeError, when the order before has not ended, the source is stuck, or all has been closed.
        """
        if not self.running:
            msg = f"{self._camera}: {what} after it was unstaged; stage it again"
            raise RuntimeError(msg)
        if self._order is not None and not self._order.settled:
            doing = "taken back; is the disk or share stuck?" if self._order.over else "being taken; wait for those"
            doing = f"the frames of the trigger before are {doing}"
            if not (self._order.over or self._order.wants_numbers):  # only events have numbers
                doing = "a fly scan is under way; have the plan complete it first"
            msg = f"{self._camera}: {what} while {doing}"
            raise RuntimeError(msg)
        self._reader.check_free()

    def arm(self, order: Order) -> None:
        """Take the frames of ``order``; RuntimeError as `check_ready`."""
        with self._lock:
            self.check_ready()
            self._order = order
            if self._statistics and order.wants_numbers:
                self._statistics.begin(order)
            self._writer.begin(order)
            self._reader.take(order)

    def do(self, errand: Errand, what: str | None = None) -> None:
        """Have the source's thread do something before further orders, at its start or (``what``) as `check_ready`."""
        with self._lock:
            if what is not None:
                self.check_ready(what)
            self._reader.take(errand)

    def cancel(self, error: Exception | None = None) -> None:
        """Take back the order that is not complete, if there is one: its frames leave the file, and it ends.

        Called in a callback of an order, it does not wait for that end.

        Parameters
        ----------
        error
            With which it ends.

        Raises
        ------
        TimeoutError
            When the file system does not return.
        """
        with self._lock:
            order = self._order
            if order is None or order.settled:
                return
            order.over = True
            self._writer.cancel(order, error)
        timeout = self.frame_timeout + _GRACE
        if not self._writer.is_current_thread and not order.ended.wait(timeout):
            raise self._writer.stuck(timeout)

    def check_thread(self) -> None:
        """Refuse to be closed by a callback of an order: it runs on a thread that would have to end; RuntimeError."""
        if self._writer.is_current_thread:
            msg = f"{self._camera}: unstaged by a callback of its own point; do it on another thread, as plans do"
            raise RuntimeError(msg)

    def close(self) -> None:
        """End the threads, stop the source, close the file; an order that is not complete is cancelled.

        Harmless when it is closed already, or `start` failed.

        Raises
        ------
        RuntimeError, StuckSourceError, TimeoutError
            As `check_thread`; when the source, or the file system, is stuck: its thread ends when the call returns.
        Exception
            Whatever the source raised when it stopped, or the file when it closed; all the rest is done.
        """
        self.check_thread()
        with self._lock:
            running, self.running = self.running, False
        if not (running or self.stuck):  # what an interrupted call left behind is ended by the next
            return
        atexit.unregister(self.close)
        with contextlib.ExitStack() as stack:  # runs all, from the last to the first, whatever they raise
            if self._statistics:
                stack.callback(self._statistics.stop, _GRACE)
            stack.callback(self._encoding.stop)
            try:
                self.cancel()
            except TimeoutError:  # the file system still reads what the source may free when it is stopped
                self._writer.stop_later(partial(self._reader.end, _GRACE))
                raise
            stack.callback(self._writer.stop, self.frame_timeout + _GRACE)
            stack.callback(self._reader.stop, _GRACE)

    def _combine_exposures(self) -> None:
        """Find out what the source's exposures make."""
        self._dtype = self.exposures.dtype
        if self._exposures_per_frame > 1:
            combination = Combination(self._exposures_per_frame, self._combination, self.shape, self._dtype)
            self._dtype = combination.dtype
            self._reader.combine(combination)

    def _prepare_frames(self) -> None:
        """Get ready for frames of that shape and dtype."""
        contents = Contents(
            shape=self.shape,
            dtype=self._dtype,
            camera=self._camera,
            frames_per_point=self._frames_per_point,
            pixel_size=pixel_size(self._source),
        )
        self.placing = Placing(self._writer, source=self._source, format=self._format, contents=contents)
        self._encoding = Encoding(self._format.encoder(self.shape, self._dtype), self._camera)
        self._reader.encoding = self._encoding
        self._reader.pool = pool_for(self._source, self._queue_bytes, self.shape, self._dtype, self._encoding)
