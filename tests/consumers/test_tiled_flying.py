"""Fly scans in Tiled: its arrays, those of `load` and the source's frames are the same, frame by frame."""

import threading
from contextlib import suppress

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import numpy as np
import pytest
from bluesky.utils import FailedStatus, RunEngineInterrupted
from bluesky_tiled_plugins import TiledWriter
from flying import check, waits_for
from numbered import NumberedSource
from slow import slow
from ways import MIMETYPES, HDF5Way, JPEGWay, PNGWay, SavedJPEGWay, TIFFStackWay, ZarrWay

CAMERAS = [(HDF5Way, 1), (HDF5Way, 3), (JPEGWay, 3), (SavedJPEGWay, 1)]
"""Ways of frames into files, with frames in a point: flown in one stream, since each run costs Tiled a second."""
REGISTERED = [(HDF5Way, 3), (PNGWay, 3), (TIFFStackWay, 1), (ZarrWay, 2)]
"""Those that it is flown with once what Tiled lacks is registered."""


class Released(NumberedSource):
    """Frames come when the test lets them; one of them may fail."""

    fails = None

    def __init__(self):
        super().__init__((8, 16), "uint8")
        self._gate = threading.Semaphore(0)

    def release(self, frames=1000):
        if frames:
            self._gate.release(frames)

    def next_number(self):
        if self.count == self.fails:
            raise OSError("the cable was pulled")
        if not self._gate.acquire(timeout=60 if self.fails is None else 0.5):
            raise TimeoutError("no trigger came")
        return super().next_number()


class Bench:
    """A camera, and what is to be read back of its points."""

    def __init__(self, make_camera, kind, frames):
        self.way, self.frames = kind(Released()), frames
        self.name = f"{kind.__name__.lower()}_{frames}"
        self.key = f"{self.name}_image"
        self.camera = make_camera(
            self.way.source, **self.way.settings, frames_per_point=frames, stats=("mean",), name=self.name
        )

    def land(self, points):
        """Let so many points come, and wait until they can be collected."""
        before = self.camera.get_index()
        self.way.numbered.release(points * self.frames)
        yield from waits_for(lambda: self.camera.get_index() == before + points)

    def expected(self, points):
        shape = (len(points), self.frames, 8, 16)
        frames = [self.way.expected(point * self.frames + j) for point in points for j in range(self.frames)]
        return np.array(frames, "uint8").reshape(shape)


@pytest.fixture(params=["Tiled by itself", *slow("registered")])
def benches(request, make_camera):
    is_registered = request.param == "registered"
    if is_registered:
        request.getfixturevalue("registered")
    made = [Bench(make_camera, *camera) for camera in (REGISTERED if is_registered else CAMERAS)]
    yield made
    for bench in made:
        bench.way.numbered.fails = None
        bench.way.numbered.release()


def cameras_of(benches):
    return [bench.camera for bench in benches]


def kick_off(benches, points, *, stream="primary", declare=True):
    cameras = cameras_of(benches)
    for camera in cameras:
        yield from bps.prepare(camera, points, wait=True)
    if declare:
        yield from bps.declare_stream(*cameras, name=stream, collect=True)
    for camera in cameras:
        yield from bps.kickoff(camera, wait=True)


def collect(benches, stream="primary"):
    yield from bps.collect(*cameras_of(benches), name=stream)


def finish(benches, stream="primary", points=1000):
    cameras = cameras_of(benches)
    for camera in cameras:
        yield from bps.complete(camera, group="complete")
    for bench in benches:
        bench.way.numbered.release(points * bench.frames)
    yield from bps.wait("complete")
    yield from collect(benches, stream)


def fly(benches, points, stream="primary", **how):
    yield from kick_off(benches, points, stream=stream, **how)
    yield from finish(benches, stream, points)


def step(benches, stream):
    for bench in benches:
        bench.way.numbered.release(bench.frames)
    yield from bps.trigger_and_read(cameras_of(benches), name=stream)


def at_different_speeds(benches):
    """Collected while one has more points than another: each StreamDatum ends with the slowest."""
    yield from kick_off(benches, 6)
    for first, others in ((3, 1), (0, 2), (3, 1), (0, 2)):
        for bench, points in zip(benches, [first, others, others, others], strict=True):
            if points:
                yield from bench.land(points)
        yield from collect(benches)
    yield from finish(benches, points=0)


def two_flights(benches):
    yield from fly(benches, 2)
    yield from fly(benches, 3, declare=False)


def two_flights_collected_together(benches):
    yield from kick_off(benches, 2)
    for bench in benches:
        yield from bench.land(2)
    yield from bps.complete_all(*cameras_of(benches), wait=True)
    yield from fly(benches, 3, declare=False)


def steps_and_flights(benches):
    yield from step(benches, "dark")
    yield from step(benches, "dark")
    yield from fly(benches, 3)
    yield from fly(benches, 2, "repeat")
    yield from step(benches, "after")


def two_runs(benches):
    yield from step(benches, "dark")
    yield from fly(benches, 2)
    yield from bps.close_run()
    yield from bps.open_run()
    yield from fly(benches, 3)


def two_stagings(benches):
    """Resources follow each other in one stream."""
    yield from fly(benches, 3)
    yield from bps.unstage_all(*cameras_of(benches))
    yield from bps.stage_all(*cameras_of(benches))
    yield from fly(benches, 2, declare=False)


def until_stopped(benches):
    """The frames that are awaited when they are completed are the last: a point more of each."""
    yield from kick_off(benches, 0)
    for bench in benches:
        yield from bench.land(4)
        yield from waits_for(lambda bench=bench: waiting(bench) == 1)
    yield from finish(benches, points=1)


