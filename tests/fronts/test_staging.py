"""Stage and unstage: signals, subclasses, space, and what is left afterwards."""

import contextlib
import errno
import os
import threading
import time

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import framestore_handlers
import numpy as np
import psutil
import pytest
from bluesky.utils import FailedStatus
from framestore_handlers.place import Place
from fronts_of import OPHYD, OPHYD_ASYNC, STREAM_FRONTS, fronts
from ophyd import Component, Signal
from ophyd.sim import SynSignal
from ophyd.status import DeviceStatus
from ophyd.utils import RedundantStaging

from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider


@pytest.mark.parametrize("signal", ["frames_per_point", "exposures_per_frame"])
def test_every_signal_that_can_be_set_may_stand_in_stage_sigs(run_engine, make_camera, source, documents, signal):
    camera = make_camera(source)
    camera.stage_sigs[signal] = 3
    run_engine(bp.count([camera], 2), documents)
    assert getattr(camera, signal).get() == 1, "restored"
    configuration = documents.of("descriptor")[0]["configuration"]["camera"]["data"]
    assert configuration[f"camera_{signal}"] == 3
    assert source.count == 6
    image = framestore_handlers.load(documents)["primary"]["camera_image"]
    assert image.shape == ((2, 3, 5, 7) if signal == "frames_per_point" else (2, 1, 5, 7))


@pytest.mark.parametrize("signal", ["format", "file_path", "frames_written", "frames_dropped", "mean"])
def test_signals_that_are_the_camera_s_cannot_be_set(make_camera, source, signal):
    camera = make_camera(source)
    camera.stage_sigs[signal] = 3
    with pytest.raises(Exception, match="for internal use only"):
        camera.stage()
    camera.stage_sigs.clear()
    camera.stage()
    camera.unstage()


