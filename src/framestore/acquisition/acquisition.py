"""One staging of one camera: frames from its source into files."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from framestore.formats import Format
from framestore.frame import FrameSource

from .order import Order
from .pool import Pool
from .reader import Reader
from .statistics import Statistics
from .writer import WriterThread

_GRACE = 1.0
"""Seconds that a thread gets beyond what it may take, before it counts as stuck."""


_FRAMES_OF_A_PATIENT_SOURCE = 4
"""Frames on their way from a source that can wait: one is taken, one written, two even out their pace."""


class Acquisition:
    """Frames of a source into files, by a reader thread and a writer thread with a bounded queue between them.

    The reader thread alone touches the source, the writer thread alone the files. Each method returns at once, but
    for `start` and `close`, which wait for the threads, bounded in time.

    Parameters
    ----------
    source
        Gives the frames.
    format
        Writes them.
    camera
        Name of the camera, for messages, threads and files.
    statistics
        Names of the numbers to compute of each order.
    queue_bytes
        Most that frames on their way may take in memory.
    frame_timeout
        Seconds that the source may take to start, and for each frame.
    """

    def __init__(
        self,
        source: FrameSource,
        format: Format,  # noqa: A002 - the word of the public argument
        *,
        camera: str,
        statistics: Sequence[str] = (),
        queue_bytes: int = 256 * 2**20,
        frame_timeout: float = 10.0,
    ) -> None:
        self._source = source
        self._format = format
        self._camera = camera
        self._queue_bytes = queue_bytes
        self._frame_timeout = frame_timeout
        self._order: Order | None = None
        self._running = False
        self._statistics = Statistics(statistics, f"{camera} statistics") if statistics else None
        self._writer = WriterThread(camera, source, frame_timeout, self._statistics)
        self._reader = Reader(camera, source, frame_timeout, self._writer, self._statistics)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a frame."""
        return self._reader.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of a frame."""
        return self._reader.dtype

    @property
    def frames_written(self) -> int:
        """Frames that other processes can read, in all files of this staging."""
        return self._writer.frames_written

    @property
    def stuck(self) -> bool:
        """Whether, after `close` or a `start` that failed, the source has still not returned from a call."""
        return self._reader.alive

    def start(self) -> None:
        """Start the source, and the threads.

        Raises
        ------
        TimeoutError
            When the source does not return.
        ValueError
            When the format cannot hold its frames.
        Exception
            Whatever the source raised. Nothing is left running but a source that is stuck.
        """
        self._reader.start()
        try:
            self._format.check(self.shape, self.dtype)
        except ValueError:
            self._reader.stop(_GRACE)
            raise
        size = int(np.prod(self.shape)) * self.dtype.itemsize
        limit = _FRAMES_OF_A_PATIENT_SOURCE * size if getattr(self._source, "can_wait", False) else self._queue_bytes
        self._reader.pool = Pool(min(limit, self._queue_bytes), size)
        self._running = True
        self._writer.start()
        if self._statistics:
            self._statistics.start(self.shape, self.dtype)

    def open(self, path: Path) -> None:
        """All further orders go to a new file; that it is there already fails the next order."""
        self._writer.open(lambda: self._format.writer(path, self.shape, self.dtype, self._camera), path)

    def arm(self, order: Order) -> None:
        """Take the frames of ``order``.

        Raises
        ------
        RuntimeError
            When the order before is not complete, or the source is stuck.
        """
        if self._order is not None and not self._order.over:
            msg = f"{self._camera}: triggered while the frames of the trigger before are being taken; wait for those"
            raise RuntimeError(msg)
        self._reader.check_free()
        self._order = order
        if self._statistics:
            self._statistics.begin(order)
        self._writer.begin(order)
        self._reader.take(order)

    def cancel(self) -> None:
        """Take back the order that is not complete, if there is one: its frames leave the file, and it ends.

        Raises
        ------
        TimeoutError
            When the file system does not return.
        """
        order = self._order
        if order is None or order.over:
            return
        order.over = True
        self._writer.cancel(order)
        if not order.ended.wait(self._frame_timeout + _GRACE):
            msg = f"{self._camera}: writing has not ended within {self._frame_timeout} s; is its disk or share stuck?"
            raise TimeoutError(msg)

    def take_back(self, frames: int) -> None:
        """Take the last ``frames`` frames, of orders that are complete, out of the file again."""
        self._writer.take_back(frames)

    def close(self) -> None:
        """End the threads, stop the source, close the file; an order that is not complete is cancelled.

        Harmless when it is closed already, or `start` failed.

        Raises
        ------
        TimeoutError
            When the source is stuck in a call (it is named; its thread ends when the call returns), or the file
            system is.
        Exception
            Whatever the source raised when it stopped, or the file when it closed; all the rest is done all the same.
        """
        if not self._running:
            return
        self._running = False
        with contextlib.ExitStack() as stack:  # runs all, from the last to the first, whatever they raise
            if self._statistics:
                stack.callback(self._statistics.stop, _GRACE)
            stack.callback(self._writer.stop, self._frame_timeout + _GRACE)
            stack.callback(self._reader.stop, _GRACE)
            stack.callback(self.cancel)
