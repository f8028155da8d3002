"""Memory of a burst whose source is faster than its writer: it stays within what the queue is allowed.

A process of its own takes the burst (``python -m benchmarks.burst_memory FOLDER``), so that the memory is not that of
the rows before. Its source refills one buffer, so that each frame on its way is a copy.
"""

import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401 - tells HDF5 of the filters
import numpy as np
import psutil
from numpy.typing import NDArray

from framestore import Frame
from framestore.acquisition import Acquisition, Order
from framestore.formats import HDF5

from .bursts import DATASET, take
from .rows import Row, Sample, Times, at_most
from .scratch import scratch

_MIB = 2**20
_FRAMES = 1000
_SHAPE = (2048, 2048)
_DTYPE = np.dtype(np.uint16)
_BURST_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * _DTYPE.itemsize
_QUEUE_BYTES = 128 * _MIB
_LIMIT = _QUEUE_BYTES + 64 * _MIB
_LOOK = 1e-3
"""Seconds between looks at the memory."""
_FORMATS = {"hdf5": HDF5(), "hdf5-bitshuffle-lz4": HDF5(compression="bitshuffle-lz4")}


class BufferSource:
    """A `FrameSource` with one buffer of noise; it writes the frame's number into two corners and waits for nothing."""

    shape = _SHAPE
    dtype = _DTYPE

    def __init__(self) -> None:
        self._buffer = _noise()
        self._count = 0

    def start(self) -> None:
        """Do nothing."""

    def next_frame(self, timeout: float) -> Frame:
        """Refill the buffer."""
        del timeout
        self._buffer[0, 0] = self._buffer[-1, -1] = self._count
        frame = Frame(self._buffer, self._count, time.time())
        self._count += 1
        return frame

    def stop(self) -> None:
        """Do nothing."""


def _noise() -> NDArray[np.uint16]:
    return np.random.default_rng(1).poisson(50, _SHAPE).astype(_DTYPE)


def _above_idle(folder: Path, name: str) -> int:
    """Take the burst; return the most resident memory in its course, above that of the camera waiting, bytes."""
    process = psutil.Process()
    acquisition = Acquisition(BufferSource(), _FORMATS[name], camera="benchmark", queue_bytes=_QUEUE_BYTES)
    path = folder / "burst.h5"
    with closing(acquisition):
        acquisition.start()
        take(acquisition, path, 1)
        idle = most = process.memory_info().rss
        order = Order(_FRAMES - 1)
        acquisition.arm(order)
        while not order.ended.wait(_LOOK):
            most = max(most, process.memory_info().rss)
        most = max(most, process.memory_info().rss)
    _check(path)
    return most - idle


def _check(path: Path) -> None:
    expected = _noise()
    with h5py.File(path) as file:
        dataset: Any = file[DATASET]
        assert dataset.shape == (_FRAMES, *_SHAPE), f"{path} holds {dataset.shape}"
        for number in range(0, _FRAMES, 37):
            expected[0, 0] = expected[-1, -1] = number
            assert np.array_equal(dataset[number], expected), f"{path}: frame {number} is another"


def _ours(name: str) -> float:
    with scratch(_BURST_BYTES) as folder:
        command = [sys.executable, "-m", __name__, str(folder), name]
        found = int(subprocess.run(command, stdout=subprocess.PIPE, timeout=300, check=True).stdout)
    assert found > _QUEUE_BYTES / 2, f"the queue was not full: the memory grew by {found} bytes only"
    return found


@contextmanager
def _contenders(name: str) -> Generator[Mapping[str, Sample]]:
    yield {"ours": partial(_ours, name), "baseline": partial(float, _LIMIT)}


def _ratio(sizes: Times) -> float:
    return sizes["ours"] / sizes["baseline"]


def _detail(sizes: Times) -> str:
    return f"{sizes['ours'] / _MIB:.0f} MiB above idle; the queue may take {_QUEUE_BYTES // _MIB} MiB"


ROWS = tuple(
    Row(
        name=f"burst-memory-{name}",
        measures=f"memory of a burst of 2048x2048 uint16, copied, {name}",
        baseline="its queue_bytes and 64 MiB",
        work=f"burst of {_FRAMES} frames",
        unit="bytes",
        goal=at_most(1),
        rounds=1,
        contenders=partial(_contenders, name),
        ratio=_ratio,
        detail=_detail,
    )
    for name in _FORMATS
)

if __name__ == "__main__":
    print(_above_idle(Path(sys.argv[1]), sys.argv[2]))