def waiting(bench):
    """Whether its source was asked for a frame that has not come."""
    return bench.camera._stagings.last.acquisition.exposures._call.left() < 1e9


def failed_half_way(benches):
    """One of them; what the others have beyond it is not collected."""
    benches[1].way.numbered.fails = 10
    yield from kick_off(benches, 6)
    with suppress(FailedStatus):
        yield from finish(benches, points=6)
    for bench in benches[:1] + benches[2:]:
        yield from waits_for(lambda bench=bench: bench.camera.get_index() == 6)
    yield from collect(benches)


def never_collected(benches):
    """The last two."""
    yield from kick_off(benches, 5)
    for bench in benches:
        yield from bench.land(3)
    yield from collect(benches)
    for bench in benches:
        yield from bench.land(2)
    yield from bps.complete_all(*cameras_of(benches), wait=True)


QUICK = ("steps and flights", "two stagings in one run")
"""They stand for the others: several streams in one staging, and several stagings."""
SCANS = {
    "at different speeds": (at_different_speeds, [{"primary": range(6)}]),
    "two flights of one stream": (two_flights, [{"primary": range(5)}]),
    "two flights that are collected together": (two_flights_collected_together, [{"primary": range(5)}]),
    "steps and flights": (steps_and_flights, [{"dark": [0, 1], "primary": [2, 3, 4], "repeat": [5, 6], "after": [7]}]),
    "two runs of one staging": (two_runs, [{"dark": [0], "primary": [1, 2]}, {"primary": [3, 4, 5]}]),
    "two stagings in one run": (two_stagings, [{"primary": range(5)}]),
    "until stopped": (until_stopped, [{"primary": range(5)}]),
    "failed half-way": (failed_half_way, [{"primary": range(3)}]),
    "never collected": (never_collected, [{"primary": range(3)}]),
}


def agree(tiled, documents, benches, runs):
    """What Tiled, `load` and the source say of each stream."""
    for run, streams in zip(documents.by_run(), runs, strict=True):
        served = tiled[run.of("start")[0]["uid"]]
        assert sorted(served) == sorted(streams)
        for stream, points in streams.items():
            for bench in benches:
                expected = bench.expected(points)
                np.testing.assert_array_equal(bench.way.load(run)[stream][bench.key].compute(), expected)
                array = served[stream][bench.key]
                assert (array.shape, array.dtype) == (expected.shape, expected.dtype)
                np.testing.assert_array_equal(array.read(), expected, err_msg=f"{stream}, {bench.key}")
                np.testing.assert_array_equal(array[len(points) - 1], expected[-1])


def play(tiled, run_engine, documents, benches, plan, *, batch_size=10000):
    run_engine.subscribe(TiledWriter(tiled, spec_to_mimetype=MIMETYPES, batch_size=batch_size))
    run_engine.subscribe(documents)
    staged = bpp.stage_wrapper(bpp.run_wrapper(plan), cameras_of(benches))
    try:
        run_engine(staged)
    except RunEngineInterrupted:
        run_engine.resume()
    assert documents.of("stop")[-1]["exit_status"] == "success"
    check(documents)


@pytest.mark.parametrize("name", [*QUICK, *slow(*(name for name in SCANS if name not in QUICK))])
def test_tiled_and_load_have_the_frames(tiled, run_engine, documents, benches, name):
    plan, runs = SCANS[name]
    play(tiled, run_engine, documents, benches, plan(benches))
    agree(tiled, documents, benches, runs)


@pytest.mark.parametrize("name", ["two stagings in one run", *slow("at different speeds")])
def test_tiled_that_is_told_of_each_document_at_once(tiled, run_engine, documents, benches, name):
    """And not of many together."""
    plan, runs = SCANS[name]
    play(tiled, run_engine, documents, benches, plan(benches), batch_size=1)
    agree(tiled, documents, benches, runs)


@pytest.mark.parametrize("checkpoint", ["after kickoff", *slow("before all", "before kickoff")])
@pytest.mark.parametrize("collected", [True, *slow(*(False,))])
def test_a_pause(tiled, run_engine, documents, benches, checkpoint, collected):
    """bluesky counts again from the last checkpoint on: sequence numbers come twice, indices do not."""

    def plan():
        if checkpoint == "before all":
            yield from bps.checkpoint()
        for bench in benches:
            yield from bps.prepare(bench.camera, 5, wait=True)
        yield from bps.declare_stream(*cameras_of(benches), name="primary", collect=True)
        if checkpoint == "before kickoff":
            yield from bps.checkpoint()
        for bench in benches:
            yield from bps.kickoff(bench.camera, wait=True)
        if checkpoint == "after kickoff":
            yield from bps.checkpoint()
        for bench in benches:
            yield from bench.land(2)
        if collected:
            yield from collect(benches)
        for bench in benches:
            yield from bench.land(1)
        yield from bps.pause()
        yield from finish(benches, points=2)

    play(tiled, run_engine, documents, benches, plan())
    agree(tiled, documents, benches, [{"primary": range(5)}])
    descriptors = [descriptor["uid"] for descriptor in documents.of("descriptor")]
    assert len(set(descriptors)) == (2 if checkpoint == "before all" else 1)
    (first, *_) = documents.of("stream_resource")
    ranges = [datum["seq_nums"] for datum in documents.of("stream_datum") if datum["stream_resource"] == first["uid"]]
    seq_nums = [seq_num for r in ranges for seq_num in range(r["start"], r["stop"])]
    assert seq_nums == ([1, 2, 1, 2, 3] if collected else [1, 2, 3, 4, 5])
