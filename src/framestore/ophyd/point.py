"""What a camera tells while a point is taken, and at its end: on the threads of the acquisition."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from framestore.acquisition import Order
from framestore.documents import AssetDocuments

from .camera_signals import CameraSignals
from .staging import Staging
from .status import PointStatus


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Point:
    """A point that is taken: what goes on is put into the camera's signals, and ends its Status."""

    camera: CameraSignals
    """Whose."""
    staging: Staging
    """Which takes it."""
    documents: AssetDocuments
    """That tell where its frames are."""
    status: PointStatus
    """That the plan waits for."""
    by_hand: bool
    """Whether it is not bluesky that wants it."""

    def order(self) -> Order:
        """The order for its frames."""

        def accept() -> bool:
            return self._accept(order)

        def ended(error: Exception | None) -> None:
            self._ended(order, error)

        order = Order(
            self.staging.frames_per_point,
            on_written=self._written,
            accept=accept,
            on_end=ended,
            timeout=cast("float", self.status.timeout) + self.status.settle_time,
            on_overdue=self._overdue,
        )
        return order

    def _written(self, frames: int) -> None:
        self.camera.frames_written.put(self.staging.acquisition.frames_written, internal=True)
        self.status.report(frames)

    def _overdue(self, error: TimeoutError | None) -> None:
        if error is None:
            self.status.expire()
        else:
            self.status.fail(error)

    def _accept(self, order: Order) -> bool:
        """The numbers and the documents, before the Status; nothing of a point that comes too late."""
        if not self.status.wanted():
            return False
        try:
            for statistic, value in order.numbers.items():
                getattr(self.camera, statistic).put(value, internal=True)
            self._count(order)
            for _, part in order.parts(order.appended):
                self.staging.destination.follow(part)
            datum_id = self.documents.add_point(by_hand=self.by_hand)
            if datum_id is not None:
                self.camera.image.put(datum_id, internal=True)
        except BaseException:  # by a signal of a subclass
            self.status.give_back()
            raise
        return True

    def _ended(self, order: Order, error: Exception | None) -> None:
        if error is None and not order.cancelled:
            return self.status.set_finished()  # it was claimed when the point was accepted
        try:
            self._count(order)
            self.camera.frames_written.put(self.staging.acquisition.frames_written, internal=True)  # taken out again
        except Exception as raised:  # noqa: BLE001 - by a signal of a subclass; nothing else would end the Status
            error = error or raised
        if error is not None:
            self.status.fail(error)
        elif order.given_up or self.status.late:
            self.status.expire()
        elif self.status.claim():
            self.status.set_finished()
        return None

    def _count(self, order: Order) -> None:
        self.camera.frames_dropped.put(order.dropped, internal=True)
        if order.dropped:
            self.camera.total_frames_dropped.put(self.staging.acquisition.frames_dropped, internal=True)


def reset(camera: CameraSignals, numbers: Sequence[str], dtype: np.dtype[Any]) -> None:
    """Have the camera's signals as they are before the first point of a staging."""
    for signal in (camera.frames_written, camera.frames_dropped, camera.total_frames_dropped):
        signal.put(0, internal=True)
    camera.file_path.put("", internal=True)
    for number in numbers:  # whole numbers for whole numbers, from the descriptor on
        statistic = number.rpartition("_")[2]
        whole = dtype.kind != "f" and (statistic == "max" or (statistic == "sum" and dtype.itemsize < 8))
        getattr(camera, number).put(0 if whole else 0.0, internal=True)


def show(camera: CameraSignals, numbers: Sequence[str], hinted: Sequence[str]) -> None:
    """Have these numbers in events, and those that are hinted in tables and plots."""
    for number in numbers:
        getattr(camera, number).kind = "hinted" if number in hinted else "normal"
