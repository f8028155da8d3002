"""The same plans with a camera of either front: the same files, and documents that differ as the docs say, only."""

import threading

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import h5py
import numpy as np
import pytest
from adjustable import Adjustable
from bluesky.utils import FailedStatus, RunEngineInterrupted
from flying import landed
from fronts_of import OPHYD_ASYNC, STREAM_FRONTS
from numbered import NumberedSource
from ophyd_async.sim import SimMotor
from plain import Plain
from slow import slow

from framestore import ROI
from framestore.paths import AutoIncrementFilenameProvider, StaticPathProvider


class Lossy(NumberedSource):
    """Loses frames 1 and 4."""

    def next_number(self):
        self.count += self.count in {1, 4}
        return super().next_number()


class Failing(NumberedSource):
    def next_number(self):
        if self.count == 2:
            raise OSError("the cable was pulled")
        return super().next_number()


class Released(NumberedSource):
    """Frames come when the test lets them."""

    def __init__(self):
        super().__init__()
        self._gate = threading.Semaphore(0)

    def release(self, frames):
        for _ in range(frames):
            self._gate.release()

    def next_number(self):
        if not self._gate.acquire(timeout=30):
            raise TimeoutError("no trigger came")
        return super().next_number()


class Bench:
    """A camera called det, its source, and two motors."""

    def __init__(self, front, camera, source, motors):
        self.front = front
        self.camera = camera
        self.source = source
        self.motors = motors
        self.paused = False

    def point(self, stream="primary", *, pause="", end=bps.save):
        """Take a point, and pause once, when something has happened."""
        yield from bps.checkpoint()
        yield from bps.trigger(self.camera, group="point")
        if pause == "before wait":
            while self.source.count == 0:
                yield from bps.sleep(0.01)
            yield from self._pause()
        yield from bps.wait("point")
        yield from bps.create(stream)
        yield from bps.read(self.camera)
        if pause == "read":
            yield from self._pause()
        yield from end()
        if pause == "save":
            yield from self._pause()

    def _pause(self):
        if not self.paused:
            self.paused = True
            yield from bps.pause()

    def flight(self, points, stream="primary", *, pause=False):
        """Two points, a pause if wanted, and the others."""
        frames = yield from bps.rd(self.camera.frames_per_point)
        yield from bps.prepare(self.camera, points, wait=True)
        yield from bps.declare_stream(self.camera, name=stream, collect=True)
        yield from bps.kickoff(self.camera, wait=True)
        yield from landed(self.camera, self.source, 2)
        yield from bps.collect(self.camera, name=stream)
        yield from bps.checkpoint()
        if pause:
            yield from self._pause()
        yield from bps.complete(self.camera, group="complete")
        if not self.paused or not pause:
            self.source.release((points - 2) * frames)
        yield from bps.wait("complete")
        yield from bps.collect(self.camera, name=stream)


def count(bench):
    yield from bp.count([bench.camera], 3)


def grid_scan(bench):
    x, y = bench.motors
    yield from bp.grid_scan([bench.camera], x, 0, 1, 3, y, -1, 1, 2, snake_axes=True)


def two_streams(bench):
    for stream in ["dark", "dark", "primary", "primary", "primary"]:
        yield from bench.point(stream)


def two_runs(bench):
    yield from bps.stage_all(bench.camera)
    for points in (2, 1):
        yield from bpp.run_wrapper(bench.point(f"of {points}"))
    yield from bps.unstage_all(bench.camera)


def pauses(when):
    def plan(bench):
        yield from bench.point(pause=when)
        yield from bench.point()
        yield from bench.point()

    plan.__name__ = f"a pause, {when}"
    return in_a_run(plan)


def dropped_event(bench):
    yield from bench.point()
    yield from bench.point(end=bps.drop)
    yield from bench.point()


def settings_in_between(bench):
    camera = bench.camera
    yield from bench.point()
    yield from bps.mv(camera.gain, 7, camera.exposure_time, 0.02)
    yield from bench.point()
    yield from bench.point("other gain")


def counts_in_between(bench):
    yield from bp.count([bench.camera], 2)
    yield from bps.mv(bench.camera.frames_per_point, 3, bench.camera.exposures_per_frame, 2)
    yield from bp.count([bench.camera], 2)


def fly(bench):
    yield from bench.flight(5)


def fly_with_a_pause(bench):
    yield from bench.flight(5, pause=True)


def flown_and_stepped(bench):
    frames = yield from bps.rd(bench.camera.frames_per_point)
    bench.source.release(frames)
    yield from bench.point("before")
    yield from bench.flight(4)
    bench.source.release(frames)
    yield from bench.point("after")


def in_a_run(plan):
    """Stage, and open a run."""

    def of(bench):
        return bpp.stage_wrapper(bpp.run_wrapper(plan(bench)), [bench.camera])

    of.__name__ = plan.__name__
    return of


