"""Plans in which something comes between, each with what it has to leave behind, for any cameras at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count, product
from typing import Any
from uuid import uuid4

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import numpy as np
import pytest
from bluesky.utils import FailedStatus, RunEngineInterrupted
from numbered import NumberedSource
from ophyd import Signal
from ophyd.status import Status


class FailingSource(NumberedSource):
    """Raises once, in place of the frame that ``fails`` numbers."""

    fails = None

    def next_number(self):
        if self.count == self.fails:
            self.fails = None
            raise OSError("the cable is loose")
        return super().next_number()


class Bench:
    """A camera, the way of its frames into files, and what its events must hold."""

    def __init__(self, make_camera, kind, front, frames_per_point):
        self.way = kind(FailingSource((8, 16), "uint8"))
        self.front = front
        self.frames = frames_per_point
        self.name = f"{kind.__name__.lower()}_{frames_per_point}"
        self.key = front.image(self.name)
        self.mean = front.number(self.name, "mean")
        self.camera = make_camera(
            self.way.source,
            kind_of_camera=front.make,
            **self.way.settings,
            frames_per_point=frames_per_point,
            stats=("mean",),
            name=self.name,
        )

    def check(self, images, means, points):
        """Each event holds the frames whose mean it tells, in order; ``points`` says which, where that is known."""
        images = np.asarray(images)
        assert len(images) == len(means), f"{self.name}: {len(images)} points, {len(means)} events"
        first = [self._first_of(mean) for mean in means]
        expected = [[self.way.expected(k + j) for j in range(self.frames)] for k in first]
        np.testing.assert_array_equal(images, expected, err_msg=f"{self.name}: frames of another event")
        assert first == sorted(first), f"{self.name}: {first}"
        if points is not None:
            assert first == [point * self.frames for point in points], self.name
        else:
            assert len(set(first)) == len(first), f"{self.name}: {first}"

    def _first_of(self, mean):
        (k,) = (k for k in range(30) if np.isclose(self._mean_from(k), mean, rtol=1e-9))
        return k

    def _mean_from(self, k):
        return np.mean([self.way.seen(k + j) for j in range(self.frames)])


class Thermometer(Signal):
    """Fails once: the Status of a trigger, or a read."""

    def __init__(self, fails, at):
        super().__init__(name="thermometer", value=20.0)
        self._fails = fails
        self._at = at
        self._triggers = count()
        self._now = False

    def trigger(self):
        self._now = next(self._triggers) == self._at
        status = Status(self)
        if self._now and self._fails == "trigger":
            status.set_exception(OSError("the thermometer fell off"))
        else:
            status.set_finished()
        return status

    def read(self):
        if self._now and self._fails == "read":
            raise OSError("the thermometer fell off")
        return super().read()


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A plan, and what has to be there after it."""

    plan: Callable[[Sequence[Any]], Any]
    """Of the cameras."""
    runs: Sequence[dict[str, Sequence[int] | int]]
    """Of each run, by stream: which points of those that were taken its events hold; or how many it has."""
    seq_nums: Sequence[int] | None = None
    """Those of the events, where bluesky repeats some."""
    unemitted: bool = False
    """Whether documents were collected and never emitted."""
    then: str = "resume"
    """What the user does when it pauses."""
    error: type[Exception] | None = None
    """With which it ends."""
    fails: Callable[[int], int] | None = None
    """Frames in a point -> which frame of the source fails."""

    def play(self, run_engine, benches, *subscribers):
        """Run it to its end, with all cameras in it."""
        for bench in benches:
            if self.fails:
                bench.way.numbered.fails = self.fails(bench.frames)
        for subscriber in subscribers:
            run_engine.subscribe(subscriber)
        cameras = [bench.camera for bench in benches]
        if self.error:
            with pytest.raises(self.error):
                run_engine(self.plan(cameras))
        else:
            self._resume(run_engine, lambda: run_engine(self.plan(cameras)))
        assert run_engine.state == "idle"
        for bench in benches:
            bench.front.unstage(bench.camera)  # which a halt leaves to the user; harmless else

    def _resume(self, run_engine, begin):
        try:
            begin()
        except RunEngineInterrupted:
            if run_engine.state == "paused":
                self._resume(run_engine, getattr(run_engine, self.then))

    def check(self, documents, benches):
        """What `load` gives of the recorded documents."""
        recorded = documents.by_run()
        assert len(recorded) == len(self.runs)
        for run, streams in zip(recorded, self.runs, strict=True):
            for repeats, bench in product(("last", "all"), benches):
                self._check_run(bench, bench.way.load(run, repeats=repeats), streams, repeats)

    def _check_run(self, bench, run, streams, repeats):
        assert run.streams == list(streams)
        for name, points in streams.items():
            stream, seq_nums = run[name], self.numbers(points)
            kept = [k for k in range(len(seq_nums)) if repeats == "all" or seq_nums[k] not in seq_nums[k + 1 :]]
            assert stream.seq_nums.tolist() == [seq_nums[k] for k in kept]
            exact = None if isinstance(points, int) else [points[k] for k in kept]
            bench.check(stream[bench.key].compute(), stream[bench.mean], exact)

    def numbers(self, points):
        """The sequence numbers of a stream's events."""
        return list(self.seq_nums or range(1, 1 + (points if isinstance(points, int) else len(points))))