class PutComplete(Signal):
    """A signal as of an EPICS record: its put takes a while, and calls back when it is done."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.puts = []

    def put(self, value, *, callback=None, **kwargs):
        self.puts.append(value)

        def work():
            time.sleep(0.02)
            super(PutComplete, self).put(value)
            if callback:
                callback()

        if callback:
            threading.Thread(target=work).start()
        else:
            super().put(value)


class BeamlineCamera(Camera):
    """What people do with areaDetector's cameras, and with the detectors of ophyd's tutorials."""

    shutter = Component(PutComplete, value=0, kind="omitted")
    gain = Component(Signal, value=1.0, kind="config")
    enabled = Component(Signal, value=0, kind="omitted")
    temperature = Component(Signal, value=21.5, kind="normal")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.stage_sigs["gain"] = 4.0
        self.stopped = []

    def stage(self):
        self.before = self.enabled.get()
        self.enabled.set(1).wait(5)
        return super().stage()

    def unstage(self):
        unstaged = super().unstage()
        self.enabled.set(self.before).wait(5)
        return unstaged

    def trigger(self):
        opened = DeviceStatus(self)
        self.shutter.put(1, callback=opened.set_finished)
        return opened & super().trigger()

    def stop(self, *, success=False):
        self.stopped.append(success)
        super().stop(success=success)


def test_a_subclass_with_signals_and_verbs_of_its_own(run_engine, make_camera, source, documents):
    camera = make_camera(source, kind_of_camera=BeamlineCamera)
    seen = []
    camera.enabled.subscribe(lambda value, **_: seen.append(value), run=False)
    run_engine(bp.count([camera], 3), documents)
    assert seen == [1, 0]
    assert camera.gain.get() == 1.0
    assert camera.shutter.puts == [1, 1, 1]
    assert documents.of("descriptor")[0]["configuration"]["camera"]["data"]["camera_gain"] == 4.0
    stream = framestore_handlers.load(documents)["primary"]
    assert stream["camera_temperature"].tolist() == [21.5] * 3
    np.testing.assert_array_equal(stream["camera_image"].compute()[:, 0], [source.expected(k) for k in range(3)])
    camera.stop()
    assert camera.stopped == [False]


def test_a_component_that_cannot_be_staged_leaves_nothing(make_camera, source, threads_of_cameras):
    class Stubborn(Signal):
        def put(self, value, **kwargs):
            if value == 7:
                raise OSError("the valve is locked")
            super().put(value, **kwargs)

    class Valved(Camera):
        valve = Component(Stubborn, value=0, kind="omitted")

    camera = make_camera(source, kind_of_camera=Valved)
    camera.stage_sigs["frames_per_point"] = 2
    camera.stage_sigs["valve"] = 7
    with pytest.raises(Exception, match="valve"):
        camera.stage()
    assert camera.frames_per_point.get() == 1
    assert not threads_of_cameras()
    camera.stage_sigs["valve"] = 1
    camera.stage()
    camera.trigger().wait(10)


def test_a_signal_that_is_set_while_staged_is_found_at_the_next_trigger(make_camera, source):
    camera = make_camera(source)
    camera.stage()
    camera.exposures_per_frame.set(2).wait(5)
    with pytest.raises(RuntimeError, match="camera: exposures_per_frame was changed from 1 to 2 while staged"):
        camera.trigger()


def test_the_camera_of_a_first_staging_goes_on_when_a_second_is_refused(make_camera, source, files):
    camera = make_camera(source)
    camera.stage()
    status = camera.trigger()
    for _ in range(2):
        with pytest.raises(RedundantStaging):
            camera.stage()
    status.wait(10)
    camera.trigger().wait(10)
    assert camera.frames_written.get() == 2
    for _ in range(3):
        camera.unstage()
    assert framestore_handlers.hdf5.HDF5Frames(place=Place.of(files()[0])).frames() == 2


def raises(error):
    def method(*args):
        raise error

    return method


FAILURES = {
    "start": {"start": raises(OSError("no power"))},
    "next_frame": {"next_frame": raises(OSError("no power"))},
    "stop": {"stop": raises(OSError("no power"))},
    "next_frame and stop": {"next_frame": raises(ValueError("torn")), "stop": raises(OSError("no power"))},
    "shape": {"shape": (0, 4)},
    "dtype": {"dtype": np.dtype("c8")},
}


@pytest.mark.parametrize("failure", FAILURES)
def test_whatever_fails_leaves_no_thread_no_file_no_name(
    make_camera, numbered_source, threads_of_cameras, folder, failure
):
    good, source = numbered_source(), numbered_source()
    camera = make_camera(source)
    for name, value in FAILURES[failure].items():
        setattr(source, name, value)
    process = psutil.Process()
    before = process.num_fds()
    for _ in range(2):
        try:
            camera.stage()
            camera.trigger().wait(10)
            camera.unstage()
        except Exception:  # noqa: BLE001 - which it is, other tests look at
            with contextlib.suppress(OSError):
                camera.unstage()
        assert not threads_of_cameras()
        assert process.num_fds() <= before
    left = list(folder.iterdir()) if folder.exists() else []
    assert len(left) == (2 if failure == "stop" else 0), "a file that holds no frame is removed"
    again = make_camera(good, name="again")
    again.stage()
    again.trigger().wait(10)


def test_a_claim_of_the_source_is_given_back_after_a_failure(make_camera, source):
    first, second = make_camera(source), make_camera(source, name="second")
    source.start, good = raises(OSError("no power")), source.start
    with pytest.raises(OSError, match="no power"):
        first.stage()
    source.start = good
    second.stage()


@pytest.mark.parametrize("settings", [{}, {"frames_per_point": 40}])
def test_stage_finds_that_there_is_no_room_for_a_point(small_disk, make_camera, numbered_source, settings):
    source = numbered_source((128, 128), "uint16")  # 32 KiB a frame
    camera = make_camera(source, path_provider=StaticPathProvider(UUIDFilenameProvider(), small_disk / "a"), **settings)
    if not settings:
        camera.stage()
        camera.trigger().wait(10)
        return
    with pytest.raises(OSError, match="MB free, and the frames of one point take 1.3 MB; make room") as raised:
        camera.stage()
    assert raised.value.errno == errno.ENOSPC
    assert raised.value.filename == os.fspath(small_disk / "a")
    camera.frames_per_point.put(4)
    camera.stage()
    camera.trigger().wait(10)


class Share:
    """A path provider whose folder is on a share that does not answer."""

    def __init__(self, folder):
        self.entered, self.answer = threading.Event(), threading.Event()
        self.directory_path, self.create_dir_depth = folder, 0

    def __call__(self, datakey_name=None):
        return StaticPathProvider(UUIDFilenameProvider(), self.directory_path)(datakey_name)


def test_a_share_that_does_not_answer_is_named_and_stage_returns(make_camera, source, folder, monkeypatch):
    from framestore.acquisition import placing

    share = Share(folder)
    ensure = placing.ensure_folder

    def hang(*args):
        share.entered.set()
        share.answer.wait(30)
        return ensure(*args)

    monkeypatch.setattr(placing, "ensure_folder", hang)
    camera = make_camera(source, path_provider=share, frame_timeout=0.1)
    began = time.monotonic()
    with pytest.raises(TimeoutError, match=f"camera: writing {folder} has not ended within .* disk or share stuck"):
        camera.stage()
    assert time.monotonic() - began < 10
    with pytest.raises(RuntimeError, match="or its file, has not returned"):
        camera.stage()
    share.answer.set()
    camera._stagings.last.acquisition._writer._thread.join(10)
    camera.stage()
    camera.trigger().wait(10)


def test_trigger_does_not_wait_for_the_disk(make_camera, source, folder, monkeypatch):
    """The folder is made, and the file opened, on the writer's thread."""
    from framestore.acquisition import placing

    gate, ensure = threading.Event(), placing.ensure_folder
    monkeypatch.setattr(placing, "ensure_folder", lambda *args: gate.wait(20) and ensure(*args))
    provider = StaticPathProvider(UUIDFilenameProvider(), folder)
    camera = make_camera(source, path_provider=provider.__call__)  # which does not tell its folder before
    camera.stage()
    status = camera.trigger()
    assert not status.done
    gate.set()
    status.wait(10)


