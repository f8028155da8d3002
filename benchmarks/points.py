"""What a detector adds to each point of ``count``: a device that does nothing is subtracted from both sides.

What is left is the price of the detector, not of bluesky. Staging and the making of the file are part of the run that
is timed, shared by all its points.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from bluesky import RunEngine
from bluesky.plans import count
from numpy.typing import NDArray
from ophyd.status import Status

from .rows import Times

POINTS = 500
"""Points of a run: so many that how the threads happen to follow each other evens out within it."""
_DATASET = "/entry/data/data"


class Trivial:
    """A detector that is ready at once and reads one number."""

    name = "trivial"
    parent = None

    def trigger(self) -> Status:
        """Return a Status that is done."""
        status = Status()
        status.set_finished()
        return status

    def read(self) -> dict[str, dict[str, Any]]:
        """Return the number."""
        return {self.name: {"value": 1.0, "timestamp": time.time()}}

    def describe(self) -> dict[str, dict[str, Any]]:
        """Return its data key."""
        return {self.name: {"source": "benchmark", "dtype": "number", "shape": []}}

    def read_configuration(self) -> dict[str, dict[str, Any]]:
        """Return nothing."""
        return {}

    def describe_configuration(self) -> dict[str, dict[str, Any]]:
        """Return nothing."""
        return {}


def seconds_per_point(run_engine: RunEngine, detector: Any) -> float:
    """Seconds a point of a ``count`` over ``detector``."""
    start = time.perf_counter()
    run_engine(count([detector], POINTS))
    return (time.perf_counter() - start) / POINTS


def check_hdf5(folder: Path, ring: Sequence[NDArray[Any]]) -> None:
    """Remove the one file in ``folder``; it held the frames of ``ring``, over and over, a frame a point."""
    (path,) = folder.iterdir()
    with h5py.File(path) as file:
        dataset: Any = file[_DATASET]
        frames = dataset[()]
    path.unlink()
    assert frames.shape == (POINTS, *ring[0].shape), f"{path} held {frames.shape}"
    assert frames.dtype == ring[0].dtype, f"{path} held {frames.dtype}"
    for number, frame in enumerate(frames):
        assert np.array_equal(frame, ring[number % len(ring)]), f"{path}: frame {number} was another"


def ratio(times: Times) -> float:
    """What ours adds, as a part of what the baseline adds."""
    return (times["ours"] - times["trivial"]) / (times["baseline"] - times["trivial"])


def detail(times: Times) -> str:
    """What both add, milliseconds a point."""
    ours, baseline, trivial = (times[name] * 1e3 for name in ("ours", "baseline", "trivial"))
    return f"adds {ours - trivial:.2f} ms against {baseline - trivial:.2f} ms to a point of {trivial:.2f} ms"
