"""Pause, resume, stop, abort: what was emitted can be read, and the numbers of points agree."""

import json
import subprocess
import sys
import threading

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import numpy as np
import pytest
from bluesky.utils import RunEngineInterrupted
from framestore_handlers.place import Place
from fronts_of import FRONTS, OPHYD, OPHYD_ASYNC, OPHYD_DATUM, STREAM_FRONTS, fronts
from slow import slow

from framestore.sources import CallableSource

FAMILIES = ["stream", "datum"]


def plan_with_pause(camera, when, point, *, points=4):
    """A count that asks for a pause once, at a point, after trigger, read or save."""
    paused = []

    def pause(now, k):
        if (now, k) == (when, point) and not paused:
            paused.append(True)
            yield from bps.pause()

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def inner():
        for k in range(points):
            yield from bps.checkpoint()
            yield from bps.trigger(camera, group="t")
            yield from pause("before wait", k)
            yield from bps.wait("t")
            yield from pause("trigger", k)
            yield from bps.create()
            yield from bps.read(camera)
            yield from pause("read", k)
            yield from bps.save()
            yield from pause("save", k)

    return inner()


def frame_with_mean(way, mean, frames):
    """Number of the first of so many frames that have this mean."""
    (k,) = (k for k in range(12) if np.isclose(np.mean([way.seen(k + j) for j in range(frames)]), mean, rtol=1e-9))
    return k


@pytest.mark.parametrize("point", [0, 2])
@pytest.mark.parametrize("when", ["before wait", "trigger", "read", "save"])
@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
@pytest.mark.parametrize("frames_per_point", [1, 2])
def test_pause_and_resume(run_engine, make_camera, way, documents, folder, front, when, point, frames_per_point):
    camera = make_camera(way.source, **way.settings, frames_per_point=frames_per_point)
    with pytest.raises(RunEngineInterrupted):
        run_engine(plan_with_pause(camera, when, point), documents)
    run_engine.resume()
    assert documents.of("stop")[0]["exit_status"] == "success"
    stream = way.load(documents)["primary"]
    frames = stream[front.image("camera")].compute()
    assert frames.shape[0] == len(stream) == 4
    assert stream.seq_nums.tolist() == [1, 2, 3, 4]
    for event, mean in zip(frames, stream[front.number("camera", "mean")], strict=True):
        k = frame_with_mean(way, mean, frames_per_point)
        expected = [way.expected(k + j) for j in range(frames_per_point)]
        np.testing.assert_array_equal(event, expected, err_msg="frames of another event")
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    if front.family == "stream" and when != "save":
        indices = [datum["indices"] for datum in documents.of("stream_datum")]
        assert indices == [{"start": k, "stop": k + 1} for k in range(4)], "no gap, nothing twice: Tiled refuses both"
        assert len(documents.of("stream_resource")) == 1


@fronts(*FRONTS)
def test_an_event_that_bluesky_repeats_is_there_once_or_as_often_as_it_came(
    run_engine, make_camera, source, documents, front
):
    camera = make_camera(source)
    with pytest.raises(RunEngineInterrupted):
        run_engine(plan_with_pause(camera, "save", 1), documents)
    run_engine.resume()
    assert [event["seq_num"] for event in documents.of("event")] == [1, 2, 2, 3, 4]
    last = framestore_handlers.load(documents)["primary"]
    every = framestore_handlers.load(documents, repeats="all")["primary"]
    assert last[front.image("camera")].shape[0] == len(last) == 4
    assert every[front.image("camera")].shape[0] == len(every) == 5
    for stream in (last, every):
        images = stream[front.image("camera")].compute()
        np.testing.assert_allclose(images.mean(axis=(1, 2, 3)), stream[front.number("camera", "mean")])


