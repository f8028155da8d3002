"""The thread that alone touches the source."""

import math
import threading
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue

from framestore.frame import Frame, FrameInfo, FrameSource, SavedFrame

from .call import Call, StuckSourceError, join
from .claims import claim, release
from .combination import Combination
from .encoding import Encoding
from .errand import Errand
from .exposures import Exposures
from .order import Order
from .pool import Pool, Slot
from .statistics import Statistics
from .writer import WriterThread

_TICK = 0.1
"""Seconds between looks at the writer while nothing else is to do."""
_AS_IT_IS = Encoding(None, "")


def as_exception(error: BaseException, camera: str) -> Exception:
    """The error itself, with the camera's name as a note; an Exception also where a source raised SystemExit."""
    if not isinstance(error, Exception):
        wrapped = RuntimeError(f"{camera}: the source raised {error!r}")
        wrapped.__cause__ = error
        return wrapped
    note = f"raised by the source of camera {camera!r}"
    if note not in getattr(error, "__notes__", ()):  # the same error may be raised again and again
        error.add_note(note)
    return error


class Reader:
    """Takes frames from the source, as many as were ordered and no earlier, and hands them on.

    A source that exposes frames whether they are asked for or not, free-running or triggered from elsewhere, is asked
    all the time; what nobody ordered is skipped. While it waits, the thread watches the writer: a file system that
    hangs fails the order from here.
    """

    def __init__(
        self,
        camera: str,
        source: FrameSource,
        exposures: Exposures,
        writer: WriterThread,
        statistics: Statistics | None,
        *,
        frame_timeout: float,
        call: Call,
    ) -> None:
        self._camera = camera
        self._source = source
        self._exposures = exposures
        self._timeout = frame_timeout
        self._call = call
        self._writer = writer
        self._statistics = statistics
        self._orders: SimpleQueue[Order | Errand | None] = SimpleQueue()
        self._order: Order | None = None
        self._claimed = False
        self._started = threading.Event()
        self._error: Exception | None = None
        self._failed_idle: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"{camera} reader", daemon=True)
        self.pool: Pool
        self.encoding: Encoding
        self.copies = bool(getattr(source, "reuses_buffers", True))
        """Whether arrays are filled anew for the next frame."""
        self.next_frame: Callable[[Order], Frame | None] = exposures.next
        """Makes a frame of one or more exposures; None while no trigger comes, or as soon as the order is over."""

    @property
    def alive(self) -> bool:
        """Whether the thread runs: the source has not been stopped yet."""
        return self._thread.is_alive()

    def claim(self) -> None:
        """Take hold of the source, until it has been stopped; RuntimeError when another camera has it."""
        claim(self._source, self._camera)
        self._claimed = True

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

    def combine(self, combination: Combination) -> None:
        """Have each frame made of several exposures."""

        def combined(order: Order) -> Frame | None:
            return combination.frame(partial(self._exposures.next, order), partial(self._further, order))

        self.copies = True
        self.next_frame = combined

    def check_free(self) -> None:
        """Refuse an order while the source is stuck in the one before."""
        if self._call.left() < 0:
            raise RuntimeError(self._stuck("next_frame"))

    def take(self, order: Order | Errand) -> None:
        """Take the frames of an order, or run an errand."""
        self._orders.put(order)

    def end(self, wait: float) -> None:
        """Let the thread end, when the source returns, and stop the source; wait up to ``wait`` seconds for it."""
        self._orders.put(None)
        join(self._thread, wait)
        if self._claimed and self._thread.ident is None:
            release(self._source)

    def stop(self, grace: float) -> None:
        """End the thread and, on it, stop the source; wait for both.

        Raises
        ------
        StuckSourceError
            When the source has not returned, ``grace`` seconds after the time that its call may take.
        Exception
            Whatever the source raised when it stopped.
        """
        left = self._call.left()
        self.end((self._timeout if math.isinf(left) else max(left, 0)) + grace)
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
            with self._call.within(self._timeout):
                self._source.start()
            self._exposures.prepare()
            self._started.set()
            while (order := self._next_order()) is not None:
                self._order = order
                self._take(order)
        except BaseException as error:  # noqa: BLE001 - raised by start, or by stop
            self._error = as_exception(error, self._camera)
        finally:
            self._stop_source()
            self._started.set()

    def _stop_source(self) -> None:
        try:
            with self._call.within(self._timeout):
                self._source.stop()
        except BaseException as error:  # noqa: BLE001 - raised by stop
            self._error = self._error or as_exception(error, self._camera)
        finally:
            release(self._source)

    def _next_order(self) -> Order | None:
        """Wait for an order."""
        came = True
        while True:
            skipping = self._exposures.unasked and self._failed_idle is None
            try:  # a source that has nothing, and says so at once, is not asked on and on
                order = self._orders.get_nowait() if skipping and came else self._orders.get(timeout=_TICK)
                if not isinstance(order, Errand):
                    return order
                self._run_errand(order)
                continue
            except Empty:
                self._writer.watch(self._order)
            if skipping:
                came = self._skip()

    def _skip(self) -> bool:
        """Let a frame pass that nobody wants; whether to ask for the next at once."""
        try:
            return self._exposures.skip()
        except BaseException as error:  # noqa: BLE001 - fails the next order
            self._failed_idle = error
            return False

    def _run_errand(self, errand: Errand) -> None:
        with self._call.within(self._timeout):
            errand.run(self._exposures.note_settings)

    def _take(self, order: Order) -> None:
        taken = 0
        while not (order.over or order.is_enough(taken)):
            if order.held and order.is_between_points(taken):
                self._hold(order)
            elif self._take_frame(order, taken):
                taken += 1
        if order.finishing and order.is_enough(taken):
            order.frames = taken
            self._writer.finish(order)

    def _take_frame(self, order: Order, taken: int) -> bool:
        """Take a frame, after so many, and hand it on; whether there was one: the order may be over instead."""
        self._writer.watch(order)
        slot = self._slot(order)
        if slot is None:
            return False
        statistics = self._statistics if order.wants_numbers else None
        try:
            frame = self._frame(order)
            if frame is None:
                self.pool.give(slot)
                return False
            # A source is asked again within the order, or at once: else its array stays valid until all is written.
            copy = self.copies and (taken + 1 != order.frames or self._exposures.unasked)
            slot.hold(frame.array, holders=2 if statistics else 1, copy=copy)
            self._encode(slot, frame)
        except BaseException as error:  # noqa: BLE001 - ends the order, and with it the Status
            self.pool.give(slot)
            if not (isinstance(error, TimeoutError) and order.is_enough(taken)):  # else none was needed any more
                order.over = True
                self._writer.fail(order, as_exception(error, self._camera))
            return False
        self._writer.append(order, slot, frame)
        if statistics:
            statistics.put(order, slot)
        return True

    def _encode(self, slot: Slot, frame: Frame) -> None:
        """Have the content of a frame made, unless it stands in a file already."""
        seconds = self._exposures.exposure_time_asked
        info = FrameInfo(frame_id=int(frame.frame_id), timestamp=float(frame.timestamp), exposure_time=seconds)
        slot.encode(info, _AS_IT_IS if isinstance(frame, SavedFrame) else self.encoding)

    def _hold(self, order: Order) -> None:
        """Wait until an order goes on, or is over; what a source exposes unasked meanwhile is skipped."""
        came = False
        while order.held and not order.over:
            skipping = self._exposures.unasked and self._failed_idle is None
            if not (skipping and came):
                order.wait_to_go_on(_TICK)
                self._writer.watch(order)
            came = skipping and order.held and self._skip()
        self._exposures.begin_anew()

    def _further(self, order: Order) -> Frame | None:
        """The next exposure of a frame that has been begun; None as soon as the order is over."""
        exposure = None
        while exposure is None and not order.over:
            self._writer.watch(order)
            exposure = self._exposures.next(order)
        return exposure

    def _slot(self, order: Order) -> Slot | None:
        """A place for a frame; None as soon as the order is over."""
        while not order.over:
            slot = self.pool.take(_TICK)  # waits while the queue is full
            if slot is not None:
                return slot
            self._writer.watch(order)
        return None

    def _frame(self, order: Order) -> Frame | None:
        failed, self._failed_idle = self._failed_idle, None
        if failed is not None:
            raise failed
        return self.next_frame(order)
