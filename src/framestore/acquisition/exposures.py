"""The exposures of a source, one after another: each is what was announced, and none is missing unnoticed."""

import contextlib
import math
import time
from typing import Any

import numpy as np

from framestore.frame import Frame, FrameError, FrameSource, IncompleteFrameError, LostFramesError

from .call import Call
from .claims import hardware
from .exposure_time import as_seconds, exposure_time
from .ids import FrameIds
from .order import Order
from .trigger_mode import trigger_mode

_GLANCE = 0.02
"""Seconds for which a source is asked at once for what a trigger from elsewhere begins: those who want something else
of its thread wait so long."""


class Exposures:
    """What the reader thread asks a source for.

    Parameters
    ----------
    source
        Gives them.
    camera
        Name of the camera, for messages.
    frame_timeout
        Seconds that an exposure may take beyond the source's exposure time.
    call
        Entered while the source is called.
    on_dropped
        ``"fail"``: an exposure that is missing is an error. ``"record"``: it is counted, and the next one is taken.
    """

    def __init__(
        self, source: FrameSource, *, camera: str, frame_timeout: float, call: Call, on_dropped: str = "fail"
    ) -> None:
        self._source = source
        self._hardware = hardware(source)
        self._noted = 0.0
        self._camera = camera
        self._timeout = frame_timeout
        self._call = call
        self._record = on_dropped == "record"
        self._ids = FrameIds()
        self._order: Order | None = None
        self._fresh = True
        self._passed = False
        self._unnumbered = 0
        self._passing: Frame | IncompleteFrameError | None = None
        self._arrived = 0.0
        self._hardware_time = bool(getattr(source, "hardware_time", False))
        self.free_running = bool(getattr(source, "free_running", False))
        """Whether the source exposes frames on and on, where nothing else triggers it."""
        self.trigger_mode = "internal"
        """What begins an exposure, one of `framestore.setting.TRIGGER_MODES`, as the source said last."""
        self.shape: tuple[int, ...] = ()
        """Of an exposure."""
        self.dtype: np.dtype[Any] = np.dtype("V")
        """Of an exposure."""
        self.exposure_time_asked = 0.0
        """How long the exposure takes that was asked for last, seconds."""
        self.skipped = 0
        """Exposures that nobody wanted."""
        self.dropped = 0
        """Exposures that were lost while they were wanted."""

    @property
    def triggered(self) -> bool:
        """Whether triggers from elsewhere begin the exposures: nobody knows when."""
        return self.trigger_mode != "internal"

    @property
    def unasked(self) -> bool:
        """Whether the source exposes frames whether they are asked for or not."""
        return self.free_running or self.triggered

    @property
    def exposure_time(self) -> float:
        """How long one takes now, seconds, as the source said last; ValueError when it is no such number."""
        return as_seconds(self._source, getattr(self._hardware, "exposure_time", self._noted))

    def patience(self, exposures: int) -> float:
        """Seconds that so many may take: one that has begun before, and these, each of which may be late.

        Of those that wait for a trigger from elsewhere, it says how long they may take after that.
        """
        return self.exposure_time + exposures * (self.exposure_time + self._timeout)

    def prepare(self) -> None:
        """Note the shape and the dtype of the source, which was started."""
        self.shape, self.dtype = tuple(self._source.shape), np.dtype(self._source.dtype)
        self.note_settings()

    def note_settings(self) -> None:
        """The source has been started, or set to something else: it may number its frames anew."""
        self._ids.forget()
        self.trigger_mode = trigger_mode(self._source)
        if not hasattr(self._hardware, "exposure_time"):
            self._noted = exposure_time(self._hardware)

    def begin_anew(self) -> None:
        """Take the order that goes on now for a new one: what the source exposed while it was held was not lost."""
        self._order = None

    def skip(self) -> bool:
        """Let an exposure pass that nobody wants, unless an order comes meanwhile. Whether to ask again at once."""
        self._skip_passing()
        with contextlib.suppress(TimeoutError):
            self._passing = self._ask()
        return self.triggered or self._passing is not None

    def next(self, order: Order) -> Frame | None:
        """Return the next exposure of ``order``; None as soon as the order is over.

        Where triggers from elsewhere begin the exposures, None also when there has been none for a short time.

        Raises
        ------
        FrameError
            When it is not of the announced shape and dtype.
        LostFramesError, IncompleteFrameError
            When exposures are missing, unless they are only to be counted.
        Exception
            Whatever the source raised.
        """
        if order is not self._order:
            self._begin(order)
        while not order.over:
            try:
                came, self._passing = self._passing or self._ask(), None
            except BaseException as error:
                if self.triggered and isinstance(error, TimeoutError):
                    return None  # a trigger comes when it comes
                self._ids.forget()  # what the camera did meanwhile is told by that error
                raise
            if order.over and self.unasked:
                self._passing = came  # the order that comes next may have been there before it
            elif isinstance(came, IncompleteFrameError):
                self._note_incomplete(came, order)
            elif self._began_before(came, order):
                self._skip(came)
            elif self._is_next(came, order):
                return came
            else:
                came.discard()
        return None

    def _skip(self, frame: Frame) -> None:
        self.skipped += 1
        frame.discard()

    def _skip_passing(self) -> None:
        if isinstance(self._passing, Frame):
            self._skip(self._passing)
        self._passing = None

    def _note_incomplete(self, error: IncompleteFrameError, order: Order) -> None:
        """Count an exposure that arrived incomplete, unless it may have begun before the order was given."""
        if self._fresh or (self.triggered and self._arrived_since(order)):
            self._lose(order, 1 + self._before(error.frame_id), error)

    def _begin(self, order: Order) -> None:
        self._order = order
        self._fresh = not self.unasked
        if self.unasked:  # what nobody wanted in between was not lost
            self._passed = False
            self._ids.forget()
        else:  # begun by a trigger, before the source was set to wait for none
            self._skip_passing()

    def _ask(self) -> Frame | IncompleteFrameError:
        try:
            return self._ask_briefly() if self.triggered else self._ask_patiently()
        except IncompleteFrameError as error:
            return error
        finally:
            self._arrived = time.time()

    def _ask_patiently(self) -> Frame:
        self.exposure_time_asked = self.exposure_time
        patience = self._timeout + self.exposure_time_asked
        with self._call.within(patience):
            return self._source.next_frame(patience)

    def _ask_briefly(self) -> Frame:
        """Ask for what a trigger begins that may be long in coming: other threads must be heard meanwhile."""
        self.exposure_time_asked = self._shortest
        until = time.monotonic() + _GLANCE
        try:
            with self._call.within(self._timeout + _GLANCE):
                return self._source.next_frame(_GLANCE)
        except TimeoutError:
            time.sleep(max(until - time.monotonic(), 0))  # one that says so at once is not asked on and on
            raise

    @property
    def _shortest(self) -> float:
        """How long an exposure that a trigger begins takes at least, seconds; 0 where the trigger says it."""
        return self.exposure_time if self.trigger_mode == "external_edge" else 0.0

    def _arrived_since(self, order: Order) -> bool:
        """Whether what arrived last may have been triggered after the order was given."""
        return self._arrived >= order.began + self._shortest

    def _is_next(self, frame: Frame, order: Order) -> bool:
        """Whether a frame is one to take; one that comes too late is not, but was not lost on the way either."""
        last = self._ids.last
        gap = self._ids.missing(frame.frame_id)
        if order.over:
            return False
        self._check(frame)
        unnumbered, self._unnumbered = self._unnumbered, 0
        if gap:
            gap = max(gap - unnumbered, 0)  # those have been told
        if gap is None:
            self._lose(order, 1, LostFramesError(f"frame {frame.frame_id} came again, or out of order, after {last}"))
        elif gap:
            lost = "a frame" if gap == 1 else f"{gap} frames"
            self._lose(order, gap, LostFramesError(f"{lost} between frames {last} and {frame.frame_id} did not arrive"))
        return gap is not None

    def _before(self, frame_id: int | None) -> int:
        """How many exposures are missing before one that is incomplete."""
        if frame_id is None:
            self._unnumbered += 1
            return 0
        return self._ids.missing(frame_id) or 0

    def _check(self, frame: Frame) -> None:
        if not (abs(frame.frame_id) < 2**63 and math.isfinite(frame.timestamp)):
            msg = (
                f"{self._camera}: a frame of {self._source!r} has the id {frame.frame_id!r} and the timestamp "
                f"{frame.timestamp!r}; they must be a number of at most 63 bits, and POSIX seconds"
            )
            raise FrameError(msg)
        if frame.array.shape != self.shape or frame.array.dtype != self.dtype:
            msg = (
                f"{self._camera}: frame {frame.frame_id} of {self._source!r} has shape {frame.array.shape} and dtype "
                f"{frame.array.dtype}, expected {self.shape} and {self.dtype}; stage the camera again if it was "
                "changed on purpose"
            )
            raise FrameError(msg)

    def _lose(self, order: Order, count: int, error: FrameError) -> None:
        """Count exposures that are missing, or fail."""
        order.dropped += count
        self.dropped += count
        if not self._record:
            msg = (
                f"{self._camera}: {error}; look at the camera's connection and the load of this computer, or let "
                "on_dropped='record' count such frames and take the next"
            )
            error.args = (msg,)
            raise error

    def _began_before(self, frame: Frame, order: Order) -> bool:
        """Whether an exposure began before the order was given, or may have.

        Where the camera tells no time, that is each that arrives within an exposure time; and in any case the first,
        unless a trigger from elsewhere has begun it, for which there may be no second.
        """
        if self._fresh:
            return False
        if self._hardware_time:
            self._fresh = frame.timestamp >= order.began
        elif self.triggered:
            self._fresh = self._arrived_since(order)
        else:
            self._fresh = self._passed and time.time() >= order.began + self.exposure_time
            self._passed = True
        return not self._fresh
