"""What tests of fly scans share: sources that are let go on, plans, and what must hold of all documents and files."""

import threading
import time

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import numpy as np
import pytest
from bluesky.utils import FailedStatus
from named import Named, frames_in
from numbered import NumberedSource

from framestore import Frame
from framestore.formats.hdf5.writer import HDF5Writer
from framestore.testing.detector.flights import index_of

PERIOD = 0.05
"""Seconds between two collects."""


class Gate:
    """A source whose frames come when the test lets them; frame k is full of k."""

    shape, dtype = (4, 4), np.dtype("uint16")

    def __init__(self):
        self._gate = threading.Semaphore(0)
        self.given = self.asked = 0
        self.returns_when_told = False

    def start(self): ...

    def stop(self): ...

    def release(self, frames):
        self._gate.release(frames)

    def next_frame(self, timeout):
        self.asked += 1
        if not self._gate.acquire(timeout=0.2 if self.returns_when_told else 60):
            raise TimeoutError("no trigger came")
        self.given += 1
        return Frame(np.full(self.shape, self.given - 1, self.dtype), self.given - 1, time.time())


class Silent(Gate):
    """A source that waits for a trigger in vain."""

    def next_frame(self, timeout):
        time.sleep(timeout)
        raise TimeoutError("no trigger came")


class FailingSource(NumberedSource):
    def __init__(self, at):
        super().__init__()
        self.at = at

    def next_frame(self, timeout):
        if self.count == self.at:
            raise OSError("the cable was pulled")
        return super().next_frame(timeout)


def flown(cameras, points, *, after=bps.null):
    """A plan that flies cameras together, in a run of its own."""

    @bpp.stage_decorator(cameras)
    @bpp.run_decorator()
    def plan():
        yield from in_a_run(cameras, points, after=after)

    return plan()


def in_a_run(cameras, points, *, after=bps.null):
    for camera in cameras:
        yield from bps.prepare(camera, points, wait=True)
    yield from bps.declare_stream(*cameras, name="primary", collect=True)
    for camera in cameras:
        yield from bps.kickoff(camera, wait=True)
    yield from after()
    yield from bps.collect_while_completing(cameras, cameras, flush_period=PERIOD, stream_name="primary")


def waits_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        yield from bps.sleep(0.01)


def landed(camera, source, points):
    """Let frames of so many points come, and wait until they can be collected."""
    before = yield from index_of(camera)
    source.release(points * (yield from bps.rd(camera.frames_per_point)))
    deadline = time.monotonic() + 30
    while (yield from index_of(camera)) != before + points:
        assert time.monotonic() < deadline, "they did not land"
        yield from bps.sleep(0.01)


def failing(run_engine, plan, documents):
    """The error at the root of what a plan raises."""
    with pytest.raises(Exception) as raised:  # noqa: PT011 - the caller looks at it
        run_engine(plan, documents)
    assert documents.of("stop")[0]["exit_status"] == "fail"
    return raised.value.__cause__ if isinstance(raised.value, FailedStatus) else raised.value


def slow_disk(monkeypatch, seconds):
    """Each frame takes so long to write."""
    append = HDF5Writer.append

    def slowly(self, *arguments):
        time.sleep(seconds)
        append(self, *arguments)

    monkeypatch.setattr(HDF5Writer, "append", slowly)


def check(documents):
    """Each resource is of one stream, without gaps, and its file has the points that it names, and no other."""
    named = Named(documents)
    named.check()
    data_keys = [found for descriptor in documents.of("descriptor") for found in descriptor["data_keys"].items()]
    frames = {key: data_key["shape"][0] for key, data_key in data_keys if "external" in data_key}
    for uid, resource in named.resources.items():
        rows, each = named.rows(uid), frames[resource["data_key"]]
        assert frames_in(named.path(uid), resource) == [row * each + j for row in rows for j in range(each)]
    return named


def numbers(images):
    """Which frame of a `Gate` each frame is."""
    return images.reshape(-1, images.shape[-2] * images.shape[-1])[:, 0].tolist()