SPOT = {"spot": ROI(x=1, y=2, width=3, height=2)}
CASES = {
    "count": (count, NumberedSource, {}),
    "count of bursts": (count, NumberedSource, {"frames_per_point": 3}),
    "exposures combined": (count, NumberedSource, {"exposures_per_frame": 3, "combine_exposures": "sum"}),
    "mean of exposures": (count, NumberedSource, {"exposures_per_frame": 2, "frames_per_point": 2}),
    "regions": (count, NumberedSource, {"rois": SPOT, "hints": ("spot_mean", "max")}),
    "without numbers": (count, NumberedSource, {"stats": ()}),
    "floats": (count, lambda: NumberedSource((6, 5), "float32"), {}),
    "one-dimensional": (count, lambda: NumberedSource((9,), "int32"), {"frames_per_point": 2}),
    "colour": (count, lambda: NumberedSource((4, 5, 3), "uint8"), {}),
    "series of files": (count, lambda: NumberedSource((8, 16), "uint8"), {"format": "jpeg", "frames_per_point": 2}),
    "stack of pages": (two_runs, NumberedSource, {"format": "tiff_stack"}),
    "grid_scan": (grid_scan, NumberedSource, {}),
    "two streams": (in_a_run(two_streams), NumberedSource, {}),
    "two runs": (two_runs, NumberedSource, {}),
    "pause before wait": (pauses("before wait"), NumberedSource, {}),
    "pause after read": (pauses("read"), NumberedSource, {}),
    "pause after save": (pauses("save"), NumberedSource, {}),
    "an event dropped": (in_a_run(dropped_event), NumberedSource, {}),
    "frames dropped": (count, Lossy, {"on_dropped": "record", "frames_per_point": 2}),
    "frames dropped, fails": (count, Lossy, {"frames_per_point": 2}),
    "the source fails": (count, Failing, {}),
    "settings": (in_a_run(settings_in_between), Adjustable, {}),
    "counts": (counts_in_between, NumberedSource, {}),
    "fly": (in_a_run(fly), Released, {}),
    "fly in bursts": (in_a_run(fly), Released, {"frames_per_point": 2, "exposures_per_frame": 1}),
    "fly with a pause": (in_a_run(fly_with_a_pause), Released, {"frames_per_point": 2}),
    "steps and flights": (in_a_run(flown_and_stepped), Released, {"frames_per_point": 2}),
}


def contents(folder):
    """What stands in each file, but for times; of those that hold nothing but frames, their names."""
    return {path.name: content(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def content(path):
    if path.suffix != ".h5":
        return None
    found = {}

    def note(name, node):
        is_told = isinstance(node, h5py.Dataset) and "time" not in name
        value = np.asarray(node).tolist() if is_told else None
        found[name] = (value, getattr(node, "shape", None), str(getattr(node, "dtype", "")), attributes(node))

    with h5py.File(path, "r") as file:
        file.visititems(note)
        found["/"] = attributes(file)
    return found


def attributes(node):
    return {name: str(value) for name, value in node.attrs.items() if "time" not in name}


def images(documents, front):
    """Of each run and stream."""
    found = []
    for run in documents.by_run():
        loaded = framestore_handlers.load(run)
        key = front.image("det")
        found += [loaded[name][key].compute() for name in loaded.streams if key in loaded[name]]
    return found


def play(front, case, run_engine, make_recorder, folder):
    """The documents of a plan, with a camera of a front."""
    plan, source, settings = CASES[case]
    source = source()
    provider = StaticPathProvider(AutoIncrementFilenameProvider("frames"), folder)
    camera = front.make(source, provider, name="det", **settings)
    motors = [SimMotor(name, instant=True) for name in "xy"]
    for motor in motors:
        OPHYD_ASYNC.call(motor.connect)
    run_engine.md.clear()
    documents = make_recorder()
    try:
        run_engine(plan(Bench(front, camera, source, motors)), documents)
    except RunEngineInterrupted:
        if isinstance(source, Released):
            source.release(3 * 2)
        run_engine.resume()
    except FailedStatus:
        assert case in {"the source fails", "frames dropped, fails"}
    finally:
        if run_engine.state != "idle":
            run_engine.halt()
        if isinstance(source, Released):
            source.release(100)
        front.unstage(camera)
    return documents


MANY = {"mean of exposures", "without numbers", "floats", "one-dimensional", "colour", "stack of pages"} | {
    "pause after save",
    "frames dropped, fails",
    "fly in bursts",
    "an event dropped",
}
"""Those that are much like others."""


@pytest.mark.parametrize("case", [*(case for case in CASES if case not in MANY), *slow(*sorted(MANY))])
def test_documents_and_files_are_the_same(run_engine, documents, tmp_path, case):
    played = {}
    for front in STREAM_FRONTS:
        folder = tmp_path / repr(front)
        recorder = play(front, case, run_engine, type(documents), folder)
        played[front] = [Plain(front, folder, recorder).pairs, contents(folder), images(recorder, front)]
    (pairs, files, frames), (others, other_files, other_frames) = played.values()
    assert [name for name, _ in pairs] == [name for name, _ in others]
    for one, other in zip(pairs, others, strict=True):
        assert one == other
    assert files.keys() == other_files.keys()
    for path, one in files.items():
        assert one == other_files[path], path
    assert len(frames) == len(other_frames)
    for one, other in zip(frames, other_frames, strict=True):
        np.testing.assert_array_equal(one, other)
