"""A run in HDF5 into an HDF5 file: ours against a bare loop that copies chunks as they stand. CPU time."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np

from framestore.exporters import export_hdf5

from .bursts import DATASET
from .ring import Ring
from .rows import Row, Sample, Times, at_most
from .runs import KEY, Documents, hdf5_stream, write_hdf5
from .scratch import scratch

_FRAMES = 500
_SHAPE = (1024, 1024)
_RING = 5
"""Frames that are written over and over, each another."""
_FILE_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * 2
_FILTERS: Mapping[str, Mapping[str, Any]] = {"hdf5": {}, "hdf5-bitshuffle-lz4": hdf5plugin.Bitshuffle(cname="lz4")}

Export = Callable[[Path], Path]


def _ours(documents: Documents, folder: Path) -> Path:
    return export_hdf5(documents, folder, "ours.h5", progress=False).files[0]


def _loop(source: Path, filters: Mapping[str, Any], folder: Path) -> Path:
    path = folder / "loop.h5"
    with h5py.File(source) as there, h5py.File(path, "x") as here:
        frames: Any = there[DATASET]
        made: Any = here.create_dataset(
            f"primary/data/{KEY}", frames.shape, frames.dtype, chunks=frames.chunks, **filters
        )
        for number in range(_FRAMES):
            mask, chunk = frames.id.read_direct_chunk((number, 0, 0))
            made.id.write_direct_chunk((number, 0, 0), chunk, mask)
    return path


def _sample(export: Export, folder: Path, ring: Ring) -> float:
    start = time.process_time()
    path = export(folder)
    seconds = time.process_time() - start
    with h5py.File(path) as file:
        frames: Any = file[f"primary/data/{KEY}"]
        assert len(frames) == _FRAMES, f"{path.name} holds {frames.shape}"
        for number in range(0, _FRAMES, 7):
            assert np.array_equal(frames[number].reshape(_SHAPE), ring[number % len(ring)]), f"frame {number}"
    path.unlink()
    return seconds


@contextmanager
def _contenders(way: str) -> Generator[Mapping[str, Sample]]:
    random = np.random.default_rng(1)
    ring = [random.poisson(50, _SHAPE).astype(np.uint16) for _ in range(_RING)]
    with scratch(2 * _FILE_BYTES) as folder:
        source = folder / "run.h5"
        write_hdf5(source, ring, _FRAMES, **_FILTERS[way])
        documents = hdf5_stream(source, ring, _FRAMES)
        yield {
            "ours": partial(_sample, partial(_ours, documents), folder, ring),
            "baseline": partial(_sample, partial(_loop, source, _FILTERS[way]), folder, ring),
        }


def _ratio(times: Times) -> float:
    return times["ours"] / times["baseline"]


def _detail(times: Times) -> str:
    ours, baseline = (times[name] / _FRAMES * 1e3 for name in ("ours", "baseline"))
    return f"{ours:.2f} ms of CPU a frame against {baseline:.2f} ms"


ROWS = tuple(
    Row(
        name=f"export-{way}",
        measures=f"CPU time of export_hdf5 of {_FRAMES} frames 1024x1024 uint16, {way}",
        baseline="a loop of read_direct_chunk and write_direct_chunk",
        work=f"export of {_FRAMES} frames",
        unit="seconds of CPU",
        goal=at_most(1.5),
        contenders=partial(_contenders, way),
        ratio=_ratio,
        detail=_detail,
    )
    for way in _FILTERS
)
