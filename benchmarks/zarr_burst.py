"""A burst of large frames into Zarr stores: ours against the fastest library that writes them, tensorstore.

`bursts` says what is timed. tensorstore is given what is fastest for it: the array has its whole size from the start,
frames are written one after another, and nothing is synced. Each of its frames can be read when its write is done.
"""

import shutil
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from framestore.acquisition import Acquisition
from framestore.formats import Zarr

from .bursts import removed, speed, take
from .ring import Ring, RingSource, noise
from .rows import Goal, Row, Sample, Times, at_least
from .scratch import scratch

_FRAMES = 65
_SHAPE = (2048, 2048)
_DTYPE = np.dtype(np.uint16)
_BURST_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * _DTYPE.itemsize
_RING = 5
"""Frames that are handed out over and over: more than processor caches hold, and a divisor of the burst."""

Write = Callable[[Ring, Path], float]


def _ours(acquisition: Acquisition, ring: Ring, path: Path) -> float:
    start = time.perf_counter()
    take(acquisition, path, _FRAMES)
    seconds = time.perf_counter() - start
    for old in path.parent.glob("between-*"):  # closed by now: the burst's store was opened after it
        shutil.rmtree(old)
    # Closes the store; the next burst begins with the ring's first frame again.
    take(acquisition, path.with_name(f"between-{uuid4()}"), len(ring))
    _check(ring, path / "data")
    return seconds


def _tensorstore(ring: Ring, path: Path) -> float:
    import tensorstore  # noqa: PLC0415 - only this row needs it

    start = time.perf_counter()
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(path), "file_io_sync": False}}
    chunks = tensorstore.ChunkLayout(chunk_shape=(1, 1, *_SHAPE))
    store: Any = tensorstore.open(
        spec, create=True, dtype=_DTYPE, shape=(_FRAMES, 1, *_SHAPE), chunk_layout=chunks
    ).result()
    for number in range(_FRAMES):
        store[number, 0].write(ring[number % len(ring)]).result()
    seconds = time.perf_counter() - start
    _check(ring, path)
    return seconds


def _check(ring: Ring, path: Path) -> None:
    """The array holds the burst."""
    import zarr  # noqa: PLC0415 - only this row needs it

    array: Any = zarr.open_array(path, mode="r")
    assert array.shape == (_FRAMES, 1, *_SHAPE), f"{path} holds {array.shape}"
    for number in range(_FRAMES):
        assert np.array_equal(array[number, 0], ring[number % len(ring)]), f"{path}: frame {number} is another"


def _sample(write: Write, ring: Ring, path: Path) -> float:
    try:
        return write(ring, path)
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _contenders() -> Generator[Mapping[str, Sample]]:
    ring = noise(_RING, _SHAPE, _DTYPE)
    acquisition = Acquisition(RingSource(ring), Zarr(), camera="benchmark", statistics=())
    with scratch(3 * _BURST_BYTES) as folder, closing(acquisition):
        acquisition.start()
        contenders: dict[str, Write] = {"ours": partial(_ours, acquisition), "baseline": _tensorstore}
        yield {
            name: partial(removed, partial(_sample, write), ring, folder / name, 2 * _FRAMES)
            for name, write in contenders.items()
        }


def _detail(times: Times) -> str:
    ours, baseline = (_BURST_BYTES / times[name] / 1e9 for name in ("ours", "baseline"))
    return f"{ours:.2f} GB/s against {baseline:.2f} GB/s"


def _row(goal: Goal) -> Row:
    return Row(
        name="zarr-burst",
        measures="speed of a burst of 2048x2048 uint16",
        baseline="tensorstore, a frame a write",
        work=f"burst of {_FRAMES} frames",
        goal=goal,
        contenders=_contenders,
        ratio=speed,
        detail=_detail,
    )


ROWS = (_row(at_least(0.8)),)
