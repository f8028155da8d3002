"""Whatever a plan does with fly scans: each frame that documents name is there, and none that they do not name."""

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, count
from uuid import uuid4

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import framestore_handlers
import numpy as np
import pytest
from bluesky.utils import RunEngineInterrupted
from flying import index_of, landed
from fronts_of import OPHYD, OPHYD_ASYNC, STREAM_FRONTS, fronts, raises
from hypothesis import given, settings
from hypothesis import strategies as st
from named import Named, check_files
from slow import slow

from framestore import Frame
from framestore.formats import HDF5
from framestore.paths import StaticPathProvider, UUIDFilenameProvider

pytestmark = fronts(*STREAM_FRONTS)


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


@dataclass(frozen=True)
class Step:
    """A point that the plan triggers."""

    again: bool = False
    """Whether in the stream of the step before, where nothing came between."""
    fate: str = "save"
    """What becomes of it: save, drop, or nothing."""
    pause: bool = False
    """Whether the plan pauses, once, after it was read."""


@dataclass(frozen=True)
class Fly:
    """A fly scan of all cameras in one stream."""

    again: bool = False
    """Whether in the stream of the flight before, where nothing came between."""
    points: int = 0
    """How many; 0: until it is completed."""
    prepared: str = "after"
    """Whether before or after the stream is declared."""
    checkpoint: str = ""
    """Where there is one, beside the one that all begins with."""
    doings: tuple = ()
    """What is done on the way: how many points land, of each camera in turn; or something else."""
    end: str = "collected"
    """How it ends: completed and collected, or only completed, or left alone."""


@dataclass(frozen=True)
class Next:
    """What the plan goes on to: another run or staging."""

    what: str


DOINGS = st.tuples(st.integers(0, 2), st.integers(0, 2)) | st.sampled_from(["collect", "watch", "pause", "deferred"])
STEPS = st.builds(Step, st.booleans(), st.sampled_from(["save", "save", "drop", "nothing"]), st.booleans())
FLIGHTS = st.builds(
    Fly,
    again=st.booleans(),
    points=st.integers(0, 4),
    prepared=st.sampled_from(["before", "after"]),
    checkpoint=st.sampled_from(["", "before kickoff", "after kickoff"]),
    doings=st.lists(DOINGS, max_size=5).map(tuple),
    end=st.sampled_from(["collected", "collected", "completed", "left"]),
)
PLANS = st.lists(STEPS | FLIGHTS | FLIGHTS | st.builds(Next, st.sampled_from(["run", "staging"])), max_size=6)
ENDS = st.sampled_from(["resume", "resume", "resume", "stop", "abort", "halt"])


FEW, MANY = {OPHYD: 25, OPHYD_ASYNC: 6}, dict.fromkeys(STREAM_FRONTS, 100)
"""Plans that are played."""


@dataclass
class Flight:
    """What is known of a fly scan."""

    first: list
    """Number of each source's first frame."""
    least: int = 0
    """Points that were collected for certain."""
    most: int | None = None
    """Points that there may be."""
    lost: bool = False
    """Whether those that were not collected by now are gone."""


