"""What a camera adds to each point of ``count``: ours, of both fronts, against ophyd-async's simulated detector.

Both write their frames into an HDF5 file that others can read along, and tell of them in a StreamDatum. Of the rows
``point-overhead``, both compute the same frame; of the rows ``small-point``, ours has small frames ready in memory, as
a camera whose pixels cost nothing: what is left is the price of a point. `points` says what is timed.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from bluesky import RunEngine
from numpy.typing import NDArray
from ophyd_async import core as ophyd_async
from ophyd_async.core import init_devices
from ophyd_async.sim import PatternGenerator, SimBlobDetector
from ophyd_async.sim._pattern_generator import generate_gaussian_blob

from framestore import paths
from framestore.acquisition import STATISTICS
from framestore.ophyd import Camera
from framestore.ophyd_async import Camera as AsyncCamera
from framestore.sources import CallableSource

from .points import POINTS, Trivial, check_hdf5, detail, ratio, seconds_per_point
from .ring import Ring, RingFunction, noise
from .rows import Row, Sample, at_most
from .scratch import scratch

_HEIGHT, _WIDTH = 240, 320
_SMALL = (64, 64)
_RING = 5
"""Small frames that are handed out over and over; a divisor of the points, so that each run begins with the first."""

Grab = Callable[[], NDArray[Any]]


def _same(generator: PatternGenerator) -> tuple[Grab, Ring]:
    """Compute the frame as ``generator`` does, (height, width), uint8; and what comes of it."""
    blob = generate_gaussian_blob(_HEIGHT, _WIDTH) * np.iinfo(np.uint8).max

    def grab() -> NDArray[np.uint8]:
        return np.floor(blob * (generator.generate_point() * generator._exposure)).astype(np.uint8)

    assert grab().max() > 0, "a black frame would prove nothing"
    return grab, [grab()]


def _small(generator: PatternGenerator) -> tuple[Grab, Ring]:
    """Hand out small frames, whatever ``generator`` does; and these."""
    del generator
    ring = noise(_RING, _SMALL, np.uint16)
    return RingFunction(ring), ring


def _instant_generator() -> PatternGenerator:
    """Return one that does not sleep between frames."""
    generator = PatternGenerator()
    generator._period = 0  # with TriggerInfo(), as `count` triggers, it stays
    return generator


def _written(run_engine: RunEngine, detector: Any, folder: Path, ring: Ring) -> float:
    """Seconds a point; the one file that came to be holds the frames of ``ring``, a frame a point, and is removed."""
    seconds = seconds_per_point(run_engine, detector)
    check_hdf5(folder, ring)
    return seconds


@contextmanager
def _contenders(
    frames: Callable[[PatternGenerator], tuple[Grab, Ring]], stats: Sequence[str], front: Callable[..., Any]
) -> Generator[Mapping[str, Sample]]:
    with scratch(POINTS * _HEIGHT * _WIDTH) as folder:
        run_engine = RunEngine()
        ours, theirs = folder / "ours", folder / "theirs"
        ours.mkdir()
        theirs.mkdir()
        provider = ophyd_async.StaticPathProvider(ophyd_async.UUIDFilenameProvider(), theirs)
        with init_devices():
            blob = SimBlobDetector(provider, _instant_generator(), name="blob")
        _, blobs = _same(blob.pattern_generator)
        grab, ring = frames(blob.pattern_generator)
        with init_devices():
            camera = front(
                CallableSource(grab, ring[0].shape, ring[0].dtype),
                paths.StaticPathProvider(paths.UUIDFilenameProvider(), ours),
                format="hdf5",
                stats=stats,
                name="camera",
            )
        yield {
            "trivial": partial(seconds_per_point, run_engine, Trivial()),
            "ours": partial(_written, run_engine, camera, ours, ring),
            "baseline": partial(_written, run_engine, blob, theirs, blobs),
        }


def _row(
    name: str,
    measures: str,
    frames: Callable[[PatternGenerator], tuple[Grab, Ring]],
    stats: Sequence[str],
    limit: float,
    *,
    front: Callable[..., Any] = Camera,
) -> Row:
    return Row(
        name=name,
        measures=f"time a point adds to count, {measures}",
        baseline="ophyd-async SimBlobDetector",
        work="point",
        goal=at_most(limit),
        contenders=partial(_contenders, frames, stats, front),
        ratio=ratio,
        detail=detail,
    )


ROWS = (
    _row("point-overhead", "all stats", _same, tuple(STATISTICS), 0.5),
    _row("point-overhead-no-stats", "stats=()", _same, (), 0.5),
    _row("small-point", "64x64 uint16, all stats", _small, tuple(STATISTICS), 0.7),
    _row("small-point-no-stats", "64x64 uint16, stats=()", _small, (), 0.5),
    _row("async-point-overhead", "ophyd-async front, all stats", _same, tuple(STATISTICS), 1.0, front=AsyncCamera),
    _row("async-point-overhead-no-stats", "ophyd-async front, stats=()", _same, (), 1.0, front=AsyncCamera),
)
