"""Whatever a plan does: each event's frames are those that its numbers were computed from."""

import logging
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import uuid4

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import framestore_handlers
import numpy as np
import pytest
from bluesky.utils import FailedStatus, RunEngineInterrupted
from fronts_of import FRONTS, OPHYD, OPHYD_ASYNC, OPHYD_DATUM, STREAM_FRONTS, fronts
from hypothesis import given, settings
from hypothesis import strategies as st
from named import Named, check_files
from numbered import NumberedSource
from scenarios import trigger
from slow import slow
from ways import HDF5Way, SavedNumpyWay

from framestore.formats import HDF5
from framestore.paths import StaticPathProvider, UUIDFilenameProvider


class SplitWay(HDF5Way):
    """Arrays into files of at most three frames."""

    settings: ClassVar = {"format": HDF5(rotate_frames=3)}


class SplitNumpyWay(SavedNumpyWay):
    """Files of the camera's own, at most three in a series."""

    settings: ClassVar = {"format": replace(SavedNumpyWay.settings["format"], rotate_frames=3)}


class Source(NumberedSource):
    """Tells each frame by its mean; fails when it is told to, and waits while its gate is closed."""

    step = 1000

    def __init__(self):
        super().__init__((4, 6), "uint32")
        self.gate = threading.Event()
        self.gate.set()
        self.fails = False

    def expected(self, k):
        return (np.arange(24).reshape(4, 6) + self.step * k).astype("uint32")

    def with_mean(self, mean, frames):
        """The frames of a point that has this mean."""
        first = round((mean - np.arange(24).mean()) / self.step - (frames - 1) / 2)
        return [self.expected(first + j) for j in range(frames)]

    def next_number(self):
        assert self.gate.wait(30)
        if self.fails:
            self.fails = False
            raise OSError("the cable is loose")
        return super().next_number()


@dataclass(frozen=True)
class Point:
    """A point of a plan."""

    checkpoint: bool = False
    """Whether one comes before it is taken."""
    taken: str = "once"
    """How; "fails" and "stopped": the plan takes it again."""
    checkpoint_after: bool = False
    """Whether one comes after it was taken."""
    pause: str = ""
    """When the plan pauses, once."""
    ahead: bool = False
    """Whether the next one is triggered between its read and save."""
    dropped: bool = False
    """Whether its event is dropped, not saved."""


@dataclass(frozen=True)
class Next:
    """What the plan goes on to: another stream, run or staging."""

    what: str


POINTS = st.builds(
    Point,
    checkpoint=st.booleans(),
    taken=st.sampled_from(["once", "once", "twice", "fails", "stopped"]),
    checkpoint_after=st.booleans(),
    pause=st.sampled_from(["", "", "before wait", "trigger", "read", "save"]),
    ahead=st.booleans(),
    dropped=st.booleans(),
)
PLANS = st.lists(POINTS | POINTS | st.builds(Next, st.sampled_from(["stream", "run", "staging"])), max_size=10)


FEW, MANY = {OPHYD: 60, OPHYD_DATUM: 60, OPHYD_ASYNC: 15}, dict.fromkeys(FRONTS, 200)
"""Plans that are played."""