class Player:
    """A plan made of steps and flights; knows what its streams have to hold."""

    def __init__(self, cameras, sources, frames):
        self.steps, self.flights = {}, {}
        self._cameras, self._sources, self._frames = cameras, sources, frames
        self._names = count()
        self._run = 0
        self._stream = None
        self._kind = None
        self._restage = False

    def plan(self, operations):
        yield from bps.stage_all(*self._cameras)
        yield from bps.open_run()
        for operation in operations:
            yield from bps.checkpoint()
            if self._restage and not (isinstance(operation, Fly) and operation.again and self._kind is Fly):
                yield from self._next("staging")
            if isinstance(operation, Next):
                yield from self._next(operation.what)
            else:
                yield from self._step(operation) if isinstance(operation, Step) else self._fly(operation)
        yield from bps.close_run()
        yield from self._leave()

    def _leave(self):
        for source in self._sources:
            source.end()
        yield from bps.unstage_all(*self._cameras)
        for flight in chain.from_iterable(self.flights.values()):
            flight.lost = True
            flight.most = min(self._taken(flight)) if flight.most is None else flight.most
        for source in self._sources:
            source.end(ends=False)
        self._restage = False

    def _next(self, what):
        if what == "staging" or self._restage:
            yield from self._leave()
            yield from bps.stage_all(*self._cameras)
        if what == "run":
            yield from bps.close_run()
            yield from bps.open_run()
            self._run += 1
            self._kind = None
        yield from bps.checkpoint()

    def _name(self, operation):
        if not (operation.again and self._kind is type(operation)):
            self._stream = (self._run, f"{type(operation).__name__} {next(self._names)}")
            self._kind = type(operation)
        return self._stream

    def _step(self, step):
        stream = self._name(step)
        for source in self._sources:
            source.release(2 * self._frames)  # it may be paused, and taken again
        for camera in self._cameras:
            yield from bps.trigger(camera, group="step")
        yield from bps.wait("step")
        if step.fate != "nothing":
            yield from bps.create(stream[1])
            for camera in self._cameras:
                yield from bps.read(camera)
            if step.pause:
                yield from bps.pause()
            if step.fate == "save":
                self.steps[stream] = self.steps.get(stream, 0) + 1
                yield from bps.save()
            else:
                yield from bps.drop()
        for source in self._sources:
            source.end(ends=False)

    def _fly(self, fly):
        known = self._stream
        stream = self._name(fly)
        if fly.prepared == "before":
            yield from self._prepare(fly)
        if stream != known:
            yield from bps.declare_stream(*self._cameras, name=stream[1], collect=True)
        if fly.prepared == "after":
            yield from self._prepare(fly)
        if fly.checkpoint == "before kickoff":
            yield from bps.checkpoint()
        flight = Flight([source.given for source in self._sources])
        self.flights.setdefault(stream, []).append(flight)
        for camera in self._cameras:
            yield from bps.kickoff(camera, wait=True)
        if fly.checkpoint == "after kickoff":
            yield from bps.checkpoint()
        yield from self._doings(fly, flight, stream[1])
        if fly.end == "left":
            self._restage = True
            yield from self._next("staging")
        else:
            yield from self._complete(fly, flight, stream[1])

    def _prepare(self, fly):
        for camera in self._cameras:
            yield from bps.prepare(camera, fly.points, wait=True)

    def _doings(self, fly, flight, stream):
        there = [0] * len(self._cameras)
        for doing in fly.doings:
            if isinstance(doing, tuple):
                for k, (camera, source) in enumerate(zip(self._cameras, self._sources, strict=True)):
                    more = min(doing[k], fly.points - there[k]) if fly.points else doing[k]
                    yield from landed(camera, source, more)
                    there[k] += more
            elif doing == "collect":
                yield from bps.collect(*self._cameras, name=stream)
                flight.least = min(there)
            elif doing == "watch":
                yield from bps.create("watched")
                yield from bps.read(self._cameras[0])
                yield from bps.save()
            elif doing == "pause":
                yield from bps.pause()
            else:
                yield from bps.deferred_pause()
                yield from bps.checkpoint()

    def _taken(self, flight):
        """Whole points that each camera has taken, now that the flight is over."""
        return [(s.given - f) // self._frames for s, f in zip(self._sources, flight.first, strict=True)]

    def _complete(self, fly, flight, stream):
        group = uuid4().hex
        for camera in self._cameras:
            yield from bps.complete(camera, group=group)
        for source in self._sources:  # where all was collected before a pause, all is taken again
            source.release((fly.points or 1) * self._frames)
        yield from bps.wait(group)
        for source in self._sources:
            source.end(ends=False)
        flight.most = min(self._taken(flight))
        if fly.end == "collected":
            yield from bps.collect(*self._cameras, name=stream)
            for one in self.flights[self._run, stream]:
                one.least = one.least if one.lost else one.most
        else:
            self._restage = True  # nobody will collect it any more, but with another flight of the stream


def drive(run_engine, player, operations, end, documents):
    """Run it to its end; whether that was the plan's own."""
    try:
        run_engine(player.plan(operations), documents)
    except RunEngineInterrupted:
        while run_engine.state == "paused":
            if end != "resume":
                for source in player._sources:
                    source.end()
                getattr(run_engine, end)()
                return False
            with suppress(RunEngineInterrupted):
                run_engine.resume()
    return True


def points_of(images, flights, k, frames):
    """Which (flight, point) each row is, of camera k."""
    rows = images.reshape(len(images), frames, 16)
    assert (rows == rows[..., :1]).all(), "a frame is not whole"
    found = []
    for row in rows[..., 0]:
        at = [n for n, flight in enumerate(flights) if flight.first[k] <= row[0]]
        point, rest = divmod(int(row[0]) - flights[at[-1]].first[k], frames)
        assert rest == 0
        assert row.tolist() == list(range(row[0], row[0] + frames)), "frames of two points"
        found.append((at[-1], point))
    return found


def check_flights(stream, keys, flights, frames, *, whole):
    """Each flight is there from its first point on, and the rows of all cameras are of the same points."""
    found = [points_of(stream[key].compute(), flights, k, frames) for k, key in enumerate(keys)]
    assert all(points == found[0] for points in found), "an event has frames of different points"
    for n, flight in enumerate(flights):
        points = [point for of, point in found[0] if of == n]
        assert points == list(range(len(points)))
        assert flight.most is None or len(points) <= flight.most, "frames that are not of the flight"
        if whole:
            assert len(points) >= flight.least
    assert found[0] == sorted(found[0])


def check_steps(front, stream, names, saved, frames, *, whole):
    assert len(stream.seq_nums) == saved or not whole
    for name in names:
        images = stream[front.image(name)].compute()
        np.testing.assert_allclose(images.mean(axis=(1, 2, 3)), stream[front.number(name, "mean")])
        assert images.shape[1] == frames


def play(run_engine, documents, folder, operations, end, cameras, frames, rotate, front):
    """Run a plan, and look at all that it left."""
    sources = [Source() for _ in range(cameras)]
    names = ["one", "two"][:cameras]
    provider = StaticPathProvider(UUIDFilenameProvider(), folder)
    made = [
        front.make(
            source,
            provider,
            format=HDF5(rotate_frames=rotate),
            frames_per_point=frames,
            stats=("mean",),
            name=name,
            frame_timeout=30,
        )
        for source, name in zip(sources, names, strict=True)
    ]
    player = Player(made, sources, frames)
    documents.clear()
    try:
        whole = drive(run_engine, player, operations, end, documents)
    finally:
        if run_engine.state != "idle":
            for source in sources:
                source.end()
            run_engine.halt()
        for source, camera in zip(sources, made, strict=True):
            source.end()
            front.unstage(camera)
    keys = [front.image(name) for name in names]
    for number, run in enumerate(documents.by_run()):
        loaded = framestore_handlers.load(run)
        assert loaded.stop["exit_status"] == "success" or not whole
        for (of, name), flights in player.flights.items():
            if of == number and name in loaded.streams:
                check_flights(loaded[name], keys, flights, frames, whole=whole)
        for (of, name), saved in player.steps.items():
            if of == number and name in loaded.streams:
                check_steps(front, loaded[name], names, saved, frames, whole=whole)
    named = Named(documents)
    named.check()
    if folder.exists():
        check_files(named, folder, dict.fromkeys(keys, frames), unnamed_points=rotate is not None)


@pytest.mark.parametrize("rotate", [3, *slow(None)])
@pytest.mark.parametrize("cameras", [1, 2])
@pytest.mark.parametrize("examples", [FEW, *slow(MANY)], ids=["few", "many"])
def test_each_frame_that_is_named_is_there(
    run_engine, documents, tmp_path, threads_of_cameras, caplog, cameras, rotate, front, examples
):
    caplog.set_level(logging.CRITICAL, "bluesky")
    caplog.set_level(logging.CRITICAL, "framestore")

    @settings(max_examples=examples[front], deadline=None, derandomize=True)
    @given(PLANS, ENDS, st.integers(1, 2))
    def test(operations, end, frames):
        play(run_engine, documents, tmp_path / uuid4().hex, operations, end, cameras, frames, rotate, front)
        assert not threads_of_cameras()

    test()


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


def finished(cameras, sources, *, frames, stream="primary"):
    for camera in cameras:
        yield from bps.complete(camera, group="complete")
    for source in sources:
        source.release(frames)
    yield from bps.wait("complete")
    yield from bps.collect(*cameras, name=stream)


def stopped(cameras, sources):
    """With the points that there are."""
    for camera in cameras:
        yield from bps.complete(camera, group="complete")
    for source in sources:
        source.end()
    yield from bps.wait("complete")
    yield from bps.collect(*cameras, name="primary")
    for source in sources:
        source.end(ends=False)


def event(camera, stream, end=bps.save):
    yield from bps.create(stream)
    yield from bps.read(camera)
    yield from end()


def frames_of(documents, stream, key):
    return framestore_handlers.load(documents)[stream][key].compute()[:, 0, 0, 0].tolist()


def all_is_named(documents, folder, *keys):
    named = Named(documents)
    named.check()
    check_files(named, folder, dict.fromkeys(keys, 1))


@pytest.mark.parametrize("end", ["stop", "abort", "halt"])
def test_one_that_is_held_in_a_pause_ends_with_it(run_engine, documents, one, threads_of_cameras, end, front):
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
    front.call(lambda: camera.complete().watch(lambda **progress: progress["current"] == 3 and told.set()))
    source.release(1)
    assert told.wait(10)
    getattr(run_engine, end)()
    front.unstage(camera)
    assert not threads_of_cameras()


@pytest.mark.parametrize("then", ["a step", "a flight without points"])
def test_a_step_behind_points_that_were_not_collected_is_refused(run_engine, documents, one, folder, then, front):
    """It would be named in their place; bluesky collects them when the plan has failed."""
    camera, source = one

    def plan():
        yield from bps.stage_all(camera)
        yield from bps.open_run()
        yield from kicked_off([camera], 3)
        source.release(3)
        yield from bps.complete(camera, wait=True)
        if then != "a step":
            yield from kicked_off([camera], 0, declare=False)
            yield from bps.complete(camera, group="second")
            source.end()
            yield from bps.wait("second")
            source.end(ends=False)
        source.release(1)
        yield from bps.trigger_and_read([camera], name="steps")

    with raises(RuntimeError, "one: triggered while 3 points of the fly scan before are not collected"):
        run_engine(plan(), documents)
    assert frames_of(documents, "primary", front.image("one")) == [0, 1, 2]
    front.unstage(camera)
    all_is_named(documents, folder, front.image("one"))


def test_a_camera_is_read_in_a_new_stream_while_it_flies_in_another(run_engine, documents, one, folder, front):
    """What was declared is for the flight, not for that reading."""
    camera, source = one

    def plan():
        source.release(1)
        yield from bps.trigger_and_read([camera], name="dark")
        yield from kicked_off([camera], 3)
        yield from event(camera, "watched")
        yield from finished([camera], [source], frames=3)

    run_engine(staged([camera], plan()), documents)
    assert frames_of(documents, "primary", front.image("one")) == [1, 2, 3]
    all_is_named(documents, folder, front.image("one"))


def test_two_of_which_one_was_read_before_are_declared_after_they_were_kicked_off(
    run_engine, documents, two, folder, front
):
    """In the new stream, both count from 0 at once: a collect takes as many points of each."""
    cameras, sources = two

    def plan():
        sources[0].release(1)
        yield from bps.trigger_and_read([cameras[0]], name="dark")
        for camera in cameras:
            yield from bps.prepare(camera, 3, wait=True)
            yield from bps.kickoff(camera, wait=True)
        for camera, source in zip(cameras, sources, strict=True):
            yield from landed(camera, source, 2)
        yield from bps.declare_stream(*cameras, name="primary", collect=True)
        for camera in cameras:
            assert (yield from index_of(camera)) == 2
        yield from bps.collect(*cameras, name="primary")
        yield from finished(cameras, sources, frames=1)

    run_engine(staged(cameras, plan()), documents)
    assert frames_of(documents, "primary", front.image("one")) == [1, 2, 3]
    assert frames_of(documents, "primary", front.image("two")) == [0, 1, 2]
    all_is_named(documents, folder, front.image("one"), front.image("two"))


def test_the_faster_of_two_is_read_in_another_stream_when_it_is_there(run_engine, documents, two, folder, front):
    """Its points still are collected up to the slower one."""
    cameras, sources = two

    def plan():
        yield from kicked_off(cameras, 5)
        yield from landed(cameras[0], sources[0], 5)
        yield from landed(cameras[1], sources[1], 2)
        yield from event(cameras[0], "watched")
        yield from bps.collect(*cameras, name="primary")
        yield from event(cameras[0], "watched")
        yield from finished(cameras, sources, frames=3)

    run_engine(staged(cameras, plan()), documents)
    for key in (front.image("one"), front.image("two")):
        assert frames_of(documents, "primary", key) == [0, 1, 2, 3, 4]
    assert [datum["indices"]["stop"] for datum in documents.of("stream_datum")] == [2, 2, 5, 5]
    all_is_named(documents, folder, front.image("one"), front.image("two"))


def test_a_step_whose_event_was_dropped_before_leaves_its_own_file(run_engine, documents, one, folder, front):
    """Not a frame of the flight the one of that."""
    camera, source = one

    def plan():
        source.release(2)
        yield from bps.trigger_and_read([camera], name="dark")
        yield from bps.trigger(camera, wait=True)
        yield from event(camera, "dark", bps.drop)
        yield from kicked_off([camera], 3)
        yield from finished([camera], [source], frames=3)

    run_engine(staged([camera], plan()), documents)
    assert frames_of(documents, "dark", front.image("one")) == [0]
    assert frames_of(documents, "primary", front.image("one")) == [2, 3, 4]
    all_is_named(documents, folder, front.image("one"))


def test_what_the_faster_of_two_has_beyond_the_slower_is_not_taken_for_the_next_flight(
    run_engine, documents, two, folder, caplog, front
):
    """They are flown until they are stopped, which is not at the same point; again in that stream; then stepped."""
    cameras, sources = two

    def plan():
        yield from kicked_off(cameras, 0)
        yield from landed(cameras[0], sources[0], 4)
        yield from landed(cameras[1], sources[1], 2)
        yield from stopped(cameras, sources)
        yield from kicked_off(cameras, 0, declare=False)
        yield from landed(cameras[0], sources[0], 3)
        yield from landed(cameras[1], sources[1], 2)
        yield from stopped(cameras, sources)
        for source in sources:
            source.release(1)
        yield from bps.trigger_and_read(cameras, name="after")

    run_engine(staged(cameras, plan()), documents)
    assert frames_of(documents, "primary", front.image("one")) == [0, 1, 4, 5]
    assert frames_of(documents, "primary", front.image("two")) == [0, 1, 2, 3]
    assert (frames_of(documents, "after", front.image("one")), frames_of(documents, "after", front.image("two"))) == (
        [7],
        [4],
    )
    assert f"{front.image('one')}: 2 points were taken and never read" in caplog.text
    assert f"{front.image('one')}: 1 points were taken and never read" in caplog.text
    all_is_named(documents, folder, front.image("one"), front.image("two"))


def test_points_that_were_collected_in_vain_are_collected_again(run_engine, documents, two, folder, front):
    """Another camera failed then: events would have frames of different points, were they left out."""
    cameras, sources = two

    def fails(index=None):
        del vars(cameras[1])["collect_asset_docs"]
        raise OSError("the network is down")

    def plan():
        yield from kicked_off(cameras, 4)
        for camera, source in zip(cameras, sources, strict=True):
            yield from landed(camera, source, 2)
        vars(cameras[1])["collect_asset_docs"] = fails
        with suppress(OSError):
            yield from bps.collect(*cameras, name="primary")
        yield from finished(cameras, sources, frames=2)

    run_engine(staged(cameras, plan()), documents)
    for key in (front.image("one"), front.image("two")):
        assert frames_of(documents, "primary", key) == [0, 1, 2, 3]
    all_is_named(documents, folder, front.image("one"), front.image("two"))


def test_a_step_that_was_never_read_does_not_count_in_the_flight(run_engine, documents, two, folder, caplog, front):
    """Of one of two cameras, which have to agree on their indices; the flight goes on in a stream and its file."""
    cameras, sources = two

    def plan():
        yield from kicked_off(cameras, 1)
        yield from finished(cameras, sources, frames=1)
        sources[0].release(1)
        yield from bps.trigger(cameras[0], wait=True)
        yield from kicked_off(cameras, 3, declare=False)
        yield from landed(cameras[0], sources[0], 1)
        yield from landed(cameras[1], sources[1], 2)
        yield from bps.collect(*cameras, name="primary")
        yield from finished(cameras, sources, frames=2)

    run_engine(staged(cameras, plan()), documents)
    assert frames_of(documents, "primary", front.image("one")) == [0, 2, 3, 4]
    assert frames_of(documents, "primary", front.image("two")) == [0, 1, 2, 3]
    assert f"{front.image('one')}: 1 points were taken and never read" in caplog.text
    all_is_named(documents, folder, front.image("one"), front.image("two"))


def test_a_read_outside_of_an_event_hides_nothing_from_the_next_collect(run_engine, documents, one, front):
    """It begins as that of an event does, but nothing follows it at once."""
    camera, source = one

    def plan():
        source.release(6)
        yield from kicked_off([camera], 3)
        yield from bps.complete(camera, wait=True)
        yield from bps.read(camera)
        yield from bps.collect(camera, name="primary")
        yield from bps.read(camera)
        yield from bps.declare_stream(camera, name="again", collect=True)
        yield from bps.prepare(camera, 3, wait=True)
        yield from bps.kickoff(camera, wait=True)
        yield from bps.complete(camera, wait=True)
        yield from bps.collect(camera, name="again")

    run_engine(staged([camera], plan()), documents)
    assert frames_of(documents, "primary", front.image("one")) == [0, 1, 2]
    assert frames_of(documents, "again", front.image("one")) == [3, 4, 5]


def left_alone(camera, source):
    """A fly scan that was completed and not collected: bluesky collects it when all is over. Then another staging."""
    yield from bps.stage_all(camera)
    yield from bps.open_run()
    yield from kicked_off([camera], 1)
    source.release(1)
    yield from bps.complete(camera, wait=True)
    yield from bps.unstage_all(camera)
    yield from bps.stage_all(camera)
    source.release(1)


def test_a_step_that_was_read_is_not_collected_when_a_pause_is_the_end(run_engine, documents, one, folder, front):
    """bluesky collects then what was kicked off before: the point is of an event that will not be saved."""
    camera, source = one

    def plan():
        yield from left_alone(camera, source)
        yield from bps.trigger(camera, wait=True)
        yield from event(camera, "steps", end=bps.pause)

    with pytest.raises(RunEngineInterrupted):
        run_engine(plan(), documents)
    run_engine.stop()
    front.unstage(camera)
    assert not documents.of("stream_resource", "stream_datum", "event")
    all_is_named(documents, folder, front.image("one"))


def test_a_step_that_was_not_read_is_not_collected_when_the_plan_fails(run_engine, documents, one):
    camera, source = one

    def plan():
        yield from left_alone(camera, source)
        yield from bps.trigger(camera, wait=True)
        raise OSError("the motor is stuck")

    with pytest.raises(OSError, match="stuck"):
        run_engine(plan(), documents)
    assert not documents.of("stream_resource", "stream_datum", "event")


@pytest.mark.parametrize("when", ["triggered", "read"])
def test_a_collect_leaves_a_step_to_its_event(run_engine, documents, one, folder, when, front):
    """The flight before has no points; it is collected too late, and in vain."""
    camera, source = one

    def plan():
        yield from kicked_off([camera], 0)
        yield from stopped([camera], [source])
        source.release(1)
        yield from bps.trigger(camera, wait=True)
        if when == "read":  # outside of an event
            yield from bps.read(camera)
        yield from bps.collect(camera, name="primary")
        yield from event(camera, "steps")

    run_engine(staged([camera], plan()), documents)
    assert frames_of(documents, "steps", front.image("one")) == [0]
    assert "primary" not in {documents_of["name"] for documents_of in documents.of("descriptor")[1:]}
    all_is_named(documents, folder, front.image("one"))


def test_a_flight_declared_late_is_of_its_stream_though_a_collect_came_before_its_points(
    run_engine, documents, one, folder, front
):
    camera, source = one

    def plan():
        source.release(1)
        yield from bps.trigger_and_read([camera], name="dark")
        yield from bps.prepare(camera, 2, wait=True)
        yield from bps.kickoff(camera, wait=True)
        yield from bps.declare_stream(camera, name="primary", collect=True)
        yield from bps.collect(camera, name="primary")
        yield from finished([camera], [source], frames=2)

    run_engine(staged([camera], plan()), documents)
    assert frames_of(documents, "primary", front.image("one")) == [1, 2]
    all_is_named(documents, folder, front.image("one"))


def test_a_stream_that_is_declared_during_a_flight_in_another_is_for_the_next(
    run_engine, documents, two, folder, front
):
    cameras, sources = two

    def plan():
        yield from kicked_off(cameras, 2, stream="first")
        yield from bps.declare_stream(*cameras, name="second", collect=True)
        for camera, source in zip(cameras, sources, strict=True):
            yield from landed(camera, source, 1)
        yield from bps.collect(*cameras, name="first")
        yield from finished(cameras, sources, frames=1, stream="first")
        yield from kicked_off(cameras, 2, declare=False)
        yield from finished(cameras, sources, frames=2, stream="second")

    run_engine(staged(cameras, plan()), documents)
    for key in (front.image("one"), front.image("two")):
        assert frames_of(documents, "first", key) == [0, 1]
        assert frames_of(documents, "second", key) == [2, 3]
    all_is_named(documents, folder, front.image("one"), front.image("two"))


def test_a_flight_that_landed_before_a_pause_is_flown_again_where_the_plan_goes_back_before_its_kickoff(
    run_engine, documents, one, folder, front, request
):
    """All of its points were collected by then: those stay, and there are as many again."""
    camera, source = one
    pauses = [bps.pause]

    def plan():
        yield from bps.declare_stream(camera, name="primary", collect=True)
        yield from bps.prepare(camera, 2, wait=True)
        yield from bps.checkpoint()
        yield from bps.kickoff(camera, wait=True)
        yield from landed(camera, source, 2)
        yield from bps.collect(camera, name="primary")
        if pauses:
            yield from pauses.pop()()
        yield from finished([camera], [source], frames=2)

    with pytest.raises(RunEngineInterrupted):
        run_engine(staged([camera], plan()), documents)
    run_engine.resume()
    assert frames_of(documents, "primary", front.image("one")) == [0, 1, 2, 3]
    all_is_named(documents, folder, front.image("one"))
