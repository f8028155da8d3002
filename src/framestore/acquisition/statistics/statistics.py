"""The thread on which numbers are computed, beside the writer's."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

import numpy as np

from framestore.acquisition.call import join
from framestore.acquisition.order import Order
from framestore.acquisition.pool import Slot
from framestore.roi import ROI

from .compiled_pass import compilable, compiled_pass
from .kernels import numba
from .lines import Pass
from .moments import Moments, Weights
from .numpy_pass import NumpyPass
from .region import Region, check_names, regions, rows_of
from .wanted import wanted

_LARGE = 2**18
"""Values of a frame from which on a compiled pass is worth its compilation: numpy needs less than 0.3 ms for fewer."""

Numbers = dict[str, int | float]


class Sums:
    """The sums of an order, over all its regions."""

    def __init__(self, moments: Sequence[Moments]) -> None:
        self._moments = moments
        self.frames = 0
        """Frames that were added."""
        self.result: Future[Numbers] = Future()
        """The numbers, when all frames were added; or the error."""

    def add(self, slot: Slot, of: int | None) -> None:
        """Add a frame out of ``of``; the last one sets the result."""
        rows = rows_of(slot.array)
        for moments in self._moments:
            moments.add(rows)
        self.frames += 1
        if self.frames == of:
            self.result.set_result({name: value for each in self._moments for name, value in each.result().items()})


class Statistics:
    """Computes the chosen numbers of each order, off the write path, on a thread beside the writer's.

    An order of one frame is computed on the thread that brings it: the reader's, which has nothing else to do then.

    Parameters
    ----------
    names
        Of the numbers to compute, from `STATISTICS`.
    camera
        Its name, for messages and the thread.
    rois
        Regions by name, of which the same numbers are computed; theirs are named ``"<roi>_<name>"``.
    compiled
        Whether numba computes them. None: where it is installed, and frames are large.

    Raises
    ------
    ValueError
        When a region's name is no Python identifier.
    """

    def __init__(
        self, names: Sequence[str], camera: str, rois: Mapping[str, ROI] | None = None, *, compiled: bool | None = None
    ) -> None:
        self._names = tuple(names)
        self._camera = camera
        self._rois = dict(rois or {})
        check_names(self._rois, camera)
        self._compiled = compiled
        self._regions: list[tuple[Region, Weights]] = []
        self._pass: Pass
        self._queue: SimpleQueue[tuple[Order, Slot] | None] = SimpleQueue()
        self._running: dict[Order, Sums] = {}
        self._thread = threading.Thread(target=self._run, name=f"{camera} statistics", daemon=True)

    def prepare(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Get ready for frames of a shape and dtype; what has to be compiled is compiled here.

        Raises
        ------
        ValueError
            When they are not numbers, or empty, or a region of interest leaves them.
        """
        if dtype.kind not in "buif" or not shape or min(shape) < 1:
            msg = f"no numbers ({', '.join(self._names)}) of frames of shape {shape} and dtype {dtype}; use stats=()"
            raise ValueError(msg)
        found = regions(self._rois, shape, self._camera)
        self._regions = [(region, Weights(region, dtype)) for region in found]
        self._pass = self._chosen(dtype, found[0])

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def begin(self, order: Order) -> None:
        """Expect frames of ``order``; called before the first."""
        self._running[order] = Sums([Moments(self._names, *each, self._pass) for each in self._regions])

    def put(self, order: Order, slot: Slot) -> None:
        """Add a frame; the slot is released when it has been looked at."""
        if order.frames == 1:
            self._add(order, slot)
        else:
            self._queue.put((order, slot))

    def result(self, order: Order) -> Numbers:
        """Wait for the numbers of ``order``, all of whose frames were put.

        Raises
        ------
        Exception
            Whatever the computation raised.
        """
        return self._running[order].result.result()

    def drop(self, order: Order) -> None:
        """Forget ``order``."""
        self._running.pop(order, None)

    def stop(self, timeout: float) -> None:
        """End the thread after what was put before."""
        self._queue.put(None)
        join(self._thread, timeout)

    def _chosen(self, dtype: np.dtype[Any], whole: Region) -> Pass:
        """The fastest pass that there is for the frames."""
        what = wanted(self._names)
        large = whole.height * whole.width >= _LARGE if self._compiled is None else self._compiled
        if large and what.sums and compilable(dtype) and numba() is not None:
            return compiled_pass(dtype, what, whole)
        return NumpyPass(dtype, what, whole)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            self._add(*item)

    def _add(self, order: Order, slot: Slot) -> None:
        sums = self._running.get(order)
        try:
            if sums is not None and not sums.result.done():
                sums.add(slot, order.frames)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the result
            if sums is not None:
                sums.result.set_exception(error)
        finally:
            slot.release()