class Player:
    """A plan made of points, in legal order; counts the events that it saves, by run and stream."""

    def __init__(self, front, camera, source):
        self.saved = Counter()
        self._front = front
        self._camera = camera
        self._source = source
        self._run = self._stream = 0
        self._triggered = False
        self._rewinds_to_read = False
        self._may_pause = True

    def plan(self, operations):
        yield from bps.stage_all(self._camera)
        yield from bps.open_run()
        yield from self._checkpoint()
        for operation in operations:
            yield from self._point(operation) if isinstance(operation, Point) else self._next(operation.what)
        yield from bps.close_run()
        yield from bps.unstage_all(self._camera)

    def _checkpoint(self):
        self._may_pause = True
        self._rewinds_to_read = self._triggered
        yield from bps.checkpoint()

    def _pause(self):
        if self._rewinds_to_read and self._triggered:  # a test of its own has it still under way: below
            yield from bps.wait("point")
        if self._may_pause:
            yield from bps.pause()

    def _next(self, what):
        if what == "staging":
            self._triggered = False
            yield from bps.unstage_all(self._camera)
            yield from bps.stage_all(self._camera)
        elif what == "run":
            self._run += 1
            yield from bps.close_run()
            yield from bps.open_run()
        else:
            self._stream += 1
        yield from self._checkpoint()  # going back behind it would be going back to an earlier stream

    def _point(self, point):
        if point.checkpoint:
            yield from self._checkpoint()
        if not self._triggered:
            yield from self._take(point.taken)
        if point.pause == "before wait":
            yield from self._pause()
        yield from bps.wait("point")
        if point.pause == "trigger":
            yield from self._pause()
        if point.checkpoint_after:
            yield from self._checkpoint()
        yield from self._event(point)
        if point.pause == "save":
            yield from self._pause()

    def _take(self, how):
        if how == "twice":
            yield from trigger(self._camera)
        elif how == "fails":
            self._source.fails = True
            with suppress(FailedStatus):
                yield from trigger(self._camera)
            yield from self._checkpoint()  # bluesky may have left out the wait, and would leave it out again
        elif how == "stopped":
            self._source.gate.clear()
            yield from bps.trigger(self._camera, group="stopped")
            yield from self._front.stop(self._camera)
            self._source.gate.set()
            yield from bps.wait("stopped")
        self._triggered = True
        yield from bps.trigger(self._camera, group="point")

    def _event(self, point):
        yield from bps.create(f"stream {self._stream}")
        yield from bps.read(self._camera)
        self._triggered = False
        if point.pause == "read":
            yield from self._pause()
        if point.ahead:
            yield from bps.trigger(self._camera, group="point")
            self._triggered = True
        if point.dropped:
            yield from bps.drop()
            return
        self.saved[self._run, f"stream {self._stream}"] += 1
        yield from bps.save()
        if self._rewinds_to_read and self._front.family == "stream":
            # Going back there would read the same point again: test_streams has that, by itself.
            self._may_pause = False


def drive(run_engine, plan, documents):
    try:
        run_engine(plan, documents)
    except RunEngineInterrupted:
        while run_engine.state == "paused":
            with suppress(RunEngineInterrupted):
                run_engine.resume()
    finally:
        if run_engine.state != "idle":
            run_engine.halt()


def check_events(run, saved, source, frames, front):
    assert run.stop["exit_status"] == "success"
    assert {name: len(run[name].seq_nums) for name in run.streams} == saved
    for name in run.streams:
        stream = run[name]
        means = stream[front.number("camera", "mean")]
        for images, mean in zip(stream[front.image("camera")].compute(), means, strict=True):
            np.testing.assert_array_equal(images, source.with_mean(mean, frames), err_msg="frames of another event")


def play(run_engine, documents, folder, operations, kind, front, frames):
    """Run a plan, and look at all that it left."""
    source = Source()
    way = kind(source)
    camera = front.make(
        way.source,
        StaticPathProvider(UUIDFilenameProvider(), folder),
        **way.settings,
        frames_per_point=frames,
        stats=("mean",),
    )
    player = Player(front, camera, source)
    documents.clear()
    try:
        drive(run_engine, player.plan(operations), documents)
    finally:
        source.gate.set()
        front.unstage(camera)
    runs = documents.by_run()
    for number, run in enumerate(runs):
        saved = {stream: count for (of, stream), count in player.saved.items() if of == number}
        check_events(way.load(run), saved, source, frames, front)
        every = {
            name: sum(event["descriptor"] in uids for event in run.of("event")) for name, uids in uids_of(run).items()
        }
        check_events(way.load(run, repeats="all"), every, source, frames, front)
    named = Named(documents)
    named.check()
    if folder.exists():
        # What was taken back of a file that was full by then stays there.
        splits = way.settings["format"] != "hdf5" and way.settings["format"].rotate_frames is not None
        key, unnamed_points = front.image("camera"), splits or front.family == "datum"
        check_files(named, folder, {key: frames}, unnamed_points=unnamed_points)


