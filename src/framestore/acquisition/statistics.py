"""Numbers of an event, computed from its frames while they are in memory, on a thread beside the writer's."""

import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .call import join
from .order import Order
from .pool import Slot

_WIDE = {"b": np.dtype("u8"), "u": np.dtype("u8"), "i": np.dtype("i8"), "f": np.dtype("f8")}


class Reduction:
    """How the frames of a camera are summed up: what depends on their shape and dtype only.

    Frames are (height, width), (height, width, 3) or (width,). Sums of integers of up to 32 bits are exact: 64 bits a
    row or column, 32 bits, in half the time, where those suffice. Those of integers of 64 bits are float64.
    """

    def __init__(self, names: Sequence[str], shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.names = tuple(names)
        self.centroids = any(name.startswith("centroid") for name in names)
        self._deep = tuple(range(2, len(shape)))
        self._height, self._width = shape[:2] if len(shape) > 1 else (1, *shape)
        self._x = np.arange(self._width, dtype=np.float64)
        self._y = np.arange(self._height, dtype=np.float64)
        self._wide = np.dtype("f8") if dtype.itemsize == 8 else _WIDE[dtype.kind]
        longest = max(self._width, self._height) * math.prod(shape[2:])
        small = dtype.kind in "bu" and (1 if dtype.kind == "b" else np.iinfo(dtype).max) * longest < 2**32
        self._line = np.dtype("u4") if small else self._wide

    def lines(self, frame: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Sums over each column, (width,), and over each row, (height,), of all channels."""
        plane = frame.reshape(self._height, self._width, -1).sum(axis=2, dtype=self._line) if self._deep else frame
        if plane.ndim == 1:
            plane = plane[np.newaxis]
        return plane.sum(axis=0, dtype=self._line), plane.sum(axis=1, dtype=self._line)

    def total(self, values: NDArray[Any]) -> int | float:
        """Sum of all ``values``."""
        return values.sum(dtype=self._wide).item()

    def first_moments(self, columns: NDArray[Any], rows: NDArray[Any]) -> tuple[float, float]:
        """Sums weighted with the index of the column and of the row."""
        return float(columns @ self._x), float(rows @ self._y)


class Moments:
    """What the statistics of an event are made of, added up frame by frame.

    Centroids are intensity-weighted means of the pixel indices, without a threshold.
    """

    def __init__(self, reduction: Reduction) -> None:
        self.frames = 0
        """Frames that were added."""
        self._reduction = reduction
        self._pixels = 0
        self._sum: int | float = 0
        self._max: int | float = -math.inf
        self._x = 0.0
        self._y = 0.0

    def add(self, frame: NDArray[Any]) -> None:
        """Add a frame."""
        reduction = self._reduction
        self.frames += 1
        self._pixels += frame.size
        if "max" in reduction.names:
            largest = frame.max().item()
            if largest > self._max or math.isnan(largest):  # NaN stays, as in numpy
                self._max = largest
        if not reduction.centroids:
            self._sum += reduction.total(frame)
            return
        columns, rows = reduction.lines(frame)
        self._sum += reduction.total(columns)
        x, y = reduction.first_moments(columns, rows)
        self._x += x
        self._y += y

    def result(self) -> dict[str, int | float]:
        """The numbers that were asked for, by name."""
        return {name: STATISTICS[name](self) for name in self._reduction.names}

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


class Statistics:
    """Computes the chosen numbers of each order, off the write path, on a thread beside the writer's.

    An order of one frame is computed on the thread that brings it: the reader's, which has nothing else to do then.
    """

    def __init__(self, names: Sequence[str], thread_name: str) -> None:
        self._names = names
        self._reduction: Reduction
        self._queue: SimpleQueue[tuple[Order, Slot] | None] = SimpleQueue()
        self._running: dict[Order, tuple[Moments, Future[dict[str, int | float]]]] = {}
        self._thread = threading.Thread(target=self._run, name=thread_name, daemon=True)

    def prepare(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Get ready for frames of a shape and dtype.

        Raises
        ------
        ValueError
            When they are not numbers, or empty.
        """
        if dtype.kind not in _WIDE or not shape or min(shape) < 1:
            msg = f"no numbers ({', '.join(self._names)}) of frames of shape {shape} and dtype {dtype}; use stats=()"
            raise ValueError(msg)
        self._reduction = Reduction(self._names, shape, dtype)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def begin(self, order: Order) -> None:
        """Expect frames of ``order``; called before the first."""
        self._running[order] = Moments(self._reduction), Future()

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
        join(self._thread, timeout)

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
