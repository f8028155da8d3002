"""The thread that alone touches the files."""

import threading
import time
from concurrent.futures import Future
from pathlib import Path
from queue import Empty

from framestore.frame import Frame, FrameSource

from .call import Call, join
from .files import Files
from .order import Order
from .pool import Slot
from .split import Split
from .statistics import Statistics
from .steps import Step, Steps
from .target import Target
from .writing import Writing

_TICK = 0.1
"""Seconds between looks at the clock while nothing comes."""
_GRACE = 0.5
"""Seconds that a source gets beyond its timeout to raise an error of its own."""
_SLOWEST = 10e6
"""Bytes a second that a disk writes at least, or it counts as stuck."""


class WriterThread:
    """Writes frames in the order in which they come, and tells when they can be read.

    All work comes as steps of one queue, so that a cancelled order's frames, a new file and the next order's frames
    follow each other as they were asked for. While an order is under way the thread also watches the clock: a source
    that hangs fails the order from here.
    """

    def __init__(
        self, camera: str, source: FrameSource, frame_timeout: float, call: Call, statistics: Statistics | None
    ) -> None:
        self._camera = camera
        self._source = source
        self._timeout = frame_timeout
        self._call = call
        self._own_call = Call(frame_timeout)
        self._steps = Steps()
        self._close_error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"{camera} writer", daemon=True)
        self._afterwards: Step | None = None
        self.files = Files(camera, self._own_call)
        """What is written; this thread's own, but for looking at its numbers."""
        self._writing = Writing(camera, self.files, statistics)

    @property
    def alive(self) -> bool:
        """Whether the thread runs: its file may still be open."""
        return self._thread.is_alive()

    @property
    def is_current_thread(self) -> bool:
        """Whether the caller is on this thread: in a callback of an order."""
        return threading.current_thread() is self._thread

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wait(self, done: "Future[None]", moved_bytes: int = 0) -> None:
        """Wait until a step that moves so many bytes is done, bounded in time.

        Raises
        ------
        TimeoutError
            When the file system does not return.
        Exception
            Whatever the step raised.
        """
        timeout = self._timeout + _GRACE + moved_bytes / _SLOWEST
        try:
            done.result(timeout)
        except TimeoutError as error:
            if done.done():
                raise
            raise self.stuck(timeout) from error

    def check(self, step: Step, folder: Path) -> "Future[None]":
        """Have a folder looked at, before there is a file; an error leaves all else as it is."""
        return self._steps.do(lambda: self.files.check(step, folder), vital=False)

    def open(self, target: Target, *, vital: bool) -> "Future[None]":
        """Close the file, if there is one, and begin another; where that is vital, its error fails the next order."""
        return self._steps.do(lambda: self.files.open(target), vital=vital)

    def move(self, first: int, target: Target) -> "Future[None]":
        """Begin another file with the frames from row ``first`` on of this one, which is closed."""
        return self._steps.do(lambda: self._writing.move(first, target))

    def remove(self, first: int, frames: int) -> "Future[None]":
        """Take out frames from row ``first`` on; those behind them move up."""
        return self._steps.do(lambda: self._writing.remove(first, frames))

    def split(self, order: Order, split: Split) -> None:
        """Have further points of ``order`` go to another file, if this one is full."""
        self._steps.put(lambda: self._writing.split(order, split))

    def begin(self, order: Order) -> None:
        """Expect the frames of ``order``; the one before is settled, so this thread does not look at it now."""
        self._writing.order = order

    def append(self, order: Order, slot: Slot, frame: Frame) -> None:
        """Write a frame, then release its slot."""
        self._steps.put(lambda: self._writing.append(order, slot, frame))

    def finish(self, order: Order) -> None:
        """All frames of ``order`` that there will be have been given: it is complete with them."""
        self._steps.put(lambda: self._writing.finish(order))

    def fail(self, order: Order, error: Exception) -> None:
        """End ``order`` with an error of its source."""
        self._steps.put(lambda: self._writing.end(order, error))

    def cancel(self, order: Order, error: Exception | None = None) -> None:
        """Take ``order`` back, unless it is complete by the time that it is this step's turn."""
        self._steps.put(lambda: self._writing.cancel(order, error))

    def watch(self, order: Order | None) -> None:
        """Give up an order that waits for a file system that hangs. On another thread: this one looks at the rest."""
        if order is None or order.settled or order.given_up:
            return
        if self._own_call.left() < -_GRACE:
            self._give_up(order, self.stuck(self._timeout))
        elif time.monotonic() > order.deadline + _GRACE:
            self._give_up(order, None)

    def take_back(self, frames: int, part: int | None) -> None:
        """Take the last ``frames`` frames out of the file; None but of that part, if one is named."""
        self._steps.put(lambda: self._writing.take_back(frames, part))

    def stop(self, timeout: float) -> None:
        """End the thread after all steps, closing the file.

        Raises
        ------
        TimeoutError
            When the file system does not return.
        Exception
            Whatever closing the file raised.
        """
        self._steps.put(None)
        join(self._thread, timeout)
        if self._thread.is_alive():
            raise self.stuck(timeout)
        if self._close_error is not None:
            raise self._close_error

    def stop_later(self, afterwards: Step) -> None:
        """Let the thread end when the file system returns, and then do something else."""
        self._afterwards = afterwards
        self._steps.put(None)

    def stuck(self, timeout: float) -> TimeoutError:
        """The error for a file system that does not return."""
        return TimeoutError(
            f"{self._camera}: writing {self.files.path} has not ended within {timeout:g} s; is its disk or share stuck?"
        )

    def _run(self) -> None:
        while True:
            try:
                step = self._steps.get(_TICK)
            except Empty:
                step = self._watch
            if step is None:
                break
            try:
                step()
            except BaseException as error:  # noqa: BLE001 - fails the order, and refuses further ones
                self._writing.fail(
                    error if isinstance(error, Exception) else RuntimeError(f"{self._camera}: {error!r}")
                )
        try:
            self._writing.close()
        except Exception as error:  # noqa: BLE001 - raised by stop
            self._close_error = error
        if self._afterwards:
            self._afterwards()

    def _watch(self) -> None:
        """Make frames readable that wait for it; fail an order whose source hangs, or whose time is over."""
        self._writing.flush()
        order = self._writing.order
        if order is not None and self._call.left() < -_GRACE:
            msg = (
                f"{self._camera}: the source {self._source!r} gave {order.appended} of {order.wanted} frames, "
                f"then none within {self._timeout:g} s; look at the camera, or allow more time with frame_timeout="
            )
            self._writing.end(order, TimeoutError(msg))
        self._writing.look_at_the_clock()

    def _give_up(self, order: Order, error: TimeoutError | None) -> None:
        order.over = order.given_up = True
        self.cancel(order)
        order.on_overdue(error)