@fronts(*STREAM_FRONTS)
@pytest.mark.parametrize("end", ["stop", "abort", "halt"])
@pytest.mark.parametrize("when", ["before wait", "read", "save"])
def test_a_paused_run_that_ends(run_engine, make_camera, source, documents, threads_of_cameras, end, when, front):
    camera = make_camera(source)
    with pytest.raises(RunEngineInterrupted):
        run_engine(plan_with_pause(camera, when, 2), documents)
    getattr(run_engine, end)()
    assert run_engine.state == "idle"
    front.unstage(camera)
    assert not threads_of_cameras()
    frames = framestore_handlers.load(documents)["primary"][front.image("camera")].compute()
    expected = 3 if when == "save" else 2
    np.testing.assert_array_equal(frames[:, 0], [source.expected(k) for k in range(expected)])


@fronts(*STREAM_FRONTS)
def test_an_error_in_another_device(run_engine, make_camera, source, documents, threads_of_cameras, front):
    camera = make_camera(source)

    def per_shot(detectors):
        yield from bps.one_shot(detectors)
        if source.count == 2:
            raise OSError("the motor lost its encoder")

    with pytest.raises(OSError, match="encoder"):
        run_engine(bp.count([camera], 5, per_shot=per_shot), documents)
    assert not threads_of_cameras()
    assert documents.of("stop")[0]["exit_status"] == "fail"
    assert framestore_handlers.load(documents)["primary"][front.image("camera")].compute().shape[0] == 2


@pytest.mark.parametrize("success", [True, False])
def test_stop_ends_a_point(make_camera, files, success):
    gate = threading.Event()

    def grab():
        gate.wait(30)
        return np.zeros((2, 2), "u1")

    camera = make_camera(CallableSource(grab, (2, 2), "u1"), stats=())
    camera.stage()
    status = camera.trigger()
    camera.stop(success=success)
    error = status.exception(timeout=10)
    assert status.success == success
    assert success or "camera: stopped before the point was complete" in str(error)
    assert list(camera.collect_asset_docs()) == []
    gate.set()
    camera.trigger().wait(10)
    assert framestore_handlers.hdf5.HDF5Frames(place=Place.of(files()[0])).frames() == 1


def checkpoint_after_trigger(camera, *, pause_at=1, points=4):
    """The plan goes back to after the trigger: its frames must still be there."""
    pauses = [pause_at]

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def inner():
        for k in range(points):
            yield from bps.trigger(camera, wait=True)
            yield from bps.checkpoint()
            yield from bps.create()
            yield from bps.read(camera)
            if k in pauses:
                pauses.remove(k)
                yield from bps.pause()
            yield from bps.save()

    return inner()


def not_rewindable(camera, when, *, pause_at=1, points=4):
    """What bluesky does as soon as a detector beside the camera has ``rewindable=False``."""
    pauses = [pause_at]

    def pause(now, k):
        if now == when and k in pauses:
            pauses.remove(k)
            yield from bps.pause()

    def shot(k):
        yield from bps.trigger(camera, group="t")
        yield from pause("before wait", k)
        yield from bps.wait("t")
        yield from bps.create()
        yield from bps.read(camera)
        yield from pause("read", k)
        yield from bps.save()

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def inner():
        for k in range(points):
            yield from bps.checkpoint()
            yield from bpp.rewindable_wrapper(shot(k), rewindable=False)

    return inner()


@pytest.mark.parametrize("pause_at", [0, 1])
@fronts(*FRONTS)
def test_a_plan_that_goes_back_to_after_the_trigger_keeps_its_frames(
    run_engine, make_camera, source, documents, front, pause_at
):
    camera = make_camera(source)
    with pytest.raises(RunEngineInterrupted):
        run_engine(checkpoint_after_trigger(camera, pause_at=pause_at), documents)
    run_engine.resume()
    stream = framestore_handlers.load(documents)["primary"]
    np.testing.assert_array_equal(stream[front.image("camera")].compute()[:, 0], [source.expected(k) for k in range(4)])
    np.testing.assert_allclose(stream[front.number("camera", "mean")], [source.expected(k).mean() for k in range(4)])


