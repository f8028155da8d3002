"""What the default statistics cost a burst of large frames: an acquisition with them against one without.

`bursts` says what is timed, `burst_writer` how the memory of the file is held. The frames are handed out as they lie;
those of a camera that refills its buffers are copied by the reader meanwhile, in both.
"""

from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from framestore.acquisition import STATISTICS, Acquisition

from .burst_writer import Ballast, LightenedHDF5
from .bursts import acquired, check_hdf5
from .ring import Ring, RingSource, noise
from .rows import Row, Sample, Times, at_most
from .scratch import scratch

_FRAMES = 200
_SHAPE = (2048, 2048)
_DTYPE = np.dtype(np.uint16)
_BURST_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * _DTYPE.itemsize
_RING = 5
"""Frames that are handed out over and over: more than processor caches hold, and a divisor of the burst."""
_LOOKED_AT = (0, _FRAMES // 2 + 1, _FRAMES - 1)
"""Frames whose content is checked."""


def _numbers(ring: Ring) -> dict[str, float]:
    """Statistics of a burst, which is made of whole turns of the ring."""
    planes = [frame.astype(np.uint64) for frame in ring]
    total = sum(int(plane.sum()) for plane in planes)
    x = sum(int(plane.sum(axis=0) @ np.arange(_SHAPE[1], dtype=np.uint64)) for plane in planes)
    y = sum(int(plane.sum(axis=1) @ np.arange(_SHAPE[0], dtype=np.uint64)) for plane in planes)
    return {
        "mean": total / sum(plane.size for plane in planes),
        "max": max(int(plane.max()) for plane in planes),
        "sum": total * (_FRAMES // len(ring)),
        "centroid_x": x / total,
        "centroid_y": y / total,
    }


def _sample(
    acquisition: Acquisition, numbers: Mapping[str, float], ballast: Ballast, ring: Ring, folder: Path
) -> float:
    """Take a burst, check and remove it; return the seconds without those for making memory free."""
    path = folder / "burst.h5"
    ballast.fill(_FRAMES)
    seconds = acquired(acquisition, ring, path, _FRAMES, numbers) - ballast.seconds
    check_hdf5(ring, path, _FRAMES, _LOOKED_AT)
    path.unlink()
    return seconds


@contextmanager
def _contenders() -> Generator[Mapping[str, Sample]]:
    ring = noise(_RING, _SHAPE, _DTYPE)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch(_BURST_BYTES))
        ballast = stack.enter_context(closing(Ballast(folder / "ballast", ring)))
        samples: dict[str, Sample] = {}
        for name, numbers in (("ours", _numbers(ring)), ("baseline", {})):
            format = LightenedHDF5(ballast=ballast)  # noqa: A001 - as in the package
            acquisition = Acquisition(RingSource(ring), format, camera=name, statistics=tuple(numbers))
            acquisition.start()
            stack.enter_context(closing(acquisition))
            (folder / name).mkdir()
            samples[name] = partial(_sample, acquisition, numbers, ballast, ring, folder / name)
        yield samples


def _ratio(times: Times) -> float:
    return times["ours"] / times["baseline"]


def _detail(times: Times) -> str:
    ours, baseline = (times[name] / _FRAMES * 1e3 for name in ("ours", "baseline"))
    return f"{ours:.2f} ms against {baseline:.2f} ms a frame"


ROWS = (
    Row(
        name="stats-burst",
        measures=f"time of a burst of 2048x2048 uint16, {', '.join(STATISTICS)}",
        baseline="the same burst with statistics=()",
        work=f"burst of {_FRAMES} frames",
        goal=at_most(1.1),
        rounds=9,
        contenders=_contenders,
        ratio=_ratio,
        detail=_detail,
    ),
)
