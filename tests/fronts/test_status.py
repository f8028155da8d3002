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
from framestore_handlers.place import Place
from numbered import Gated
from ophyd import Component
from ophyd.signal import InternalSignal
from ophyd.status import DeviceStatus, StatusBase
from ophyd.utils import StatusTimeoutError

from framestore.formats import HDF5
from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.sources import SimulatedSource


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
        ({"frames_per_point": 5}, 3, 79),
        ({"frames_per_point": 5, "exposures_per_frame": 2}, 3, 144),
        ({"frame_timeout": 1.5, "frames_per_point": 2}, 2, 11.5),
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
    camera._stagings.last.acquisition._writer._thread.join(10)
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
    assert framestore_handlers.hdf5.HDF5Frames(place=Place.of(files()[0])).frames() == 1
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


@pytest.mark.parametrize(
    "arguments", [{"timeout": 0}, {"timeout": "long"}, {"settle_time": -1}, {"frame_timeout": 0}, {"queue_bytes": "1"}]
)
def test_bad_times_are_refused(make_camera, source, arguments):
    with pytest.raises((ValueError, TypeError), match="must be a number"):
        make_camera(source, **arguments)


def test_an_error_of_another_status_is_the_error(make_camera, source):
    """As of a source that is built over an ophyd device; ophyd refuses such an error from anybody but itself."""

    def next_frame(timeout):
        DeviceStatus(None).wait(timeout=0.05)

    good, source.next_frame = source.next_frame, next_frame
    camera = make_camera(source)
    camera.stage()
    error = camera.trigger().exception(10)
    assert type(error) is TimeoutError
    assert "has not completed yet" in str(error)
    source.next_frame = good
    camera.trigger().wait(10)


def test_a_point_that_timed_out_may_be_taken_again_at_once(run_engine, make_camera, gated, documents):
    camera = make_camera(gated, timeout=0.15, stats=())

    def plan():
        yield from bps.stage(camera)
        yield from bps.open_run()
        for _ in range(5):
            with pytest.raises(FailedStatus):
                yield from bps.trigger(camera, wait=True)
        gated.gate.release(10)
        yield from bps.trigger_and_read([camera])
        yield from bps.close_run()
        yield from bps.unstage(camera)

    run_engine(plan(), documents)
    assert framestore_handlers.load(documents)["primary"]["camera_image"].compute().shape[0] == 1


def test_a_slow_callback_is_not_taken_for_a_slow_disk(make_camera, source):
    camera = make_camera(source, frame_timeout=0.3, timeout=10)
    camera.stage()
    status = camera.trigger()
    status.add_callback(lambda _: time.sleep(1.5))
    status.wait(10)
    again = camera.trigger()
    again.watch(lambda **progress: time.sleep(0.5))
    again.wait(10)


def test_unstage_in_a_callback_is_refused_clearly(make_camera, source, caplog):
    camera = make_camera(source)
    camera.stage()
    done = threading.Event()

    def callback(status):
        try:
            camera.unstage()
        except RuntimeError as error:
            errors.append(str(error))
        done.set()

    errors = []
    status = camera.trigger()
    status.add_callback(callback)
    assert done.wait(10)
    if errors:  # else it ran on this thread, after the end
        assert "camera: unstaged by a callback of its own point" in errors[0]


def test_a_trigger_beside_an_unstage_ends(make_camera, source, folder):
    asked = threading.Event()
    provider = StaticPathProvider(UUIDFilenameProvider(), folder)

    def slow(datakey_name=None):
        asked.set()
        time.sleep(0.3)
        return provider(datakey_name)

    camera = make_camera(source, path_provider=slow)
    camera.stage()
    errors = []

    def trigger():
        try:
            camera.trigger().wait(10)
        except RuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=trigger)
    thread.start()
    assert asked.wait(10)
    camera.unstage()
    thread.join(10)
    assert not thread.is_alive()
    assert not errors or "camera: triggered after it was unstaged" in errors[0]


def test_two_triggers_at_once_make_one_file(make_camera, numbered_source, folder, files):
    class Slow(numbered_source):
        def next_frame(self, timeout):
            time.sleep(0.02)
            return super().next_frame(timeout)

    provider = StaticPathProvider(UUIDFilenameProvider(), folder)
    asked = []

    def slow(datakey_name=None):
        asked.append(datakey_name)
        time.sleep(0.2)
        return provider(datakey_name)

    camera = make_camera(Slow(), path_provider=slow, frames_per_point=10)
    camera.stage()
    outcomes = []

    def trigger():
        try:
            outcomes.append(camera.trigger())
        except RuntimeError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=trigger) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    (refused,) = (outcome for outcome in outcomes if isinstance(outcome, str))
    (status,) = (outcome for outcome in outcomes if not isinstance(outcome, str))
    assert "camera: triggered while the frames of the trigger before are being taken" in refused
    status.wait(10)
    (path,) = files()
    assert framestore_handlers.hdf5.HDF5Frames(place=Place.of(path)).frames() == 10
    assert asked == ["camera_image"]


def test_a_signal_that_refuses_a_number_fails_its_point_only(run_engine, make_camera, source, documents):
    """Its frames leave the file: those of the next points stand where the documents say."""
    failing = []

    class Picky(InternalSignal):
        def put(self, value, **kwargs):
            if failing:
                failing.pop()
                raise ValueError("the record is not connected")
            super().put(value, **kwargs)

    class Published(Camera):
        mean = Component(Picky, value=0.0, kind="omitted")

    camera = make_camera(source, kind_of_camera=Published)

    def plan():
        yield from bps.stage(camera)
        yield from bps.open_run()
        for k in range(4):
            if k == 1:
                failing.append(True)
                with pytest.raises(FailedStatus):
                    yield from bps.trigger(camera, wait=True)
            else:
                yield from bps.trigger_and_read([camera])
        yield from bps.close_run()
        yield from bps.unstage(camera)

    run_engine(plan(), documents)
    stream = framestore_handlers.load(documents)["primary"]
    np.testing.assert_array_equal(stream["camera_image"].compute()[:, 0], [source.expected(k) for k in (0, 2, 3)])
    np.testing.assert_allclose(stream["camera_mean"], [source.expected(k).mean() for k in (0, 2, 3)])


def test_an_exposure_under_way_is_waited_for_at_unstage(make_camera, caplog):
    source = SimulatedSource((4, 4), rate=0.5, free_running=True)
    camera = make_camera(source, frame_timeout=0.2)
    for _ in range(2):
        camera.stage()
        camera.unstage()
    assert not caplog.records, "it is slow, not stuck"


def test_the_time_of_a_point_allows_for_the_exposure_that_is_under_way(make_camera):
    camera = make_camera(SimulatedSource((4, 4), rate=0.8, free_running=True), frame_timeout=0.1)
    camera.stage()
    time.sleep(0.1)  # the first exposure is under way
    camera.trigger().wait(10)


@pytest.mark.parametrize("exposure_time", [float("nan"), -1, "long", None, float("inf")])
def test_an_exposure_time_that_is_none_is_named(make_camera, source, exposure_time):
    source.exposure_time = exposure_time
    camera = make_camera(source)
    camera.stage()
    with pytest.raises(ValueError, match="exposure_time of .* must be a number of seconds from 0 on"):
        camera.trigger()


def test_the_notes_of_an_error_that_comes_again_do_not_pile_up(make_camera, source):
    error = OSError("no cable")

    def fail(timeout):
        raise error

    source.next_frame = fail
    camera = make_camera(source)
    camera.stage()
    for _ in range(3):
        assert camera.trigger().exception(10) is error
    assert len(error.__notes__) == 1
