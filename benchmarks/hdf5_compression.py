"""A burst of large frames into compressed HDF5 files: chunks made in threads, against HDF5's own filters.

`bursts` says what is timed. The frames are photons on a detector: Poisson(50).
"""

import time
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np

from framestore.acquisition import Acquisition
from framestore.formats import HDF5

from .bursts import DATASET, acquired, check_hdf5, frames_a_second, removed, speed
from .ring import Ring, RingSource
from .rows import Row, Sample, at_least
from .scratch import scratch

_FRAMES = 40
_SHAPE = (2048, 2048)
_DTYPE = np.dtype(np.uint16)
_BURST_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * _DTYPE.itemsize
_RING = 5
"""Frames that are handed out over and over: more than processor caches hold, and a divisor of the burst."""
_WARM = 2 * _FRAMES // 5
"""Frames that take the space of a burst, for certain: it shrinks to less than half."""


def _photons() -> Ring:
    random = np.random.default_rng(1)
    return [random.poisson(50, _SHAPE).astype(_DTYPE) for _ in range(_RING)]


def _ours(acquisition: Acquisition, ring: Ring, path: Path) -> float:
    seconds = acquired(acquisition, ring, path, _FRAMES)
    check_hdf5(ring, path, _FRAMES, range(_FRAMES))
    return seconds


def _filters(ring: Ring, path: Path) -> float:
    """Resize, assign: h5py and hdf5plugin on one thread; flushed once, at the end."""
    start = time.perf_counter()
    with h5py.File(path, "x", libver="latest") as file:
        dataset = file.create_dataset(
            DATASET,
            (0, *_SHAPE),
            _DTYPE,
            maxshape=(None, *_SHAPE),
            chunks=(1, *_SHAPE),
            **hdf5plugin.Bitshuffle(cname="lz4"),
        )
        file.swmr_mode = True
        for number in range(_FRAMES):
            dataset.resize(number + 1, axis=0)
            dataset[number] = ring[number % len(ring)]
        dataset.flush()
        seconds = time.perf_counter() - start
    check_hdf5(ring, path, _FRAMES, range(_FRAMES))
    return seconds


@contextmanager
def _contenders() -> Generator[Mapping[str, Sample]]:
    ring = _photons()
    format = HDF5(compression="bitshuffle-lz4")  # noqa: A001 - as in the package
    acquisition = Acquisition(RingSource(ring), format, camera="benchmark", statistics=())
    with scratch(_BURST_BYTES) as folder, closing(acquisition):
        acquisition.start()
        yield {
            "ours": partial(removed, partial(_ours, acquisition), ring, folder / "ours.h5", _WARM),
            "baseline": partial(removed, _filters, ring, folder / "baseline.h5", _WARM),
        }


ROWS = (
    Row(
        name="hdf5-bitshuffle-lz4",
        measures="speed of a burst of 2048x2048 uint16, Poisson(50), bitshuffle-lz4",
        baseline="h5py's filters with hdf5plugin, one thread",
        work=f"burst of {_FRAMES} frames",
        goal=at_least(1.8),
        contenders=_contenders,
        ratio=speed,
        detail=partial(frames_a_second, _FRAMES),
    ),
)
