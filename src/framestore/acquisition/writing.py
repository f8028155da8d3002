"""What is done with frames that come to be written."""

import logging
import time

from framestore.frame import Frame

from .files import Files
from .order import Order
from .pool import Slot
from .split import Split
from .statistics import Statistics
from .target import Target

logger = logging.getLogger("framestore")


class Writing:
    """Frames of one order after another into files. One thread, the writer's, calls all methods.

    After a file could not be written, every order fails with that error: nothing is appended behind a gap.

    Parameters
    ----------
    camera
        Name of the camera, for messages.
    files
        Where they go.
    statistics
        Computes numbers of them.
    """

    def __init__(self, camera: str, files: Files, statistics: Statistics | None) -> None:
        self.files = files
        """Where frames go."""
        self.order: Order | None = None
        """Whose frames are expected."""
        self._camera = camera
        self._statistics = statistics
        self._broken: Exception | None = None
        self._told = False

    def append(self, order: Order, slot: Slot, frame: Frame) -> None:
        """Write a frame, then release its slot; with the last one, the order ends."""
        try:
            if order is not self.order:
                return frame.discard()
            if self._broken is not None or not self.files.is_open:
                self.end(order, self._broken or RuntimeError(f"{self._camera}: no file was opened for the frames"))
                return frame.discard()
            if order.appended == 0:
                self._begin(order)
            self.files.append(frame, slot)
        finally:
            slot.written()
        order.appended += 1
        if order.splitting is not None and order.is_between_points(order.appended):
            self._split(order, order.splitting)
        if order.appended == order.frames:
            self._complete(order)
        elif self.files.flush_is_due or order.appended == order.awaited:
            self.flush()
            self.look_at_the_clock()
        return None

    def split(self, order: Order, split: "Split") -> None:
        """Have further points of ``order`` go to another file, if this one is full, from the end of this point on."""
        if order is not self.order or self.files.has_room(order.frames_of_a_point):
            split.drop()
        elif order.is_between_points(order.appended):
            self._split(order, split)
        else:
            order.splitting = split

    def _split(self, order: Order, split: "Split") -> None:
        order.splitting = None
        if split.begin(order.appended):
            try:
                self._begin_part(order)
            finally:
                split.end()

    def _begin(self, order: Order) -> None:
        """Note where the frames of an order go."""
        if order.may_begin_part and not self.files.has_room(order.frames_of_a_point):
            self.files.begin_part()
        order.first = self.files.rows
        order.note_part(self.files.part)

    def _begin_part(self, order: Order) -> None:
        """In the course of an order, go on in another file."""
        self.flush()
        order.first -= self.files.rows
        self.files.begin_part()
        order.note_part(self.files.part)

    def finish(self, order: Order) -> None:
        """All frames of ``order`` that there will be have come: it ends, complete."""
        if order is self.order and order.appended == order.frames:
            self._complete(order)

    def _complete(self, order: Order) -> None:
        self.flush()
        error = None
        if self._statistics and order.wants_numbers:
            try:
                order.numbers = self._statistics.result(order)
            except Exception as raised:  # noqa: BLE001 - fails the order, not the file
                error = raised
        self.end(order, error)

    def flush(self) -> None:
        """Make all frames of the order readable that wait for it, and tell."""
        order = self.order
        if order is not None and order.readable != order.appended:
            self.files.flush()
            order.readable = order.appended
            order.on_written(order.readable)

    def look_at_the_clock(self) -> None:
        """End the order when its time is over."""
        order = self.order
        if order is not None and time.monotonic() > order.deadline:
            order.given_up = True
            self.cancel(order)

    def cancel(self, order: Order, error: Exception | None = None) -> None:
        """Take ``order`` back, unless it is complete."""
        if order is self.order:
            order.cancelled = True
            self.end(order, error)

    def end(self, order: Order, error: Exception | None) -> None:
        """End the order, once; frames of one that is not complete leave the file, but for points that are kept."""
        if order is not self.order:
            return
        if error is None and not order.cancelled:
            try:
                order.cancelled = not order.accept()
            except Exception as raised:  # noqa: BLE001 - fails the order, not the file
                error = raised
        if order.appended and (error or order.cancelled):
            try:
                self._cut(order)
            except Exception as failure:  # noqa: BLE001 - a file that is full or gone: what was acknowledged stays
                self._refuse(failure)
        self.order = None
        self._told = self._told or (error is not None and self._broken is not None)
        if order.splitting is not None:
            order.splitting.drop()
        if self._statistics:
            self._statistics.drop(order)
        order.over = order.settled = True
        try:
            order.on_end(error)
        finally:
            order.ended.set()

    def _cut(self, order: Order) -> None:
        """Take out what is not kept of an order that ends early, and make the rest readable."""
        kept = order.kept
        if order.appended > kept:
            self.remove(order.first + kept, order.appended - kept)
        order.appended = kept
        if kept:
            self.flush()

    def remove(self, first: int, frames: int) -> None:
        """Take out frames from row ``first`` on; those behind them move up."""
        self.files.remove(first, frames)
        if self.order is not None and self.order.first > first:
            self.order.first -= frames

    def take_back(self, frames: int, part: int | None) -> None:
        """Take out the last ``frames`` frames; of a part that was full before, they stay, but belong to nothing."""
        if part is None or part == self.files.part:
            self.remove(self.files.rows - frames, frames)

    def move(self, first: int, target: Target) -> None:
        """Begin another file with the frames from row ``first`` on."""
        self.files.move(first, target)
        if self.order is not None:
            self.order.first -= first  # set anew with its first frame, if none has come yet

    def fail(self, error: Exception) -> None:
        """A file could not be written: fail the order, and refuse further ones."""
        self._refuse(error)
        if self.order is not None:
            self.end(self.order, error)

    def _refuse(self, error: Exception) -> None:
        if self._broken is None:
            self._broken = error
            error.add_note(
                f"{self._camera}: no more frames are taken into {self.files.path}; unstage, then stage again"
            )
            logger.error("%s: %s could not be written", self._camera, self.files.path, exc_info=error)

    def close(self) -> None:
        """Take back the order that is not complete, and close the file.

        One that could not be written may fail to close as well: when an order has failed for that, it is no news.
        """
        try:
            if self.order is not None:
                self.cancel(self.order)
        finally:
            try:
                self.files.close()
            except Exception:
                if not self._told:
                    raise
                logger.exception("%s: %s could not be closed either", self._camera, self.files.path)