def take(cameras):
    for camera in cameras:
        yield from bps.trigger(camera, group="point")


def trigger(camera):
    """Each in a group of its own: one that failed before bluesky waited for it stays in its group."""
    group = uuid4().hex
    yield from bps.trigger(camera, group=group)
    yield from bps.wait(group)


def read(cameras, stream="primary"):
    yield from bps.create(stream)
    for camera in cameras:
        yield from bps.read(camera)


def nothing(when):
    yield from bps.null()


def shot(cameras, stream="primary", *, between=nothing, end=bps.save):
    """A point; the plan ``between`` comes before it waits for its frames, and after trigger, read and save."""
    yield from bps.checkpoint()
    yield from take(cameras)
    yield from between("before wait")
    yield from bps.wait("point")
    yield from between("trigger")
    yield from read(cameras, stream)
    yield from between("read")
    yield from end()
    yield from between("save")


def in_one_run(points):
    """A plan of the cameras in one staging and one run: ``points(cameras)``."""

    def plan(cameras):
        return bpp.stage_wrapper(bpp.run_wrapper(points(cameras)), cameras)

    return plan


def counted(*, pauses=(), drops=(), pause=bps.pause, points=4):
    """A count that pauses once at each of ``pauses``: (point, when); and drops the events of some points."""

    def shots(cameras):
        left = list(pauses)
        for k in range(points):

            def between(when, k=k):
                if (k, when) in left:
                    left.remove((k, when))
                    yield from pause()

            end = bps.drop if k in drops else bps.save
            yield from shot(cameras, between=between, end=end)

    return in_one_run(shots)


def with_thermometer(fails, at):
    def shots(cameras):
        devices = [*cameras, Thermometer(fails, at)]
        for _ in range(4):
            yield from shot(devices)

    return in_one_run(shots)


def error_between_points(cameras):
    for k in range(4):
        if k == 2:
            raise OSError("the motor lost its encoder")
        yield from shot(cameras)


def retaken(cameras):
    """The plan triggers the cameras again that failed; each by itself, so that no other's point is taken twice."""
    for _ in range(4):
        yield from bps.checkpoint()
        for camera in cameras:
            try:
                yield from trigger(camera)
            except FailedStatus:
                yield from trigger(camera)
        yield from read(cameras)
        yield from bps.save()


def streams_in_turn(*names):
    def shots(cameras):
        for name in names:
            yield from shot(cameras, name)

    return in_one_run(shots)


def two_runs(cameras):
    def plan():
        for _ in range(2):
            yield from bps.open_run()
            for _ in range(2):
                yield from shot(cameras)
            yield from bps.close_run()

    return bpp.stage_wrapper(plan(), cameras)


def two_stagings(cameras):
    def plan():
        for _ in range(2):
            yield from bps.stage_all(*cameras)
            for _ in range(2):
                yield from shot(cameras)
            yield from bps.unstage_all(*cameras)

    return bpp.run_wrapper(plan())


def triggered_ahead(cameras):
    """Each point is triggered between read and save of the one before; nobody reads the last."""
    yield from take(cameras)
    for _ in range(4):
        yield from bps.wait("point")
        yield from read(cameras)
        yield from take(cameras)
        yield from bps.save()
    yield from bps.wait("point")


def triggered_twice(cameras):
    for _ in range(3):
        yield from bps.checkpoint()
        for _ in range(2):
            yield from take(cameras)
            yield from bps.wait("point")
        yield from read(cameras)
        yield from bps.save()


def unread_last(cameras):
    for _ in range(3):
        yield from shot(cameras)
    yield from take(cameras)
    yield from bps.wait("point")


