"""What a camera tells while a point is taken, and at its end: on the threads of the acquisition."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from framestore.acquisition import Order
from framestore.documents import AssetDocuments

from .outcome import Outcome
from .panel import Panel
from .staging import Staging


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Point:
    """A point that is taken: what goes on is shown on the camera's panel, and ends what waits for it."""

    panel: Panel
    """Of the camera."""
    staging: Staging
    """Which takes it."""
    documents: AssetDocuments
    """That tell where its frames are."""
    outcome: Outcome
    """That the plan waits for."""
    timeout: float
    """Seconds from now, after which it is given up."""
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
            timeout=self.timeout,
            on_overdue=self._overdue,
        )
        return order

    def _written(self, frames: int) -> None:
        self.panel.show({"frames_written": self.staging.acquisition.frames_written})
        self.outcome.report(frames)

    def _overdue(self, error: TimeoutError | None) -> None:
        if error is None:
            self.outcome.expire()
        else:
            self.outcome.fail(error)

    def _accept(self, order: Order) -> bool:
        """The numbers and the documents, before the end; nothing of a point that comes too late."""
        if not self.outcome.claim.take_in_time():
            return False
        try:
            self.panel.show({**order.numbers, **self._dropped(order)})
            for _, part in order.parts(order.appended):
                self.staging.destination.follow(part)
            datum_id = self.documents.add_point(by_hand=self.by_hand)
            if datum_id is not None:
                self.panel.show({"image": datum_id})
        except BaseException:  # by a signal of a subclass
            self.outcome.claim.give_back()
            raise
        return True

    def _ended(self, order: Order, error: Exception | None) -> None:
        if error is None and not order.cancelled:
            return self.outcome.set_finished()  # it was claimed when the point was accepted
        try:  # its frames were taken out again
            self.panel.show({**self._dropped(order), "frames_written": self.staging.acquisition.frames_written})
        except Exception as raised:  # noqa: BLE001 - by a signal of a subclass; nothing else would end the outcome
            error = error or raised
        if error is not None:
            self.outcome.fail(error)
        elif order.given_up or self.outcome.claim.late:
            self.outcome.expire()
        elif self.outcome.claim.take():
            self.outcome.set_finished()
        return None

    def _dropped(self, order: Order) -> dict[str, int]:
        total = {"total_frames_dropped": self.staging.acquisition.frames_dropped} if order.dropped else {}
        return {"frames_dropped": order.dropped, **total}


def before_the_first(numbers: Sequence[str], dtype: np.dtype[Any]) -> dict[str, Any]:
    """What a camera shows before the first point of a staging; ``dtype`` is that of its frames."""
    shown: dict[str, Any] = {"frames_written": 0, "frames_dropped": 0, "total_frames_dropped": 0, "file_path": ""}
    for number in numbers:  # whole numbers for whole numbers, from the descriptor on
        statistic = number.rpartition("_")[2]
        whole = dtype.kind != "f" and (statistic == "max" or (statistic == "sum" and dtype.itemsize < 8))
        shown[number] = 0 if whole else 0.0
    return shown
