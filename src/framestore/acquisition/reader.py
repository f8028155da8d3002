"""The thread that alone touches the source."""

import threading
from queue import SimpleQueue
from typing import Any

import numpy as np

from framestore.frame import Frame, FrameError, FrameSource

from .call import Call, StuckSourceError
from .claims import claim, release
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
        *,
        frame_timeout: float,
        call: Call,
        writer: WriterThread,
        statistics: Statistics | None,
    ) -> None:
        self._camera = camera
        self._source = source
        self._timeout = frame_timeout
        self._call = call
        self._writer = writer
        self._statistics = statistics
        self._holders = 2 if statistics else 1
        self._copies = getattr(source, "reuses_buffers", True)
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self._started = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"{camera} reader", daemon=True)
        self.shape: tuple[int, ...] = ()
        self.dtype: np.dtype[Any] = np.dtype("V")
        self.pool: Pool

    @property
    def alive(self) -> bool:
        """Whether the thread runs: the source has not been stopped yet."""
        return self._thread.is_alive()

    def claim(self) -> None:
        """Take hold of the source, until it has been stopped; RuntimeError when another camera has it."""
        claim(self._source, self._camera)

    def start(self) -> None:
        """Start the thread, and the source on it; wait for both.

        Raises
        ------
        StuckSourceError
            When the source does not return.
        Exception
            Whatever the source raised.
        """
        self._thread.start()
        if not self._started.wait(self._timeout):
            raise StuckSourceError(self._stuck("start"))
        if self._error is not None:
            raise self._error

    def check_free(self) -> None:
        """Refuse an order while the source is stuck in the one before."""
        if self._call.seconds() > self._timeout:
            raise RuntimeError(self._stuck("next_frame"))

    def take(self, order: Order) -> None:
        """Take the frames of an order."""
        self._orders.put(order)

    def end(self, wait: float) -> None:
        """Let the thread end, when the source returns, and stop the source; wait up to ``wait`` seconds for it."""
        self._orders.put(None)
        self._thread.join(wait)

    def stop(self, grace: float) -> None:
        """End the thread and, on it, stop the source; wait for both.

        Raises
        ------
        StuckSourceError
            When the source has not returned, ``grace`` seconds after the time that a frame may take.
        Exception
            Whatever the source raised when it stopped.
        """
        self.end(max(self._timeout - self._call.seconds(), 0) + grace)
        if self._thread.is_alive():
            raise StuckSourceError(self._stuck("next_frame or stop"))
        if self._error is not None:
            raise self._error

    def _stuck(self, call: str) -> str:
        return (
            f"{self._camera}: the source {self._source!r} has not returned from {call} within {self._timeout:g} s; "
            "the camera can be staged again once it has"
        )

    def _run(self) -> None:
        try:
            with self._call:
                self._source.start()
            self.shape, self.dtype = tuple(self._source.shape), np.dtype(self._source.dtype)
            self._started.set()
            while (order := self._orders.get()) is not None:
                self._take(order)
        except BaseException as error:  # noqa: BLE001 - raised by start, or by stop
            self._error = as_exception(error, self._camera)
        finally:
            self._stop_source()
            self._started.set()

    def _stop_source(self) -> None:
        try:
            with self._call:
                self._source.stop()
        except BaseException as error:  # noqa: BLE001 - raised by stop
            self._error = self._error or as_exception(error, self._camera)
        finally:
            release(self._source)

    def _take(self, order: Order) -> None:
        for left in range(order.frames, 0, -1):
            slot = self.pool.take()  # waits while the queue is full
            try:
                frame = None if order.over else self._next()
                if frame is None or order.over:  # a late frame
                    if frame is not None:
                        frame.discard()
                    return self.pool.give(slot)
                # The source is asked again only within an order: the last array stays valid until all is written.
                slot.hold(frame.array, holders=self._holders, copy=self._copies and left > 1)
            except BaseException as error:  # noqa: BLE001 - ends the order, and with it the Status
                self.pool.give(slot)
                return self._writer.fail(order, as_exception(error, self._camera))
            self._writer.append(order, slot, frame)
            if self._statistics:
                self._statistics.put(order, slot)
        return None

    def _next(self) -> Frame:
        with self._call:
            frame = self._source.next_frame(self._timeout)
        if frame.array.shape != self.shape or frame.array.dtype != self.dtype:
            msg = (
                f"{self._camera}: frame {frame.frame_id} of {self._source!r} has shape {frame.array.shape} and dtype "
                f"{frame.array.dtype}, expected {self.shape} and {self.dtype}; stage the camera again if it was "
                "changed on purpose"
            )
            raise FrameError(msg)
        return frame