def rewound_to_read(when):
    """The plan goes back to after the trigger of a point: from after its read, or after its save."""

    def points(cameras):
        paused = []
        for k in range(4):
            yield from take(cameras)
            yield from bps.wait("point")
            yield from bps.checkpoint()
            yield from read(cameras)
            for now, then in (("read", bps.save), ("save", bps.null)):
                if (k, now) == (1, when) and not paused:
                    paused.append(now)
                    yield from bps.pause()
                yield from then()

    return in_one_run(points)


def with_baseline(when, *, staged):
    """A plan that only reads the cameras, "before", "after" or "around" its points, as SupplementalData's baseline."""

    def points(cameras):
        for _ in range(3):
            yield from shot(cameras)

    def look(cameras):
        yield from read(cameras, "baseline")
        yield from bps.save()

    def inside(cameras):
        if when != "after":
            yield from look(cameras)
        yield from points(cameras) if staged else bpp.stage_wrapper(points(cameras), cameras)
        if when != "before":
            yield from look(cameras)

    return in_one_run(inside) if staged else lambda cameras: bpp.run_wrapper(inside(cameras))


def paused_and(then, when):
    points = [0, 1, 2] if when == "save" else [0, 1]
    return Scenario(plan=counted(pauses=[(2, when)]), runs=[{"primary": points}], unemitted=when == "read", then=then)


SCENARIOS = {
    "pause before wait": Scenario(plan=counted(pauses=[(0, "before wait"), (2, "before wait")]), runs=[{"primary": 4}]),
    "pause after trigger": Scenario(
        plan=counted(pauses=[(0, "trigger"), (2, "trigger")]), runs=[{"primary": [1, 2, 4, 5]}]
    ),
    "pause after read": Scenario(
        plan=counted(pauses=[(0, "read"), (2, "read")]), runs=[{"primary": [1, 2, 4, 5]}], unemitted=True
    ),
    "pause after save": Scenario(
        plan=counted(pauses=[(0, "save"), (2, "save")]),
        runs=[{"primary": [0, 1, 2, 3, 4, 5]}],
        seq_nums=[1, 1, 2, 3, 3, 4],
    ),
    "pause after read, back to after the trigger": Scenario(
        plan=rewound_to_read("read"), runs=[{"primary": [0, 1, 2, 3]}]
    ),
    "deferred pause": Scenario(
        plan=counted(pauses=[(1, "trigger")], pause=bps.deferred_pause), runs=[{"primary": [0, 1, 2, 3]}]
    ),
    **{
        f"pause after {when}, {then}": paused_and(then, when)
        for then, when in product(("stop", "abort", "halt"), ("trigger", "read", "save"))
    },
    "another device's trigger fails": Scenario(
        plan=with_thermometer("trigger", 2), runs=[{"primary": [0, 1]}], error=FailedStatus
    ),
    "another device's read fails": Scenario(
        plan=with_thermometer("read", 2), runs=[{"primary": [0, 1]}], error=OSError, unemitted=True
    ),
    "the plan fails between points": Scenario(
        plan=in_one_run(error_between_points), runs=[{"primary": [0, 1]}], error=OSError
    ),
    "the first point is retaken": Scenario(
        plan=in_one_run(retaken), runs=[{"primary": 4}], fails=lambda frames: frames - 1
    ),
    "a point is retaken": Scenario(
        plan=in_one_run(retaken), runs=[{"primary": 4}], fails=lambda frames: 2 * frames + frames - 1
    ),
    "dark, then primary": Scenario(
        plan=streams_in_turn("dark", "dark", "primary", "primary", "primary"),
        runs=[{"dark": [0, 1], "primary": [2, 3, 4]}],
    ),
    "two runs in one staging": Scenario(plan=two_runs, runs=[{"primary": [0, 1]}, {"primary": [2, 3]}]),
    "two stagings in one run": Scenario(plan=two_stagings, runs=[{"primary": [0, 1, 2, 3]}]),
    "events are dropped": Scenario(plan=counted(drops=[0, 2], points=5), runs=[{"primary": [1, 3, 4]}], unemitted=True),
    "trigger between read and save": Scenario(plan=in_one_run(triggered_ahead), runs=[{"primary": [0, 1, 2, 3]}]),
    "trigger twice, read once": Scenario(plan=in_one_run(triggered_twice), runs=[{"primary": [1, 3, 5]}]),
    "the last trigger is not read": Scenario(plan=in_one_run(unread_last), runs=[{"primary": [0, 1, 2]}]),
}
