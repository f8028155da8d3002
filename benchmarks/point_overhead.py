"""What a camera adds to each point of ``count``: ours against ophyd-async's simulated detector.

Both compute the same frame, write it into an HDF5 file that others can read along, and tell of it in a StreamDatum.
A device that does nothing is subtracted from both: what is left is the price of the detector, not of bluesky. Staging
and the making of the file are part of the run that is timed, shared by all its points.
"""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from bluesky import RunEngine
from bluesky.plans import count
from numpy.typing import NDArray
from ophyd.status import Status
from ophyd_async import core as ophyd_async
from ophyd_async.core import init_devices
from ophyd_async.sim import PatternGenerator, SimBlobDetector
from ophyd_async.sim._pattern_generator import generate_gaussian_blob

from framestore import paths
from framestore.acquisition import STATISTICS
from framestore.ophyd import Camera
from framestore.sources import CallableSource

from .rows import Row, Sample, Times, at_most
from .scratch import scratch

_POINTS = 200
_HEIGHT, _WIDTH = 240, 320
_DATASET = "/entry/data/data"


class Trivial:
    """A detector that is ready at once and reads one number."""

    name = "trivial"
    parent = None

    def trigger(self) -> Status:
        """Return a Status that is done."""
        status = Status()
        status.set_finished()
        return status

    def read(self) -> dict[str, dict[str, Any]]:
        """Return the number."""
        return {self.name: {"value": 1.0, "timestamp": time.time()}}

    def describe(self) -> dict[str, dict[str, Any]]:
        """Return its data key."""
        return {self.name: {"source": "benchmark", "dtype": "number", "shape": []}}

    def read_configuration(self) -> dict[str, dict[str, Any]]:
        """Return nothing."""
        return {}

    def describe_configuration(self) -> dict[str, dict[str, Any]]:
        """Return nothing."""
        return {}


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


def _seconds(run_engine: RunEngine, detector: Any) -> float:
    """Seconds a point of a ``count`` over ``detector``."""
    start = time.perf_counter()
    run_engine(count([detector], _POINTS))
    return (time.perf_counter() - start) / _POINTS


def _written(run_engine: RunEngine, detector: Any, folder: Path, frame: NDArray[Any]) -> float:
    """Seconds a point; the one file that came to be holds ``frame`` in each point, and is removed."""
    seconds = _seconds(run_engine, detector)
    (path,) = folder.iterdir()
    with h5py.File(path) as file:
        frames = file[_DATASET][()]
    assert frames.shape == (_POINTS, *frame.shape), f"{detector.name} wrote {frames.shape}"
    assert frames.dtype == frame.dtype, f"{detector.name} wrote {frames.dtype}"
    assert (frames == frame).all(), f"{detector.name} wrote other frames"
    path.unlink()
    return seconds


@contextmanager
def _contenders(stats: Sequence[str]) -> Generator[Mapping[str, Sample]]:
    with scratch(_POINTS * _HEIGHT * _WIDTH) as folder:
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
            "trivial": partial(_seconds, run_engine, Trivial()),
            "ours": partial(_written, run_engine, camera, ours, frame),
            "baseline": partial(_written, run_engine, blob, theirs, frame),
        }


def _ratio(times: Times) -> float:
    return (times["ours"] - times["trivial"]) / (times["baseline"] - times["trivial"])


def _detail(times: Times) -> str:
    ours, baseline, trivial = (times[name] * 1e3 for name in ("ours", "baseline", "trivial"))
    return f"adds {ours - trivial:.2f} ms against {baseline - trivial:.2f} ms to a point of {trivial:.2f} ms"


def _row(name: str, measures: str, stats: Sequence[str]) -> Row:
    return Row(
        name=name,
        measures=measures,
        baseline="ophyd-async SimBlobDetector",
        work="point",
        goal=at_most(0.5),
        contenders=partial(_contenders, stats),
        ratio=_ratio,
        detail=_detail,
    )


ROWS = (
    _row("point-overhead", "time a point adds to count, all stats", tuple(STATISTICS)),
    _row("point-overhead-no-stats", "time a point adds to count, stats=()", ()),
)
