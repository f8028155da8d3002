"""What a camera adds to each point of ``count``: ours against ophyd-async's simulated detector.

Both compute the same frame, write it into an HDF5 file that others can read along, and tell of it in a StreamDatum.
`points` says what is timed.
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
from framestore.sources import CallableSource

from .points import POINTS, Trivial, check_hdf5, detail, ratio, seconds_per_point
from .rows import Row, Sample, at_most
from .scratch import scratch

_HEIGHT, _WIDTH = 240, 320


def _grab(generator: PatternGenerator) -> Callable[[], NDArray[np.uint8]]:
    """Compute the frame as ``generator`` does: (height, width), uint8."""
    blob = generate_gaussian_blob(_HEIGHT, _WIDTH) * np.iinfo(np.uint8).max

    def grab() -> NDArray[np.uint8]:
        return np.floor(blob * (generator.generate_point() * generator._exposure)).astype(np.uint8)

    return grab


def _instant_generator() -> PatternGenerator:
    """Return one that does not sleep between frames."""
    generator = PatternGenerator()
    generator._period = 0  # with TriggerInfo(), as `count` triggers, it stays
    return generator


def _written(run_engine: RunEngine, detector: Any, folder: Path, frame: NDArray[Any]) -> float:
    """Seconds a point; the one file that came to be holds ``frame`` in each point, and is removed."""
    seconds = seconds_per_point(run_engine, detector)
    check_hdf5(folder, [frame])
    return seconds


@contextmanager
def _contenders(stats: Sequence[str]) -> Generator[Mapping[str, Sample]]:
    with scratch(POINTS * _HEIGHT * _WIDTH) as folder:
        run_engine = RunEngine()
        ours, theirs = folder / "ours", folder / "theirs"
        ours.mkdir()
        theirs.mkdir()
        provider = ophyd_async.StaticPathProvider(ophyd_async.UUIDFilenameProvider(), theirs)
        with init_devices():
            blob = SimBlobDetector(provider, _instant_generator(), name="blob")
        grab = _grab(blob.pattern_generator)
        camera = Camera(
            CallableSource(grab, (_HEIGHT, _WIDTH), np.uint8),
            paths.StaticPathProvider(paths.UUIDFilenameProvider(), ours),
            format="hdf5",
            documents="stream",
            stats=stats,
        )
        frame = grab()
        assert frame.max() > 0, "a black frame would prove nothing"
        yield {
            "trivial": partial(seconds_per_point, run_engine, Trivial()),
            "ours": partial(_written, run_engine, camera, ours, frame),
            "baseline": partial(_written, run_engine, blob, theirs, frame),
        }


def _row(name: str, measures: str, stats: Sequence[str]) -> Row:
    return Row(
        name=name,
        measures=measures,
        baseline="ophyd-async SimBlobDetector",
        work="point",
        goal=at_most(0.5),
        contenders=partial(_contenders, stats),
        ratio=ratio,
        detail=detail,
    )


ROWS = (
    _row("point-overhead", "time a point adds to count, all stats", tuple(STATISTICS)),
    _row("point-overhead-no-stats", "time a point adds to count, stats=()", ()),
)
