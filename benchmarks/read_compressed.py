"""Frames out of compressed HDF5 files: decoded in threads, against h5py, which decodes one chunk after another.

The frames are photons on a detector: Poisson(50). Both fill memory that was used before.
"""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place
from numpy.typing import NDArray

from .bursts import DATASET, frames_a_second, speed
from .ring import Ring
from .rows import Row, Sample, at_least
from .runs import write_hdf5
from .scratch import scratch

_FRAMES = 100
_SHAPE = (1024, 1024)
_RING = 5
"""Frames that are written over and over, each another."""
_FILTERS: Mapping[str, Mapping[str, Any]] = {
    "gzip": {"compression": "gzip", "compression_opts": 1, "shuffle": True},
    "lz4": {**hdf5plugin.LZ4(), "shuffle": True},
    "zstd": {**hdf5plugin.Zstd(clevel=1), "shuffle": True},
    "blosc": hdf5plugin.Blosc(cname="lz4", clevel=5, shuffle=1),
    "bitshuffle-lz4": hdf5plugin.Bitshuffle(cname="lz4"),
    "bitshuffle-zstd": hdf5plugin.Bitshuffle(cname="zstd", clevel=1),
}
"""As framestore's own files have them."""

Read = Callable[[Path, NDArray[Any]], None]


def _ours(path: Path, out: NDArray[Any]) -> None:
    HDF5Frames(place=Place.of(path)).read_into(out, 0)


def _h5py(path: Path, out: NDArray[Any]) -> None:
    with h5py.File(path) as file:
        dataset: Any = file[DATASET]
        dataset.read_direct(out)


def _sample(read: Read, path: Path, out: NDArray[Any], ring: Ring) -> float:
    out.fill(0)
    start = time.perf_counter()
    read(path, out)
    seconds = time.perf_counter() - start
    for number, frame in enumerate(out):
        assert np.array_equal(frame, ring[number % len(ring)]), f"frame {number} is another"
    return seconds


@contextmanager
def _contenders(way: str) -> Generator[Mapping[str, Sample]]:
    random = np.random.default_rng(1)
    ring = [random.poisson(50, _SHAPE).astype(np.uint16) for _ in range(_RING)]
    out = np.empty((_FRAMES, *_SHAPE), np.uint16)
    with scratch(out.nbytes) as folder:
        path = folder / "run.h5"
        write_hdf5(path, ring, _FRAMES, **_FILTERS[way])
        yield {
            "ours": partial(_sample, _ours, path, out, ring),
            "baseline": partial(_sample, _h5py, path, out, ring),
        }


def _row(way: str) -> Row:
    return Row(
        name=f"read-{way}",
        measures=f"speed of reading {_FRAMES} frames 1024x1024 uint16, Poisson(50), {way}",
        baseline="h5py's read_direct, one thread",
        work=f"read of {_FRAMES} frames",
        goal=at_least(1.6),
        contenders=partial(_contenders, way),
        ratio=speed,
        detail=partial(frames_a_second, _FRAMES),
        rounds=5,
    )


ROWS = tuple(_row(way) for way in _FILTERS)
