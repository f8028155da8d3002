"""The thread that alone touches the source."""

import threading
import time
from queue import SimpleQueue
from typing import Any

import numpy as np

from framestore.frame import Frame, FrameError, FrameSource

from .order import Order
from .pool import Pool
from .statistics import Statistics
from .writer import WriterThread


def as_exception(error: BaseException, camera: str) -> Exception:
    """The error itself, with the camera's name as a note; an Exception also where a source raised SystemExit."""
    if not isinstance(error, Exception):
        wrapped = RuntimeError(f"{camera}: the source raised {error!r}")
        wrapped.__cause__ = error
        return wrapped
    error.add_note(f"raised by the source of camera {camera!r}")
    return error


class Reader:
    """Takes frames from the source, as many as were ordered and no earlier, and hands them on."""

    def __init__(
        self,
        camera: str,
        source: FrameSource,
        frame_timeout: float,
        writer: WriterThread,
        statistics: Statistics | None,
    ) -> None:
        self._camera = camera
        self._source = source
        self._timeout = frame_timeout
        self._writer = writer
        self._statistics = statistics
        self._holders = 2 if statistics else 1
        self._copies = getattr(source, "reuses_buffers", True)
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self._started = threading.Event()
        self._error: Exception | None = None
        self._entered: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"{camera} reader", daemon=True)
        self.shape: tuple[int, ...] = ()
        self.dtype: np.dtype[Any] = np.dtype("V")
        self.pool: Pool

    @property
    def alive(self) -> bool:
        """Whether the thread runs: the source has not been stopped yet."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread, and the source on it; wait for both.

        Raises
        ------
        TimeoutError
            When the source does not return.
        Exception
            Whatever the source raised.
        """
        self._thread.start()
        if not self._started.wait(self._timeout):
            self._orders.put(None)
            raise TimeoutError(self._stuck_message("start"))
        if self._error is not None:
            raise self._error

    def check_free(self) -> None:
        """Refuse an order while the source is stuck in the one before."""
        if self._seconds_inside() > self._timeout:
            raise RuntimeError(self._stuck_message("next_frame"))

    def take(self, order: Order) -> None:
        """Take the frames of an order."""
        self._orders.put(order)

    def stop(self, grace: float) -> None:
        """End the thread and, on it, stop the source.

        Raises
        ------
        TimeoutError
            When the source has not returned, ``grace`` seconds after the time that a frame may take.
        Exception
            Whatever the source raised when it stopped.
        """
        self._orders.put(None)
        self._thread.join(max(self._timeout - self._seconds_inside(), 0) + grace)
        if self._thread.is_alive():
            raise TimeoutError(self._stuck_message("next_frame or stop"))
        if self._error is not None:
            raise self._error

    def _seconds_inside(self) -> float:
        """For how long the source has been inside a call."""
        entered = self._entered
        return 0.0 if entered is None else time.monotonic() - entered

    def _stuck_message(self, call: str) -> str:
        return (
            f"{self._camera}: the source {self._source!r} has not returned from {call} within {self._timeout} s; "
            "the camera can be staged again once it has"
        )

    def _run(self) -> None:
        try:
            self._entered = time.monotonic()
            self._source.start()
            self._entered = None
            self.shape, self.dtype = tuple(self._source.shape), np.dtype(self._source.dtype)
            self._started.set()
            while (order := self._orders.get()) is not None:
                self._take(order)
        except BaseException as error:  # noqa: BLE001 - raised by wait_started
            self._error = as_exception(error, self._camera)
        finally:
            self._stop_source()
            self._started.set()

    def _stop_source(self) -> None:
        try:
            self._entered = time.monotonic()
            self._source.stop()
        except BaseException as error:  # noqa: BLE001 - raised by stop
            self._error = self._error or as_exception(error, self._camera)
        finally:
            self._entered = None

    def _take(self, order: Order) -> None:
        for left in range(order.frames, 0, -1):
            slot = self.pool.take()  # waits while the queue is full
            if order.over:
                return self.pool.give(slot)
            try:
                frame = self._next()
            except BaseException as error:  # noqa: BLE001 - ends the order, and with it the Status
                self.pool.give(slot)
                return self._writer.fail(order, as_exception(error, self._camera))
            if order.over:  # a late frame
                return self.pool.give(slot)
            # The source is asked again only within an order: the last frame's array stays valid until all is written.
            slot.hold(frame.array, holders=self._holders, copy=self._copies and left > 1)
            self._writer.append(order, slot, frame)
            if self._statistics:
                self._statistics.put(order, slot)
        return None

    def _next(self) -> Frame:
        self._entered = time.monotonic()
        try:
            frame = self._source.next_frame(self._timeout)
        finally:
            self._entered = None
        if frame.array.shape != self.shape or frame.array.dtype != self.dtype:
            msg = (
                f"{self._camera}: frame {frame.frame_id} of {self._source!r} has shape {frame.array.shape} and dtype "
                f"{frame.array.dtype}, expected {self.shape} and {self.dtype}; stage the camera again if it was "
                "changed on purpose"
            )
            raise FrameError(msg)
        return frame
