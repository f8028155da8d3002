"""A burst of large frames into HDF5 files: ours against plain writing, and against how h5py is mostly used.

Each contender is timed from making its file until the last frame can be read by others. Starting the threads before
and closing the file after are left out, for all of them. One acquisition serves all rounds: its buffers are warm, as
from the second burst of a staging on; what the first burst of a staging pays for fresh memory is not in these rows.
"""

import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import h5py
import numpy as np
from numpy.typing import NDArray

from framestore import Frame
from framestore.acquisition import Acquisition, Order
from framestore.formats import chosen

from .rows import Goal, Row, Sample, Times, at_least
from .scratch import scratch

_FRAMES = 65
_SHAPE = (2048, 2048)
_DTYPE = np.dtype(np.uint16)
_BURST_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * _DTYPE.itemsize
_RING = 5
"""Frames that are handed out over and over: more than processor caches hold, and a divisor of the burst."""
_DATASET = "/entry/data/data"
_PATIENCE = 60.0
"""Seconds after which a burst has failed."""

Ring = Sequence[NDArray[Any]]


class RingSource:
    """A `FrameSource` that has its frames in memory and waits for nothing."""

    shape = _SHAPE
    dtype = _DTYPE
    reuses_buffers = False  # nobody writes into the ring

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._count = 0

    def start(self) -> None:
        """Begin with the first frame."""
        self._count = 0

    def next_frame(self, timeout: float) -> Frame:
        """Return the next frame of the ring."""
        del timeout
        frame = Frame(self._ring[self._count % len(self._ring)], self._count, time.time())
        self._count += 1
        return frame

    def stop(self) -> None:
        """Do nothing."""


def _take(acquisition: Acquisition, path: Path, frames: int) -> None:
    """Take ``frames`` frames into a new file; the file before it is closed."""
    errors: list[Exception | None] = []
    order = Order(frames, on_end=errors.append)
    acquisition.open(path)
    acquisition.arm(order)
    assert order.ended.wait(_PATIENCE), f"the burst has not ended within {_PATIENCE} s"
    assert errors == [None], f"the burst failed: {errors}"


def _ours(acquisition: Acquisition, ring: Ring, path: Path) -> float:
    start = time.perf_counter()
    _take(acquisition, path, _FRAMES)
    seconds = time.perf_counter() - start
    for old in path.parent.glob("between-*.h5"):  # closed by now: the burst's file was opened after it
        old.unlink()
    # Closes the file; the next burst begins with the ring's first frame again.
    _take(acquisition, path.with_name(f"between-{uuid4()}.h5"), len(ring))
    _check_hdf5(ring, path)
    return seconds


def _raw(ring: Ring, path: Path) -> float:
    start = time.perf_counter()
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    try:
        for number in range(_FRAMES):
            _write_all(descriptor, memoryview(ring[number % len(ring)]).cast("B"))
        seconds = time.perf_counter() - start
    finally:
        os.close(descriptor)
    frames = np.memmap(path, _DTYPE, "r", shape=(_FRAMES, *_SHAPE))
    for number in range(_FRAMES):
        assert np.array_equal(frames[number], ring[number % len(ring)]), f"raw frame {number} is another"
    return seconds


def _write_all(descriptor: int, data: memoryview) -> None:
    """Write ``data``, however little of it a single call takes."""
    while data:
        data = data[os.write(descriptor, data) :]


def _usual(ring: Ring, path: Path) -> float:
    """Resize, assign, flush, a frame at a time."""
    start = time.perf_counter()
    with h5py.File(path, "x", libver="latest") as file:
        dataset = file.create_dataset(_DATASET, (0, *_SHAPE), _DTYPE, maxshape=(None, *_SHAPE), chunks=(1, *_SHAPE))
        file.swmr_mode = True
        for number in range(_FRAMES):
            dataset.resize(number + 1, axis=0)
            dataset[number] = ring[number % len(ring)]
            dataset.flush()
        seconds = time.perf_counter() - start
    _check_hdf5(ring, path)
    return seconds


def _check_hdf5(ring: Ring, path: Path) -> None:
    frame = np.empty(_SHAPE, _DTYPE)
    with h5py.File(path) as file:
        dataset = file[_DATASET]
        assert dataset.shape == (_FRAMES, *_SHAPE), f"{path} holds {dataset.shape}"
        for number in range(_FRAMES):
            dataset.read_direct(frame, np.s_[number])
            assert np.array_equal(frame, ring[number % len(ring)]), f"{path}: frame {number} is another"


def _removed(sample: Callable[[Ring, Path], float], ring: Ring, path: Path) -> float:
    """Sample into a file that is new, and gone afterwards.

    Twice as much memory as the file takes is used and freed right before: on a virtual machine, pages that lay free
    for seconds may have gone back to the host, and whoever comes first pays for getting them again, ten times what
    writing a frame costs.
    """
    warm = path.with_name("warm")
    with warm.open("wb", buffering=0) as file:
        for number in range(2 * _FRAMES):
            _write_all(file.fileno(), memoryview(ring[number % len(ring)]).cast("B"))
    warm.unlink()
    try:
        return sample(ring, path)
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _contenders(baseline: Callable[[Ring, Path], float]) -> Generator[Mapping[str, Sample]]:
    random = np.random.default_rng(1)
    ring = [random.integers(0, 2**16, _SHAPE, _DTYPE) for _ in range(_RING)]
    acquisition = Acquisition(RingSource(ring), chosen("hdf5"), camera="benchmark", statistics=())
    with scratch(3 * _BURST_BYTES) as folder, closing(acquisition):
        acquisition.start()
        yield {
            "ours": partial(_removed, partial(_ours, acquisition), ring, folder / "ours.h5"),
            "baseline": partial(_removed, baseline, ring, folder / "baseline"),
        }


def _ratio(times: Times) -> float:
    return times["baseline"] / times["ours"]


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
        ratio=_ratio,
        detail=_detail,
    )


ROWS = (
    _row("hdf5-burst-raw", "os.write of the same bytes", _raw, at_least(0.9)),
    _row("hdf5-burst-h5py", "h5py resize, assign, flush (SWMR)", _usual, at_least(1.35)),
)
