"""Numbers of an event, computed from its frames while they are in memory, on a thread beside the writer's."""

import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .order import Order
from .pool import Slot


class Moments:
    """What the statistics of an event are made of, added up frame by frame.

    Sums are exact for integers (64 bits a row or column of the frame, unbounded over the event); centroids are
    intensity-weighted means of the pixel indices, without a threshold.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._centroids = any(name.startswith("centroid") for name in names)
        self.frames = 0
        """Frames that were added."""
        self._pixels = 0
        self._sum: int | float = 0
        self._max: int | float = -math.inf
        self._x = 0.0
        self._y = 0.0

    def add(self, frame: NDArray[Any]) -> None:
        """Add a frame: (height, width), (height, width, 3), or (width,)."""
        self.frames += 1
        self._pixels += frame.size
        if "max" in self._names:
            self._max = max(self._max, frame.max().item())
        if not self._centroids:
            self._sum += _sum(frame).item()
            return
        plane = frame.reshape(1, -1) if frame.ndim == 1 else _sum(frame, tuple(range(2, frame.ndim)))
        columns, rows = _sum(plane, 0), _sum(plane, 1)
        self._sum += columns.sum().item()
        self._x += float(columns @ np.arange(len(columns), dtype=np.float64))
        self._y += float(rows @ np.arange(len(rows), dtype=np.float64))

    def result(self) -> dict[str, int | float]:
        """The numbers that were asked for, by name."""
        return {name: STATISTICS[name](self) for name in self._names}

    def mean(self) -> float:
        """Mean over all pixels of all frames, counts."""
        return self._sum / self._pixels

    def max(self) -> int | float:
        """Largest pixel of all frames, counts."""
        return self._max

    def sum(self) -> int | float:
        """Sum over all pixels of all frames, counts."""
        return self._sum

    def centroid_x(self) -> float:
        """Intensity-weighted mean column, pixels from the left edge's pixel; NaN where the sum is 0."""
        return self._x / self._sum if self._sum else math.nan

    def centroid_y(self) -> float:
        """Intensity-weighted mean row, pixels from the upper edge's pixel; NaN where the sum is 0."""
        return self._y / self._sum if self._sum else math.nan


STATISTICS: dict[str, Callable[[Moments], int | float]] = {
    "mean": Moments.mean,
    "max": Moments.max,
    "sum": Moments.sum,
    "centroid_x": Moments.centroid_x,
    "centroid_y": Moments.centroid_y,
}
"""The numbers that there are, by name."""

_WIDE = {"b": np.dtype("u8"), "u": np.dtype("u8"), "i": np.dtype("i8"), "f": np.dtype("f8")}
_NARROW_SUM = 2**32
"""Sums of small integers that stay below this are added up in 32 bits, in half the time."""


def _sum(array: NDArray[Any], axis: int | tuple[int, ...] | None = None) -> NDArray[Any]:
    if axis == ():
        return array
    dtype = _WIDE[array.dtype.kind]
    if array.dtype.kind == "u" and np.iinfo(array.dtype).max * array.size < _NARROW_SUM * _lines(array, axis):
        dtype = np.dtype("u4")
    return array.sum(axis=axis, dtype=dtype)


def _lines(array: NDArray[Any], axis: int | tuple[int, ...] | None) -> int:
    """How many sums the reduction gives."""
    return 1 if axis is None else array.size // math.prod(array.shape[i] for i in np.atleast_1d(axis))


class Statistics:
    """Computes the chosen numbers of each order, off the write path, on a thread beside the writer's.

    An order of one frame is computed on the thread that brings it: the reader's, which has nothing else to do then.
    """

    def __init__(self, names: Sequence[str], thread_name: str) -> None:
        self._names = tuple(names)
        self._queue: SimpleQueue[tuple[Order, Slot] | None] = SimpleQueue()
        self._running: dict[Order, tuple[Moments, Future[dict[str, int | float]]]] = {}
        self._thread = threading.Thread(target=self._run, name=thread_name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def begin(self, order: Order) -> None:
        """Expect frames of ``order``; called before the first."""
        self._running[order] = Moments(self._names), Future()

    def put(self, order: Order, slot: Slot) -> None:
        """Add a frame; the slot is released when it has been looked at."""
        if order.frames == 1:
            self._add(order, slot)
        else:
            self._queue.put((order, slot))

    def result(self, order: Order) -> dict[str, int | float]:
        """Wait for the numbers of ``order``, all of whose frames were put.

        Raises
        ------
        Exception
            Whatever the computation raised.
        """
        return self._running[order][1].result()

    def drop(self, order: Order) -> None:
        """Forget ``order``."""
        self._running.pop(order, None)

    def stop(self, timeout: float) -> None:
        """End the thread after what was put before."""
        self._queue.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            self._add(*item)

    def _add(self, order: Order, slot: Slot) -> None:
        moments, result = self._running.get(order, (None, None))
        try:
            if moments is None or result is None or result.done():
                return
            moments.add(slot.array)
            if moments.frames == order.frames:
                result.set_result(moments.result())
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the result
            if result is not None:
                result.set_exception(error)
        finally:
            slot.release()
