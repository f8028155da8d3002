"""A burst of large frames into HDF5 files: ours against plain writing, and against how h5py is mostly used.

`bursts` says what is timed.
"""

import os
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from framestore.acquisition import Acquisition
from framestore.formats import chosen

from .bursts import DATASET, acquired, check_hdf5, removed, speed, write_all
from .ring import Ring, RingSource, noise
from .rows import Goal, Row, Sample, Times, at_least
from .scratch import scratch

_FRAMES = 65
_SHAPE = (2048, 2048)
_DTYPE = np.dtype(np.uint16)
_BURST_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * _DTYPE.itemsize
_RING = 5
"""Frames that are handed out over and over: more than processor caches hold, and a divisor of the burst."""


def _ours(acquisition: Acquisition, ring: Ring, path: Path) -> float:
    seconds = acquired(acquisition, ring, path, _FRAMES)
    check_hdf5(ring, path, _FRAMES, range(_FRAMES))
    return seconds


def _raw(ring: Ring, path: Path) -> float:
    start = time.perf_counter()
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    try:
        for number in range(_FRAMES):
            write_all(descriptor, ring[number % len(ring)].data.cast("B"))
        seconds = time.perf_counter() - start
    finally:
        os.close(descriptor)
    frames = np.memmap(path, _DTYPE, "r", shape=(_FRAMES, *_SHAPE))
    for number in range(_FRAMES):
        assert np.array_equal(frames[number], ring[number % len(ring)]), f"raw frame {number} is another"
    return seconds


def _usual(ring: Ring, path: Path) -> float:
    """Resize, assign, flush, a frame at a time."""
    start = time.perf_counter()
    with h5py.File(path, "x", libver="latest") as file:
        dataset = file.create_dataset(DATASET, (0, *_SHAPE), _DTYPE, maxshape=(None, *_SHAPE), chunks=(1, *_SHAPE))
        file.swmr_mode = True
        for number in range(_FRAMES):
            dataset.resize(number + 1, axis=0)
            dataset[number] = ring[number % len(ring)]
            dataset.flush()
        seconds = time.perf_counter() - start
    check_hdf5(ring, path, _FRAMES, range(_FRAMES))
    return seconds


@contextmanager
def _contenders(baseline: Callable[[Ring, Path], float]) -> Generator[Mapping[str, Sample]]:
    ring = noise(_RING, _SHAPE, _DTYPE)
    acquisition = Acquisition(RingSource(ring), chosen("hdf5"), camera="benchmark", statistics=())
    with scratch(3 * _BURST_BYTES) as folder, closing(acquisition):
        acquisition.start()
        yield {
            "ours": partial(removed, partial(_ours, acquisition), ring, folder / "ours.h5", 2 * _FRAMES),
            "baseline": partial(removed, baseline, ring, folder / "baseline", 2 * _FRAMES),
        }


def _detail(times: Times) -> str:
    ours, baseline = (_BURST_BYTES / times[name] / 1e9 for name in ("ours", "baseline"))
    return f"{ours:.2f} GB/s against {baseline:.2f} GB/s"


def _row(name: str, title: str, baseline: Callable[[Ring, Path], float], goal: Goal) -> Row:
    return Row(
        name=name,
        measures="speed of a burst of 2048x2048 uint16",
        baseline=title,
        work=f"burst of {_FRAMES} frames",
        goal=goal,
        contenders=partial(_contenders, baseline),
        ratio=speed,
        detail=_detail,
    )


ROWS = (
    _row("hdf5-burst-raw", "os.write of the same bytes", _raw, at_least(0.9)),
    _row("hdf5-burst-h5py", "h5py resize, assign, flush (SWMR)", _usual, at_least(1.35)),
)