def test_unstage_while_a_point_is_under_way(make_camera, numbered_source, threads_of_cameras, folder):
    entered = threading.Event()

    class Slow(numbered_source):
        def next_frame(self, timeout):
            entered.set()
            time.sleep(0.2)
            return super().next_frame(timeout)

    camera = make_camera(Slow(), frames_per_point=100)
    camera.stage()
    status = camera.trigger()
    assert entered.wait(10)
    camera.unstage()
    assert status.done
    assert not threads_of_cameras()
    assert not list(folder.iterdir()), "its name is given back"


def test_exposures_of_a_camera_that_saves_its_own_files_cannot_be_combined(make_camera):
    from framestore.sources import SavingSource

    source = SavingSource(lambda path: (4, 4), shape=(4, 4))
    with pytest.raises(ValueError, match="saves each exposure in a file; it goes with exposures_per_frame=1, not 3"):
        make_camera(source, format="jpeg", exposures_per_frame=3)
    camera = make_camera(source, format="jpeg")
    camera.stage_sigs["exposures_per_frame"] = 2
    with pytest.raises(ValueError, match="exposures_per_frame=1, not 2"):
        camera.stage()


@fronts(*STREAM_FRONTS)
@pytest.mark.parametrize(
    ("argument", "value"), [("on_dropped", "ignore"), ("combine_exposures", "median"), ("exposures_per_frame", 0)]
)
def test_unknown_settings_are_refused(make_camera, source, argument, value):
    with pytest.raises(ValueError, match=f"{argument} must be"):
        make_camera(source, **{argument: value})


@fronts(*STREAM_FRONTS)
@pytest.mark.parametrize("way", ["mean", "sum"])
def test_exposures_are_combined_into_frames(run_engine, make_camera, source, documents, way, front):
    camera = make_camera(source, exposures_per_frame=4, frames_per_point=2, combine_exposures=way)
    run_engine(bp.count([camera], 3), documents)
    exposures = np.array([source.expected(k) for k in range(24)], float).reshape(3, 2, 4, 5, 7)
    expected = exposures.mean(axis=2) if way == "mean" else exposures.sum(axis=2)
    data_key = documents.of("descriptor")[0]["data_keys"][front.image("camera")]
    assert data_key["dtype_numpy"] == ("<f4" if way == "mean" else "<u4")
    stream = framestore_handlers.load(documents)["primary"]
    np.testing.assert_allclose(stream[front.image("camera")].compute(), expected, rtol=1e-7)
    np.testing.assert_allclose(stream[front.number("camera", "mean")], expected.reshape(3, -1).mean(axis=1), rtol=1e-6)