@pytest.mark.parametrize("when", ["before wait", "read"])
@fronts(*FRONTS)
def test_a_pause_where_bluesky_cannot_rewind_takes_nothing_back(
    run_engine, make_camera, source, documents, front, when
):
    camera = make_camera(source)
    with pytest.raises(RunEngineInterrupted):
        run_engine(not_rewindable(camera, when), documents)
    run_engine.resume()
    assert documents.of("stop")[0]["exit_status"] == "success"
    stream = framestore_handlers.load(documents)["primary"]
    np.testing.assert_array_equal(stream[front.image("camera")].compute()[:, 0], [source.expected(k) for k in range(4)])
    np.testing.assert_allclose(stream[front.number("camera", "mean")], [source.expected(k).mean() for k in range(4)])


@fronts(*FRONTS)
def test_a_trigger_between_read_and_save(run_engine, make_camera, source, documents, front):
    camera = make_camera(source)

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        yield from bps.trigger(camera, wait=True)
        for _ in range(4):
            yield from bps.create()
            yield from bps.read(camera)
            yield from bps.trigger(camera, group="next")
            yield from bps.save()
            yield from bps.wait("next")

    run_engine(plan(), documents)
    stream = framestore_handlers.load(documents)["primary"]
    np.testing.assert_array_equal(stream[front.image("camera")].compute()[:, 0], [source.expected(k) for k in range(4)])


@fronts(*FRONTS)
def test_a_plan_that_reads_after_unstage(run_engine, make_camera, source, documents, front):
    camera = make_camera(source)

    @bpp.run_decorator()
    def plan():
        for _ in range(3):
            yield from bps.stage_all(camera)
            yield from bps.trigger(camera, wait=True)
            yield from bps.unstage_all(camera)
            yield from bps.create()
            yield from bps.read(camera)
            yield from bps.save()

    with pytest.raises(RuntimeError, match="unstaged the camera between the trigger and the read of a point"):
        run_engine(plan(), documents)


@pytest.mark.parametrize("family", FAMILIES)
def test_documents_that_are_collected_by_hand_after_unstage(make_camera, source, files, family):
    camera = make_camera(source, documents=family)
    camera.stage()
    camera.trigger().wait(10)
    camera.unstage()
    assert len(list(camera.collect_asset_docs())) == 2
    assert framestore_handlers.hdf5.HDF5Frames(place=Place.of(files()[0])).frames() == 1


@fronts(*STREAM_FRONTS)
def test_an_event_that_the_plan_drops_leaves_no_gap(run_engine, make_camera, source, documents, front):
    camera = make_camera(source)

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        for k in range(4):
            yield from bps.trigger(camera, wait=True)
            yield from bps.create()
            yield from bps.read(camera)
            yield from bps.drop() if k == 1 else bps.save()

    run_engine(plan(), documents)
    assert [datum["indices"]["start"] for datum in documents.of("stream_datum")] == [0, 1, 2], "Tiled refuses a gap"
    frames = framestore_handlers.load(documents)["primary"][front.image("camera")].compute()[:, 0]
    np.testing.assert_array_equal(frames, [source.expected(k) for k in (0, 2, 3)])


def test_a_pause_in_a_long_exposure_and_a_quick_resume(make_camera, numbered_source, files):
    """The abandoned exposure still runs when the next point begins; that must not count against the next point."""
    import time

    entered = threading.Event()

    class Slow(numbered_source):
        def next_frame(self, timeout):
            entered.set()
            time.sleep(0.9)
            return super().next_frame(timeout)

    source = Slow()
    camera = make_camera(source, frame_timeout=1.2)
    camera.stage()
    first = camera.trigger()
    assert entered.wait(10)
    camera.pause()
    second = camera.trigger()
    second.wait(10)
    assert first.success, "an abandoned point ends without an error"
    assert second.success
    assert camera.max.get() == source.expected(1).max()
    assert framestore_handlers.hdf5.HDF5Frames(place=Place.of(files()[0])).frames() == 1


