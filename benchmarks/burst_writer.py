"""A long burst through an acquisition, against the writer that it uses: what the threads and the queue cost.

`bursts` says what is timed.
"""

import time
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from framestore.acquisition import Acquisition
from framestore.formats import chosen

from .bursts import acquired, check_hdf5, removed
from .ring import Ring, RingSource, noise
from .rows import Row, Sample, Times, at_least
from .scratch import scratch

_FRAMES = 2000
_SHAPE = (1024, 1024)
_DTYPE = np.dtype(np.uint16)
_BURST_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * _DTYPE.itemsize
_RING = 20
"""Frames that are handed out over and over: more than processor caches hold, and a divisor of the burst."""
_WARM_FRAMES = _FRAMES + 2 * _RING
_LOOKED_AT = (*range(0, _FRAMES, 97), _FRAMES - 1)
"""Frames whose content is checked: each one of the ring, at least once."""


def _ours(acquisition: Acquisition, ring: Ring, path: Path) -> float:
    seconds = acquired(acquisition, ring, path, _FRAMES)
    check_hdf5(ring, path, _FRAMES, _LOOKED_AT)
    return seconds


def _alone(ring: Ring, path: Path) -> float:
    """Append in a loop, and flush at the end."""
    start = time.perf_counter()
    writer = chosen("hdf5").writer(path, _SHAPE, _DTYPE, "benchmark")
    with closing(writer):
        for number in range(_FRAMES):
            writer.append(ring[number % len(ring)], number, time.time())
        writer.flush()
        seconds = time.perf_counter() - start
    check_hdf5(ring, path, _FRAMES, _LOOKED_AT)
    return seconds


@contextmanager
def _contenders() -> Generator[Mapping[str, Sample]]:
    ring = noise(_RING, _SHAPE, _DTYPE)
    acquisition = Acquisition(RingSource(ring), chosen("hdf5"), camera="benchmark", statistics=())
    with scratch(_BURST_BYTES) as folder, closing(acquisition):
        acquisition.start()
        yield {
            "ours": partial(removed, partial(_ours, acquisition), ring, folder / "ours.h5", _WARM_FRAMES),
            "baseline": partial(removed, _alone, ring, folder / "baseline.h5", _WARM_FRAMES),
        }


def _ratio(times: Times) -> float:
    return times["baseline"] / times["ours"]


def _detail(times: Times) -> str:
    ours, baseline = (_FRAMES / times[name] for name in ("ours", "baseline"))
    return f"{ours:.0f} frames/s against {baseline:.0f} frames/s"


ROWS = (
    Row(
        name="burst-writer",
        measures="speed of a burst of 1024x1024 uint16",
        baseline="its writer alone: append, flush at the end",
        work=f"burst of {_FRAMES} frames",
        goal=at_least(0.85),
        rounds=5,
        contenders=_contenders,
        ratio=_ratio,
        detail=_detail,
    ),
)
