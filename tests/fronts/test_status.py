"""The Status of a point: its time, its end, its progress."""

import logging
import threading
import time

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import framestore_handlers
import h5py
import numpy as np
import pytest
from bluesky.utils import FailedStatus
from ophyd.status import DeviceStatus, StatusBase
from ophyd.utils import StatusTimeoutError

from framestore import Frame
from framestore.formats import HDF5


class Gated:
    """A source whose frames come when the test lets them, and that otherwise does not return."""

    shape, dtype = (4, 4), np.dtype("u2")

    def __init__(self):
        self.gate = threading.Semaphore(0)
        self.inside = threading.Event()
        self.count = 0

    def start(self): ...
    def stop(self): ...

    def next_frame(self, timeout):
        self.inside.set()
        assert self.gate.acquire(timeout=60)
        self.count += 1
        return Frame(np.full((4, 4), self.count, "u2"), self.count, time.time())


@pytest.fixture
def gated():
    source = Gated()
    yield source
    source.gate.release(100)


def test_it_is_ophyd_s_own(make_camera, source):
    camera = make_camera(source)
    camera.stage()
    status = camera.trigger()
    assert isinstance(status, DeviceStatus)
    assert isinstance(status, StatusBase)
    assert status.device is camera
    status.wait(10)


@pytest.mark.parametrize(
    ("settings", "exposure_time", "timeout"),
    [
        ({}, 0, 21),
        ({"frames_per_point": 5}, 0, 61),
        ({"frames_per_point": 5}, 3, 76),
        ({"frames_per_point": 5, "exposures_per_frame": 2}, 3, 141),
        ({"frame_timeout": 1.5, "frames_per_point": 2}, 2, 9.5),
        ({"timeout": 3.5, "frames_per_point": 5}, 3, 3.5),
    ],
)
def test_its_timeout_comes_from_exposures_and_frames_unless_it_is_set(
    make_camera, source, settings, exposure_time, timeout
):
    source.exposure_time = exposure_time
    camera = make_camera(source, **settings)
    camera.stage()
    status = camera.trigger()
    assert status.timeout == timeout
    assert status.settle_time == 0
    status.wait(10)
    camera.timeout, camera.settle_time = 7.0, 0.01
    status = camera.trigger()
    assert (status.timeout, status.settle_time) == (7.0, 0.01)
    status.wait(10)


@pytest.mark.parametrize("settle_time", [0, 0.1])
def test_when_its_time_is_over_it_says_so_and_the_point_is_taken_back(make_camera, gated, caplog, settle_time, files):
    camera = make_camera(gated, timeout=0.3, settle_time=settle_time, frames_per_point=3, stats=())
    camera.stage()
    began = time.monotonic()
    status = camera.trigger()
    ended = []
    status.add_callback(ended.append)
    gated.gate.release()
    with caplog.at_level(logging.ERROR):
        assert isinstance(status.exception(30), StatusTimeoutError)
        assert time.monotonic() - began >= 0.3 + settle_time
        gated.gate.release(2)  # they come too late
        again = camera.trigger()
        gated.gate.release(3)
        again.wait(10)
    assert ended == [status], "exactly one end"
    assert not caplog.records, "no InvalidState, nor anything else"
    assert again.success
    with h5py.File(files()[0], "r", swmr=True) as file:
        frames = file["entry/data/data"][()]
    assert frames[:, 0, 0].tolist() == list(range(frames[0, 0, 0], frames[0, 0, 0] + 3))
    assert frames[0, 0, 0] >= 3, "no frame of the point before"
    assert camera.frames_written.get() == 3


def test_a_plan_sees_that_the_time_is_over(run_engine, make_camera, gated, documents):
    camera = make_camera(gated, timeout=0.2, frame_timeout=0.3, stats=())
    with pytest.raises(FailedStatus) as raised:
        run_engine(bp.count([camera]), documents)
    assert isinstance(raised.value.__cause__, StatusTimeoutError)
    assert "camera: 0 of 1 frames could be read when the 0.2 s of the point were over" in str(raised.value.__cause__)
    gated.gate.release(5)


def test_the_source_s_own_timeout_comes_first(make_camera, numbered_source):
    class Dark(numbered_source):
        def next_frame(self, timeout):
            raise TimeoutError(f"no trigger arrived within {timeout} s")

    camera = make_camera(Dark(), frame_timeout=2.5)
    camera.stage()
    error = camera.trigger().exception(10)
    assert type(error) is TimeoutError
    assert "no trigger arrived within 2.5 s" in str(error)