def test_a_script_that_fails_while_a_burst_runs_exits(tmp_path):
    code = """
import sys, threading, numpy as np
from framestore.ophyd import Camera
from framestore.sources import CallableSource
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
frame = np.zeros((64, 64), "u2")
camera = Camera(lambda: frame, StaticPathProvider(UUIDFilenameProvider(), sys.argv[1]), frames_per_point=1000000)
camera.stage()
written = threading.Event()
camera.trigger().watch(lambda current, **_: current and written.set())
assert written.wait(30)
raise ValueError("the script fails")
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "the script fails" in done.stderr
    assert not list(tmp_path.iterdir()), "the name of a file without a complete point is given back"


def test_ctrl_c_while_a_camera_starts_leaves_it_usable(tmp_path):
    code = """
import sys, signal, threading, numpy as np
from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore import Frame
from framestore.sources import CallableSource
entered, release = threading.Event(), threading.Event()
class Slow:
    shape, dtype = (2, 2), np.dtype("u1")
    def start(self): entered.set(); release.wait(30)
    def stop(self): ...
    def next_frame(self, timeout): return Frame(np.zeros((2, 2), "u1"), 0, 0.0)
camera = Camera(Slow(), StaticPathProvider(UUIDFilenameProvider(), sys.argv[1]))
threading.Thread(target=lambda: (entered.wait(), signal.raise_signal(signal.SIGINT))).start()
try:
    camera.stage()
except KeyboardInterrupt:
    print("interrupted")
try:
    camera.stage()
except RuntimeError as error:
    print("refused" if "has not returned" in str(error) else error)
reader = camera._stagings.last.acquisition._reader._thread
release.set()
reader.join(30)
camera.stage()
camera.trigger().wait(10)
camera.unstage()
print("works")
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["interrupted", "refused", "works"], done.stderr


SCAN = """
import json, os, signal, sys, threading, time
import bluesky.plans as bp, framestore_handlers, numpy as np
from bluesky import RunEngine
from bluesky.utils import RunEngineInterrupted
from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider

count, fifth = 0, threading.Event()
def grab():
    global count
    time.sleep(0.02)
    count += 1
    if count == 6:  # the first finds out the shape
        fifth.set()
    return np.full((4, 4), count, "u2")

def interrupt():
    fifth.wait(30)
    for _ in range(2):  # the first defers to the next checkpoint, the second does not wait for it
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)

RE = RunEngine()
camera = Camera(grab, StaticPathProvider(UUIDFilenameProvider(), sys.argv[1]), name="camera")
documents = []
threading.Thread(target=interrupt, daemon=True).start()
try:
    RE(bp.count([camera], 1000), lambda *pair: documents.append(pair))
except RunEngineInterrupted:
    pass
"""
AFTER = {
    "abort": "RE.abort()",
    "resume, then stop": "threading.Timer(0.3, RE.request_pause).start()\n"
    "try: RE.resume()\nexcept RunEngineInterrupted: RE.stop()",
    "exit while it is staged": "",
}


@pytest.mark.parametrize("after", ["resume, then stop", *slow("abort", "exit while it is staged")])
def test_ctrl_c_in_a_plan(tmp_path, after):
    """As many rows in the file as events; a process that ends while the camera is staged closes it, too."""
    import h5py

    code = f"{SCAN}{AFTER[after]}\nprint(json.dumps([sum(name == 'event' for name, _ in documents), RE.state]))"
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    events, state = json.loads(done.stdout.splitlines()[-1])
    assert events >= 4
    (path,) = tmp_path.glob("*.h5")
    with h5py.File(path) as file:  # opens plainly: it was closed
        frames = file["entry/data/data"][:, 0, 0].tolist()
    extra = 1 if after == "exit while it is staged" else 0
    assert events <= len(frames) <= events + extra
    assert state == ("paused" if extra else "idle")
