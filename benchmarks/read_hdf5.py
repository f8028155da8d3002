"""A run out of an HDF5 file: ours, into one numpy array and through dask, against h5py reading all in one go."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import framestore_handlers
import h5py
import numpy as np
from numpy.typing import NDArray

from .bursts import DATASET, frames_a_second, speed
from .ring import Ring, noise
from .rows import Goal, Row, Sample, at_least
from .runs import KEY, Documents, hdf5_stream, write_hdf5
from .scratch import scratch

_FRAMES = 500
_SHAPE = (1024, 1024)
_RING = 5
"""Frames that are written over and over, each another."""
_FILE_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * 2

Read = Callable[[], NDArray[Any]]


def _in_one(documents: Documents) -> NDArray[Any]:
    return framestore_handlers.load(documents)["primary"].read(KEY)


def _by_dask(documents: Documents) -> NDArray[Any]:
    return framestore_handlers.load(documents)["primary"][KEY].compute()


def _raw(path: Path) -> NDArray[Any]:
    out = np.empty((_FRAMES, *_SHAPE), np.uint16)
    with h5py.File(path) as file:
        dataset: Any = file[DATASET]
        dataset.read_direct(out)
    return out


def _sample(read: Read, ring: Ring) -> float:
    """Memory for twice as much as any needs is used and freed right before: see `bursts.removed`."""
    np.empty(4 * _FILE_BYTES, np.uint8).fill(1)
    start = time.perf_counter()
    frames = read()
    seconds = time.perf_counter() - start
    frames = frames.reshape(_FRAMES, *_SHAPE)
    for number, frame in enumerate(frames):
        assert np.array_equal(frame, ring[number % len(ring)]), f"frame {number} is another"
    return seconds


@contextmanager
def _contenders(ours: Callable[[Documents], NDArray[Any]]) -> Generator[Mapping[str, Sample]]:
    ring = noise(_RING, _SHAPE, np.uint16)
    with scratch(_FILE_BYTES) as folder:
        path = folder / "run.h5"
        write_hdf5(path, ring, _FRAMES)
        documents = hdf5_stream(path, ring, _FRAMES)
        _raw(path)  # memory that a virtual machine had given back is paid for by whoever comes first
        yield {
            "ours": partial(_sample, partial(ours, documents), ring),
            "baseline": partial(_sample, partial(_raw, path), ring),
        }


def _row(name: str, how: str, ours: Callable[[Documents], NDArray[Any]], goal: Goal) -> Row:
    return Row(
        name=name,
        measures=f"speed of load() and {how} of {_FRAMES} frames 1024x1024 uint16",
        baseline="h5py's read_direct into one array",
        work=f"read of {_FRAMES} frames",
        goal=goal,
        contenders=partial(_contenders, ours),
        ratio=speed,
        detail=partial(frames_a_second, _FRAMES),
    )


ROWS = (
    _row("read-hdf5", "read()", _in_one, at_least(0.95)),
    _row("read-hdf5-dask", "compute()", _by_dask, at_least(0.65)),
)
