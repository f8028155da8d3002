"""A fly scan under a RunEngine that collects it, against a burst of as many frames in one event.

Both are timed from kickoff, or trigger, until the Status says that all frames can be read; staging, and making and
closing the file, are left out. The memory that the file takes is held by a `Ballast` until it is needed.
"""

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import numpy as np
from bluesky import RunEngine
from bluesky.utils import Msg
from ophyd_async.core import init_devices

from framestore.ophyd import Camera
from framestore.ophyd_async import Camera as AsyncCamera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider

from .burst_writer import Ballast, LightenedHDF5
from .bursts import check_hdf5, frames_a_second, speed
from .ring import Ring, RingSource, noise
from .rows import Row, Sample, at_least, at_most
from .scratch import scratch

_FRAMES = 5000
_SHAPE = (512, 512)
_DTYPE = np.dtype(np.uint16)
_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * _DTYPE.itemsize
_RING = 50
_LOOKED_AT = (*range(0, _FRAMES, 97), _FRAMES - 1)
_PERIOD = 0.1
"""Seconds between two collects."""


class TimedBallast(Ballast):
    """It knows when each frame was about to be written."""

    def __init__(self, path: Path, ring: Ring) -> None:
        super().__init__(path, ring)
        self.times: list[float] = []
        """POSIX seconds."""

    def fill(self, frames: int) -> None:
        """Begin anew."""
        self.times.clear()
        super().fill(frames)

    def let_go(self) -> None:
        """Note the time."""
        self.times.append(time.time())
        super().let_go()


class Bench:
    """A camera, and the documents of its last run."""

    def __init__(self, folder: Path, ring: Ring, ballast: TimedBallast, frames_per_point: int, front: Any) -> None:
        self._folder = folder
        self._ring = ring
        self._ballast = ballast
        self._frames = frames_per_point
        self._engine = RunEngine({})
        self._engine.msg_hook = self._count
        self._collects = 0
        self._seconds = 0.0
        self._documented: list[tuple[float, int, int]] = []
        with init_devices():
            camera = front(
                RingSource(ring),
                StaticPathProvider(UUIDFilenameProvider(), folder),
                format=LightenedHDF5(ballast=ballast),
                frames_per_point=frames_per_point,
                stats=(),
                name="camera",
            )
        self._camera: Any = camera

    def seconds(self) -> float:
        """Take all frames, check them, and return how long that took."""
        with self._taken():
            return self._seconds - self._ballast.seconds

    def lag(self) -> float:
        """Take all frames, and return the longest time from writing a frame to its document, in collect periods."""
        with self._taken():
            return max(when - self._ballast.times[start] for when, start, _ in self._documented) / _PERIOD

    @contextmanager
    def _taken(self) -> Iterator[None]:
        self._ballast.fill(_FRAMES)
        self._documented.clear()
        self._collects = 0
        self._engine(self._plan(), {"all": [self._note]})
        (path,) = self._folder.glob("*.h5")
        check_hdf5(self._ring, path, _FRAMES, _LOOKED_AT)
        path.unlink()
        assert [start for _, start, _ in self._documented] == [0, *(stop for *_, stop in self._documented[:-1])]
        assert len(self._documented) <= max(self._collects, 1), "more than one StreamDatum in a collect"
        assert self._documented[-1][2] == _FRAMES // self._frames, "documents are missing"
        yield

    def _count(self, msg: Msg) -> None:
        self._collects += msg.command == "collect"

    def _note(self, name: str, document: Mapping[str, Any]) -> None:
        if name == "stream_datum":
            self._documented.append((time.time(), document["indices"]["start"], document["indices"]["stop"]))

    def _plan(self) -> Generator[Msg, Any, Any]:
        flight = self._flown() if self._frames == 1 else self._triggered()
        return bpp.stage_wrapper(bpp.run_wrapper(flight), [self._camera])

    def _flown(self) -> Generator[Msg, Any, None]:
        camera = self._camera
        yield from bps.prepare(camera, _FRAMES, wait=True)
        yield from bps.declare_stream(camera, name="primary", collect=True)
        start = time.perf_counter()
        yield from bps.kickoff(camera, wait=True)
        status = yield from bps.complete(camera, group="complete")
        status.add_callback(partial(self._ended, start))
        yield from bps.collect_while_completing([camera], [camera], flush_period=_PERIOD, stream_name="primary")

    def _triggered(self) -> Generator[Msg, Any, None]:
        start = time.perf_counter()
        yield from bps.trigger(self._camera, wait=True)
        self._ended(start)
        yield from bps.create("primary")
        yield from bps.read(self._camera)
        yield from bps.save()

    def _ended(self, start: float, *_: Any) -> None:
        self._seconds = time.perf_counter() - start


@contextmanager
def _benches(*frames_per_point: int, front: Any = Camera) -> Generator[list[Bench]]:
    ring = noise(_RING, _SHAPE, _DTYPE)
    with scratch(_BYTES) as folder, closing(TimedBallast(folder / "ballast", ring)) as ballast:
        yield [Bench(folder, ring, ballast, frames, front) for frames in frames_per_point]


@contextmanager
def _speeds() -> Generator[Mapping[str, Sample]]:
    with _benches(1, _FRAMES) as (flown, burst):
        yield {"ours": flown.seconds, "baseline": burst.seconds}


@contextmanager
def _lags(front: Any) -> Generator[Mapping[str, Sample]]:
    with _benches(1, front=front) as (flown,):
        yield {"ours": flown.lag}


ROWS = (
    Row(
        name="fly-scan",
        measures="speed of a fly scan of 512x512 uint16, no frame lost",
        baseline="a burst of one event by the same camera",
        work=f"scan of {_FRAMES} frames",
        goal=at_least(0.8),
        rounds=5,
        contenders=_speeds,
        ratio=speed,
        detail=partial(frames_a_second, _FRAMES),
    ),
    Row(
        name="fly-scan-lag",
        measures="longest time from writing a frame of it to its document",
        baseline=f"the collect period of {_PERIOD:g} s",
        work=f"scan of {_FRAMES} frames",
        goal=at_most(2),
        rounds=5,
        contenders=partial(_lags, Camera),
        ratio=lambda times: times["ours"],
        detail=lambda times: f"{times['ours'] * _PERIOD * 1e3:.0f} ms",
        unit="collect periods",
    ),
    Row(
        name="async-fly-scan-lag",
        measures="the same, ophyd-async front",
        baseline=f"the collect period of {_PERIOD:g} s",
        work=f"scan of {_FRAMES} frames",
        goal=at_most(5),
        rounds=5,
        contenders=partial(_lags, AsyncCamera),
        ratio=lambda times: times["ours"],
        detail=lambda times: f"{times['ours'] * _PERIOD * 1e3:.0f} ms",
        unit="collect periods",
    ),
)