def uids_of(run):
    """Of the descriptors, by stream."""
    streams = {}
    for descriptor in run.of("descriptor"):
        streams.setdefault(descriptor["name"], set()).add(descriptor["uid"])
    return streams


@pytest.mark.parametrize("kind", [HDF5Way, SplitNumpyWay, *slow(SavedNumpyWay, SplitWay)])
@pytest.mark.parametrize("examples", [FEW, *slow(MANY)], ids=["few", "many"])
@fronts(*FRONTS)
def test_each_event_has_its_own_frames(
    run_engine, documents, tmp_path, threads_of_cameras, caplog, kind, front, examples
):
    caplog.set_level(logging.CRITICAL, "bluesky")
    caplog.set_level(logging.CRITICAL, "framestore")

    @settings(max_examples=examples[front], deadline=None, derandomize=True)
    @given(PLANS, st.integers(1, 2))
    def test(operations, frames):
        play(run_engine, documents, tmp_path / uuid4().hex, operations, kind, front, frames)
        assert not threads_of_cameras()

    test()


def read_again(camera, source):
    """A plan that pauses while its second point is under way, and goes back to after the trigger of the first."""
    yield from bps.trigger(camera, wait=True)
    yield from bps.checkpoint()
    yield from bps.create()
    yield from bps.read(camera)
    yield from bps.drop()
    source.gate.clear()
    yield from bps.trigger(camera, group="second")
    try:
        yield from bps.pause()
    finally:
        source.gate.set()
    yield from bps.wait("second")
    yield from bps.create()
    yield from bps.read(camera)
    yield from bps.save()


def finish(run_engine, front, camera, source, plan, documents):
    try:
        drive(run_engine, bpp.stage_wrapper(bpp.run_wrapper(plan), [camera]), documents)
    finally:
        source.gate.set()
    check_events(framestore_handlers.load(documents), {"primary": 1}, source, 1, front)


@fronts(*FRONTS)
def test_a_point_that_is_under_way_at_a_pause_is_triggered_anew_after_a_read(run_engine, make_camera, documents, front):
    source = Source()
    camera = make_camera(source)
    finish(run_engine, front, camera, source, read_again(camera, source), documents)


@fronts(*STREAM_FRONTS)
def test_indices_go_on_in_the_next_staging_after_a_pause_and_a_dropped_event(run_engine, make_camera, documents, front):
    source = Source()
    camera = make_camera(source)

    def point(end, pause=bps.null):
        yield from bps.checkpoint()
        yield from bps.trigger(camera, wait=True)
        yield from pause()
        yield from bps.create()
        yield from bps.read(camera)
        yield from end()

    @bpp.run_decorator()
    def plan():
        yield from bps.stage_all(camera)
        yield from point(bps.save)
        yield from point(bps.drop, pause=bps.pause)
        yield from bps.unstage_all(camera)
        yield from bps.stage_all(camera)
        yield from point(bps.save)
        yield from bps.unstage_all(camera)

    drive(run_engine, plan(), documents)
    check_events(framestore_handlers.load(documents), {"primary": 2}, source, 1, front)
    Named(documents).check()


@fronts(OPHYD, OPHYD_DATUM)
def test_a_point_that_is_completed_between_read_and_collect_is_not_taken_for_the_one_that_was_read(
    run_engine, make_camera, documents, front, monkeypatch
):
    """It was under way at the pause; the plan goes back to the read of the one before it."""
    source = Source()
    camera = make_camera(source)
    under_way = []
    collect = camera.collect_asset_docs

    def late(index=None):
        if under_way:
            source.gate.set()
            under_way[0].wait(10)
        return collect(index)

    monkeypatch.setattr(camera, "collect_asset_docs", late)

    def plan():
        yield from bps.trigger(camera, wait=True)
        yield from bps.checkpoint()
        yield from bps.create()
        yield from bps.read(camera)
        source.gate.clear()
        under_way.append((yield from bps.trigger(camera, group="second")))
        yield from bps.pause()
        yield from bps.save()
        yield from bps.wait("second")

    finish(run_engine, front, camera, source, plan(), documents)
