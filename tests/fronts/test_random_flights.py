"""Whatever a plan does with fly scans: each frame that documents name is there, and none that they do not name."""

import threading
import time

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import numpy as np
import pytest
from bluesky.utils import RunEngineInterrupted
from flying import landed

from framestore import Frame


class Source:
    """Frame k is full of k. Frames come when the test lets them; a trigger that will not come is told at once."""

    shape, dtype = (4, 4), np.dtype("uint16")

    def __init__(self):
        self._changed = threading.Condition()
        self._free = self.given = 0
        self._ends = False

    def start(self): ...

    def stop(self): ...

    def release(self, frames):
        with self._changed:
            self._free += frames
            self._changed.notify_all()

    def end(self, *, ends=True):
        """Or go on: without a frame to spare."""
        with self._changed:
            self._free, self._ends = 0, ends
            self._changed.notify_all()

    def next_frame(self, timeout):
        with self._changed:
            assert self._changed.wait_for(lambda: self._free or self._ends, 60)
            if not self._free:
                raise TimeoutError("no trigger came")
            self._free -= 1
            self.given += 1
            return Frame(np.full(self.shape, self.given - 1, self.dtype), self.given - 1, time.time())


@pytest.fixture
def two(make_camera):
    """Cameras, and their sources."""
    sources = [Source(), Source()]
    yield [make_camera(source, name=name) for source, name in zip(sources, ["one", "two"], strict=True)], sources
    for source in sources:
        source.end()


@pytest.fixture
def one(two):
    """A camera, and its source."""
    cameras, sources = two
    return cameras[0], sources[0]


def staged(cameras, plan):
    return bpp.stage_wrapper(bpp.run_wrapper(plan), cameras)


def kicked_off(cameras, points, *, stream="primary", declare=True):
    if declare:
        yield from bps.declare_stream(*cameras, name=stream, collect=True)
    for camera in cameras:
        yield from bps.prepare(camera, points, wait=True)
    for camera in cameras:
        yield from bps.kickoff(camera, wait=True)


@pytest.mark.parametrize("end", ["stop", "abort", "halt"])
def test_one_that_is_held_in_a_pause_ends_with_it(run_engine, documents, one, threads_of_cameras, end):
    """Its source is not asked, so that it does not wait for a frame; its thread must end all the same."""
    camera, source = one

    def plan():
        yield from kicked_off([camera], 9)
        yield from landed(camera, source, 2)
        yield from bps.checkpoint()
        yield from bps.pause()

    with pytest.raises(RunEngineInterrupted):
        run_engine(staged([camera], plan()), documents)
    told = threading.Event()
    camera.complete().watch(lambda **progress: progress["current"] == 3 and told.set())
    source.release(1)
    assert told.wait(10)
    getattr(run_engine, end)()
    camera.unstage()
    assert not threads_of_cameras()