@fronts(*STREAM_FRONTS)
@pytest.mark.parametrize("on_dropped", ["fail", "record"])
def test_lost_frames_are_seen_in_the_data_or_fail_the_run(
    run_engine, make_camera, numbered_source, documents, on_dropped, front
):
    class Losing(numbered_source):
        def next_frame(self, timeout):
            self.count += 2 * (self.count == 3)
            return super().next_frame(timeout)

    source = Losing()
    camera = make_camera(source, frames_per_point=2, on_dropped=on_dropped)
    if on_dropped == "fail":
        with pytest.raises(FailedStatus) as raised:
            run_engine(bp.count([camera], 3), documents)
        assert "camera: 2 frames between frames 2 and 5 did not arrive" in str(raised.value.__cause__)
        assert documents.of("stop")[0]["exit_status"] == "fail"
    else:
        run_engine(bp.count([camera], 3), documents)
        assert front.value(camera.total_frames_dropped) == 2
    stream = framestore_handlers.load(documents)["primary"]
    lost, numbers = ([0], [0, 1]) if on_dropped == "fail" else ([0, 2, 0], [0, 1, 2, 5, 6, 7])
    assert stream[front.number("camera", "frames_dropped")].tolist() == lost
    assert stream[front.number("camera", "frames_dropped")].dtype.kind == "i"
    np.testing.assert_array_equal(
        stream[front.image("camera")].compute().reshape(-1, 5, 7), [source.expected(k) for k in numbers]
    )


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_several_cameras_in_scan_nd(run_engine, make_camera, numbered_source, documents, front):
    from cycler import cycler
    from ophyd.sim import motor1, motor2

    sources = [numbered_source((4, 5)), numbered_source((3, 3), "float32"), numbered_source((2, 6), "uint8")]
    cameras = [make_camera(source, name=f"cam{k}") for k, source in enumerate(sources)]
    noise = SynSignal(func=lambda: 1.0, name="noise")
    run_engine(bp.scan_nd([*cameras, noise], cycler(motor1, [1, 2, 3]) * cycler(motor2, [0, 1])), documents)
    stream = framestore_handlers.load(documents)["primary"]
    for k, source in enumerate(sources):
        frames = stream[front.image(f"cam{k}")].compute()[:, 0]
        np.testing.assert_array_equal(frames, [source.expected(number) for number in range(6)])


@fronts(*STREAM_FRONTS)
@pytest.mark.parametrize("first", [0, 1])
def test_trigger_and_read_in_any_order(run_engine, make_camera, numbered_source, documents, first, front):
    sources = [numbered_source((4, 5)), numbered_source((3, 3))]
    cameras = [make_camera(source, name=f"cam{k}") for k, source in enumerate(sources)]

    def plan():
        yield from bps.stage_all(*cameras)
        yield from bps.open_run()
        for k in range(4):
            order = cameras if (k + first) % 2 else cameras[::-1]
            yield from bps.trigger_and_read([order[0], order[1]])
        yield from bps.close_run()
        yield from bps.unstage_all(*cameras)

    run_engine(plan(), documents)
    stream = framestore_handlers.load(documents)["primary"]
    for k, source in enumerate(sources):
        frames = stream[front.image(f"cam{k}")].compute()[:, 0]
        np.testing.assert_array_equal(frames, [source.expected(number) for number in range(4)])


@fronts(*STREAM_FRONTS)
def test_a_camera_beside_a_device_that_fails_to_stage(run_engine, make_camera, source, threads_of_cameras):
    broken = SynSignal(func=lambda: 1.0, name="broken")
    broken.stage, broken.unstage = raises(OSError("no air")), list
    with pytest.raises(OSError, match="no air"):
        run_engine(bp.count([make_camera(source), broken]))
    assert not threads_of_cameras()
