"""A burst of large frames into a stack of TIFF pages: ours against tifffile's own writer.

`bursts` says what is timed. tifffile buffers nothing of an image: what `TiffWriter.write` has returned from is in the
file, but for the directory of the first page, which it completes at the end.
"""

import time
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import tifffile

from framestore.acquisition import Acquisition
from framestore.formats import chosen

from .bursts import acquired, removed, speed
from .ring import Ring, RingSource, noise
from .rows import Row, Sample, Times, at_least
from .scratch import scratch

_FRAMES = 65
_SHAPE = (2048, 2048)
_DTYPE = np.dtype(np.uint16)
_BURST_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * _DTYPE.itemsize
_RING = 5
"""Frames that are handed out over and over: more than processor caches hold, and a divisor of the burst."""


def _check(ring: Ring, path: Path) -> None:
    """The file holds the burst."""
    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        assert series.shape == (_FRAMES, *_SHAPE), f"{path.name} holds {series.shape}"
        for number in range(_FRAMES):
            assert np.array_equal(file.asarray(key=number, series=0), ring[number % len(ring)]), f"frame {number}"


def _ours(acquisition: Acquisition, ring: Ring, path: Path) -> float:
    seconds = acquired(acquisition, ring, path, _FRAMES)
    _check(ring, path)
    return seconds


def _tifffile(ring: Ring, path: Path) -> float:
    """A frame each call, as tifffile's documentation has it for frames that come one by one."""
    start = time.perf_counter()
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        for number in range(_FRAMES):
            writer.write(ring[number % len(ring)], contiguous=True)
        seconds = time.perf_counter() - start
    _check(ring, path)
    return seconds


@contextmanager
def _contenders() -> Generator[Mapping[str, Sample]]:
    ring = noise(_RING, _SHAPE, _DTYPE)
    acquisition = Acquisition(RingSource(ring), chosen("tiff_stack"), camera="benchmark", statistics=())
    with scratch(3 * _BURST_BYTES) as folder, closing(acquisition):
        acquisition.start()
        yield {
            "ours": partial(removed, partial(_ours, acquisition), ring, folder / "ours.tiff", 2 * _FRAMES),
            "baseline": partial(removed, _tifffile, ring, folder / "baseline.tiff", 2 * _FRAMES),
        }


def _detail(times: Times) -> str:
    ours, baseline = (_BURST_BYTES / times[name] / 1e9 for name in ("ours", "baseline"))
    return f"{ours:.2f} GB/s against {baseline:.2f} GB/s"


ROWS = (
    Row(
        name="tiff-stack",
        measures="speed of a burst of 2048x2048 uint16 into a TIFF stack",
        baseline="tifffile.TiffWriter, write(contiguous=True) of each frame",
        work=f"burst of {_FRAMES} frames",
        goal=at_least(0.95),
        contenders=_contenders,
        ratio=speed,
        detail=_detail,
    ),
)