def test_an_exposure_longer_than_the_frame_timeout_is_waited_for(make_camera, numbered_source):
    class Long(numbered_source):
        exposure_time = 0.9

        def next_frame(self, timeout):
            assert timeout == pytest.approx(1.0)
            time.sleep(0.9)
            return super().next_frame(timeout)

    camera = make_camera(Long(), frame_timeout=0.1)
    camera.stage()
    camera.trigger().wait(10)


def test_a_disk_that_hangs_fails_the_point_with_its_name(make_camera, source, monkeypatch, files):
    entered, gate = threading.Event(), threading.Event()
    make = HDF5.writer

    class Hanging:
        def __init__(self, writer):
            self._writer = writer

        def __getattr__(self, name):
            return getattr(self._writer, name)

        def flush(self):
            entered.set()
            gate.wait(30)
            self._writer.flush()

    monkeypatch.setattr(HDF5, "writer", lambda *args: Hanging(make(*args)))
    camera = make_camera(source, frame_timeout=0.2)
    camera.stage()
    status = camera.trigger()
    assert entered.wait(10)
    error = status.exception(10)
    assert type(error) is TimeoutError
    assert f"camera: writing {files()[0]} has not ended within 0.2 s; is its disk or share stuck?" in str(error)
    with pytest.raises(RuntimeError, match="is the disk or share stuck"):
        camera.trigger()
    with pytest.raises(TimeoutError, match="is its disk or share stuck"):
        camera.unstage()
    with pytest.raises(RuntimeError, match="or its file, has not returned"):
        camera.stage()
    gate.set()
    camera._staging.acquisition._writer._thread.join(10)
    camera.stage()
    camera.trigger().wait(10)


def test_settle_time_comes_after_the_last_frame(make_camera, source, files):
    camera = make_camera(source, settle_time=0.4)
    camera.stage()
    seen = threading.Event()
    status = camera.trigger()
    status.watch(lambda current, target, **_: seen.set() if current == target else None)
    assert seen.wait(10)
    began = time.monotonic()
    assert not status.done
    assert framestore_handlers.hdf5.HDF5Frames(path=files()[0]).frames() == 1
    status.wait(10)
    assert time.monotonic() - began > 0.3
    assert status.success


def test_callbacks_added_after_the_end_run_at_once(make_camera, source):
    camera = make_camera(source)
    camera.stage()
    status = camera.trigger()
    status.wait(10)
    called = []
    status.add_callback(called.append)
    assert called == [status]


def test_watchers_are_told_at_once_and_to_the_end(make_camera, gated):
    camera = make_camera(gated, frames_per_point=2, stats=())
    camera.stage()
    status = camera.trigger()
    seen = []
    status.watch(lambda **progress: seen.append(progress))
    assert (seen[0]["name"], seen[0]["initial"], seen[0]["current"], seen[0]["target"]) == ("camera", 0, 0, 2)
    gated.gate.release(2)
    status.wait(10)
    assert (seen[-1]["current"], seen[-1]["target"], seen[-1]["fraction"]) == (2, 2, 0)
    late = []
    status.watch(lambda **progress: late.append(progress["current"]))
    assert late == [2]


def test_a_status_may_be_combined_with_another(make_camera, source):
    camera, other = make_camera(source), DeviceStatus(None)
    camera.stage()
    both = camera.trigger() & other
    other.set_finished()
    both.wait(10)
    assert both.success


def test_a_point_that_was_stopped_leaves_nothing_to_the_next(run_engine, make_camera, gated, documents):
    camera = make_camera(gated, stats=())

    def plan():
        yield from bps.stage(camera)
        yield from bps.open_run()
        yield from bps.trigger(camera, group="first")
        camera.stop(success=True)
        gated.gate.release(2)
        yield from bps.wait("first")
        yield from bps.trigger_and_read([camera])
        yield from bps.close_run()
        yield from bps.unstage(camera)

    run_engine(plan(), documents)
    frames = framestore_handlers.load(documents)["primary"]["camera_image"].compute()
    assert frames[:, 0, 0, 0].tolist() in ([1], [2])


@pytest.mark.parametrize("arguments", [{"timeout": 0}, {"timeout": -1}, {"settle_time": -0.1}, {"timeout": "long"}])
def test_bad_times_are_refused(make_camera, source, arguments):
    with pytest.raises((ValueError, TypeError), match="timeout|settle_time"):
        make_camera(source, **arguments)
