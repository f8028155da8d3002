"""A burst of frames from memory into one file.

Each contender is timed from making its file until the last frame can be read by others. Starting the threads before
and closing the file after are left out, for all of them. One acquisition serves all rounds: its buffers are warm, as
from the second burst of a staging on; what the first burst of a staging pays for fresh memory is not in these rows.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import h5py
import numpy as np

from framestore.acquisition import Acquisition, Order

from .ring import Ring
from .rows import Times

DATASET = "/entry/data/data"
_PATIENCE = 60.0
"""Seconds after which a burst has failed."""


def take(acquisition: Acquisition, path: Path, frames: int) -> Order:
    """Take ``frames`` frames into a new file; the file before it is closed."""
    errors: list[Exception | None] = []
    order = Order(frames, on_end=errors.append)
    acquisition.open(path)
    acquisition.arm(order)
    assert order.ended.wait(_PATIENCE), f"the burst has not ended within {_PATIENCE} s"
    assert errors == [None], f"the burst failed: {errors}"
    return order


def acquired(
    acquisition: Acquisition, ring: Ring, path: Path, frames: int, numbers: Mapping[str, float] | None = None
) -> float:
    """Seconds of a burst through ``acquisition``; afterwards the file is closed. ``frames`` are whole turns of it.

    The statistics of the burst, if there are any, are the ``numbers``.
    """
    start = time.perf_counter()
    order = take(acquisition, path, frames)
    seconds = time.perf_counter() - start
    assert order.numbers == (numbers or {}), f"the burst has the numbers {order.numbers}, not {numbers}"
    for old in path.parent.glob("between-*.h5"):  # closed by now: the burst's file was opened after it
        old.unlink()
    # Closes the file; the next burst begins with the ring's first frame again.
    take(acquisition, path.with_name(f"between-{uuid4()}.h5"), len(ring))
    return seconds


def check_hdf5(ring: Ring, path: Path, frames: int, looked_at: Iterable[int]) -> None:
    """The file holds ``frames`` frames; those that are ``looked_at`` are the ring's."""
    frame = np.empty_like(ring[0])
    with h5py.File(path) as file:
        dataset: Any = file[DATASET]
        assert dataset.shape == (frames, *frame.shape), f"{path} holds {dataset.shape}"
        assert dataset.dtype == frame.dtype, f"{path} holds {dataset.dtype}"
        for number in looked_at:
            dataset.read_direct(frame, np.s_[number])
            assert np.array_equal(frame, ring[number % len(ring)]), f"{path}: frame {number} is another"


def write_all(descriptor: int, data: memoryview) -> None:
    """Write ``data``, however little of it a single call takes."""
    while data:
        data = data[os.write(descriptor, data) :]


def removed(sample: Callable[[Ring, Path], float], ring: Ring, path: Path, warm_frames: int) -> float:
    """Sample into a file that is new, and gone afterwards.

    Memory for ``warm_frames`` frames, more than the file takes, is used and freed right before: on a virtual machine,
    pages that lay free for seconds may have gone back to the host, and whoever comes first pays for getting them
    again, ten times what writing a frame costs.
    """
    warm = path.with_name("warm")
    with warm.open("wb", buffering=0) as file:
        for number in range(warm_frames):
            write_all(file.fileno(), ring[number % len(ring)].data.cast("B"))
    warm.unlink()
    try:
        return sample(ring, path)
    finally:
        path.unlink(missing_ok=True)


def speed(times: Times) -> float:
    """How many times as fast as the baseline ours is."""
    return times["baseline"] / times["ours"]


def frames_a_second(frames: int, times: Times) -> str:
    """Speed of both, where a sample is of so many frames."""
    ours, baseline = (frames / times[name] for name in ("ours", "baseline"))
    return f"{ours:.0f} frames/s against {baseline:.0f} frames/s"
