"""The thread that alone touches the files."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import cast

from framestore.formats import FileWriter, Writer
from framestore.frame import Frame, FrameSource, SavedFrame

from .call import Call
from .order import Order
from .pool import Slot
from .statistics import Statistics

logger = logging.getLogger("framestore")

_FLUSH_PERIOD = 0.25
"""Seconds after which the frames of a long order become readable before it is complete."""
_TICK = 0.1
"""Seconds between looks at the clock while nothing comes."""
_GRACE = 0.5
"""Seconds that a source gets beyond its timeout to raise an error of its own."""

Step = Callable[[], None]


class WriterThread:
    """Writes frames in the order in which they come, and tells when they can be read.

    All work comes as steps of one queue, so that a cancelled order's frames, a new file and the next order's frames
    follow each other as they were asked for. While an order is under way the thread also watches the clock: a source
    that hangs fails the order from here.

    After a file could not be written, every order fails with that error: nothing is appended behind a gap.
    """

    def __init__(
        self, camera: str, source: FrameSource, frame_timeout: float, call: Call, statistics: Statistics | None
    ) -> None:
        self._camera = camera
        self._source = source
        self._timeout = frame_timeout
        self._call = call
        self._statistics = statistics
        self._steps: SimpleQueue[Step | None] = SimpleQueue()
        self._order: Order | None = None
        self._file: Writer | None = None
        self._path: Path | None = None
        self._rows = 0
        self._before = 0
        self._flushed = 0.0
        self._broken: Exception | None = None
        self._close_error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"{camera} writer", daemon=True)
        self.frames_written = 0

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

    def open(self, make: Callable[[], Writer], path: Path) -> None:
        """Close the file, if there is one, and begin another."""
        self._steps.put(lambda: self._open(make, path))

    def begin(self, order: Order) -> None:
        """Expect the frames of ``order``; the one before is settled, so this thread does not look at it now."""
        self._order = order

    def append(self, order: Order, slot: Slot, frame: Frame) -> None:
        """Write a frame, then release its slot."""
        self._steps.put(lambda: self._append(order, slot, frame))

    def fail(self, order: Order, error: Exception) -> None:
        """End ``order`` with an error of its source."""
        self._steps.put(lambda: self._end(order, error))

    def cancel(self, order: Order) -> None:
        """Take ``order`` back, unless it is complete by the time that it is this step's turn."""
        self._steps.put(lambda: self._cancel(order))

    def take_back(self, frames: int) -> None:
        """Take the last ``frames`` frames out of the file."""
        self._steps.put(lambda: self._truncate(self._rows - frames))

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
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise self.stuck(timeout)
        if self._close_error is not None:
            raise self._close_error

    def stuck(self, timeout: float) -> TimeoutError:
        """The error for a file system that does not return."""
        return TimeoutError(
            f"{self._camera}: writing {self._path} has not ended within {timeout:g} s; is its disk or share stuck?"
        )

    def _run(self) -> None:
        while True:
            try:
                step = self._steps.get(timeout=_TICK)
            except Empty:
                step = self._watch
            if step is None:
                break
            try:
                step()
            except Exception as error:  # noqa: BLE001 - fails the order, and refuses further ones
                self._break(error)
        self._close()

    def _watch(self) -> None:
        """Fail an order whose source hangs."""
        order = self._order
        if order is not None and self._call.seconds() > self._timeout + _GRACE:
            msg = (
                f"{self._camera}: the source {self._source!r} gave {order.appended} of {order.frames} frames, "
                f"then none within {self._timeout:g} s; look at the camera, or allow more time with frame_timeout="
            )
            self._end(order, TimeoutError(msg))

    def _open(self, make: Callable[[], Writer], path: Path) -> None:
        self._close_file()
        self._path = path
        try:
            self._file = make()
        except FileExistsError as error:
            raise self._taken(error) from error

    def _taken(self, error: FileExistsError) -> FileExistsError:
        found = error.filename2 or error.filename or self._path
        return FileExistsError(
            f"{self._camera}: {found} exists already and is not overwritten; have the path provider name another"
        )

    def _append(self, order: Order, slot: Slot, frame: Frame) -> None:
        try:
            if order is not self._order:
                return frame.discard()
            if self._broken is not None or self._file is None:
                self._end(order, self._broken or RuntimeError(f"{self._camera}: no file was opened for the frames"))
                return frame.discard()
            if order.appended == 0:
                order.first = self._rows
                self._flushed = time.monotonic()
            if isinstance(frame, SavedFrame):
                cast("FileWriter", self._file).adopt(frame.path, frame.frame_id, frame.timestamp)
            else:
                self._file.append(slot.array, frame.frame_id, frame.timestamp)
        except FileExistsError as error:
            raise self._taken(error) from error
        finally:
            slot.release()
        order.appended += 1
        self._rows += 1
        if order.appended == order.frames:
            self._complete(order, self._file)
        elif time.monotonic() - self._flushed > _FLUSH_PERIOD:
            self._flush(order, self._file)
        return None

    def _complete(self, order: Order, file: Writer) -> None:
        self._flush(order, file)
        error = None
        if self._statistics:
            try:
                order.numbers = self._statistics.result(order)
            except Exception as raised:  # noqa: BLE001 - fails the order, not the file
                error = raised
        self._end(order, error)

    def _flush(self, order: Order, file: Writer) -> None:
        file.flush()
        self._flushed = time.monotonic()
        self._count()
        order.on_written(order.appended)

    def _cancel(self, order: Order) -> None:
        order.cancelled = order is self._order
        self._end(order, None)

    def _end(self, order: Order, error: Exception | None) -> None:
        """End the order, once; frames of one that is not complete leave the file."""
        if order is not self._order:
            return
        if order.appended and (error or order.cancelled):
            try:
                self._truncate(order.first)
            except Exception as failure:  # noqa: BLE001 - a file that is full or gone: what was acknowledged stays
                self._refuse(failure)
        self._order = None
        if self._statistics:
            self._statistics.drop(order)
        order.over = order.settled = True
        try:
            order.on_end(error)
        finally:
            order.ended.set()

    def _truncate(self, rows: int) -> None:
        if self._file is not None and rows < self._rows:
            self._file.truncate(rows)
            self._rows = rows
            self._count()

    def _count(self) -> None:
        self.frames_written = self._before + self._rows

    def _break(self, error: Exception) -> None:
        """A file could not be written: fail the order, and refuse further ones."""
        self._refuse(error)
        if self._order is not None:
            self._end(self._order, error)

    def _refuse(self, error: Exception) -> None:
        if self._broken is None:
            self._broken = error
            error.add_note(f"{self._camera}: no more frames are taken into {self._path}; unstage, then stage again")
            logger.error("%s: %s could not be written", self._camera, self._path, exc_info=error)

    def _close_file(self) -> None:
        self._before += self._rows
        self._rows = 0
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _close(self) -> None:
        try:
            if self._order is not None:
                self._cancel(self._order)
        finally:
            try:
                self._close_file()
            except Exception as error:  # noqa: BLE001 - raised by stop
                self._close_error = error
