"""Settings in wrong hands: what a user finds at night, and what the camera must be good for afterwards."""

import gc
import math
import threading
import weakref

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
from adjustable import Adjustable
from bluesky.utils import RunEngineInterrupted
from flying import flown, landed, waits_for
from ophyd import Component, Device
from ophyd.utils import LimitError
from plans import works_again

from framestore import Setting
from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.sources import CallableSource


@pytest.fixture
def source():
    source = Adjustable()
    yield source
    assert not source.collisions, "two threads were in the source at once"


@pytest.fixture
def camera(make_camera, source):
    return make_camera(source, frame_timeout=0.5)


def settable(values, **kwargs):
    """A function with settings that are kept in a dictionary."""
    settings = {
        name: Setting(get=lambda name=name: values[name], set=lambda value, name=name: values.update({name: value}))
        for name in values
    }
    return CallableSource(lambda: np.zeros((2, 2)), settings={**settings, **kwargs})


def test_a_number_stays_one_when_the_camera_says_it_without_a_fraction(make_camera):
    values = {"gain": 1.5}
    whole = Setting(
        get=lambda: int(values["gain"]) if values["gain"] == 2 else values["gain"],
        set=lambda value: values.update(gain=value),
    )
    camera = make_camera(settable({}, gain=whole))
    camera.gain.set(2).wait(10)
    assert camera.gain.describe()["camera_gain"]["dtype"] == "number"
    camera.gain.set(1.25).wait(10)
    assert camera.gain.get() == 1.25


def test_an_error_names_the_setting_that_could_not_be_looked_at(make_camera):
    values = {"gain": 1, "temperature": -20.0}
    camera = make_camera(settable(values))
    del values["temperature"]
    for look in (lambda: camera.gain.set(2).wait(10), camera.stage):
        with pytest.raises(KeyError) as raised:
            look()
        assert "when its setting 'temperature' was looked at" in raised.value.__notes__


@pytest.mark.parametrize("order", [("exposure_time", "frame_rate"), ("frame_rate", "exposure_time")])
def test_stage_sigs_that_limit_each_other_are_put_back(run_engine, camera, source, documents, order):
    """Put back in the order of ophyd alone, the frame rate of before is beyond what the long exposure allows."""
    values = {"exposure_time": 2.0, "frame_rate": 0.5}
    camera.stage_sigs.update({name: values[name] for name in order})
    run_engine(bp.count([camera]), documents)
    assert documents.of("descriptor")[0]["configuration"]["camera"]["data"]["camera_frame_rate"] == 0.5
    assert (camera.exposure_time.get(), camera.frame_rate.get()) == (0.01, 20.0)
    works_again(run_engine, camera, documents)


def test_what_cannot_be_put_back_is_told_once_and_the_camera_is_unstaged(run_engine, camera, source, documents):
    camera.stage_sigs["frame_rate"] = 0.5
    camera.stage()
    assert camera.frame_rate.get() == 0.5
    source.values["exposure_time"] = 1.0  # by the vendor's own program
    with pytest.raises(ValueError, match="camera.*frame_rate must be from 0.01 to 1.0 Hz") as raised:
        camera.unstage()
    assert "camera_frame_rate was to be put back to 20.0 at unstage; it stays as it is" in raised.value.__notes__
    camera.unstage()
    works_again(run_engine, camera, documents)


def test_when_staging_fails_what_was_set_before_is_put_back_though_it_limits_each_other(camera, source):
    camera.stage_sigs.update(exposure_time=2.0, frame_rate=0.5, gain=99)
    with pytest.raises(LimitError, match="camera_gain must be from 1 to 48, not 99"):
        camera.stage()
    assert (source.values["exposure_time"], source.values["frame_rate"]) == (0.01, 20.0)
    camera.stage_sigs.clear()
    camera.stage()


def test_during_a_flight_it_is_refused_also_while_a_pause_holds_it(run_engine, make_camera, source, documents):
    """The message says so: there is no trigger to wait for."""
    gate, give = threading.Semaphore(0), source.next_number
    source.next_number = lambda: give() if gate.acquire(timeout=30) else None
    source.release = lambda frames: [gate.release() for _ in range(frames)]
    camera = make_camera(source)
    message = "camera: gain was set while a fly scan is under way; have the plan complete it first"

    def meanwhile():
        yield from landed(camera, source, 2)
        with pytest.raises(RuntimeError, match=message):
            camera.gain.set(3)
        camera.pause()
        yield from landed(camera, source, 1)
        with pytest.raises(RuntimeError, match=message):
            camera.gain.set(3)
        camera.resume()
        source.release(10)
        yield from waits_for(lambda: camera.get_index() == 4)
        status = camera.gain.set(3)  # the last point has landed
        yield from waits_for(lambda: status.done)

    run_engine(flown([camera], 4, after=meanwhile), documents)
    assert documents.of("stop")[0]["exit_status"] == "success"
    images = framestore_handlers.load(documents)["primary"]["camera_image"].compute()
    assert images[:, 0, 0, 0].tolist() == [1, 1, 1, 1]
    assert camera.gain.get() == 3


def test_a_source_that_another_camera_sets_is_not_called_staged(make_camera, source):
    entered, opened = threading.Event(), threading.Event()
    first, second = make_camera(source, name="first"), make_camera(source, name="second")
    source.acts["gain"] = lambda: (entered.set(), opened.wait(30))
    status = first.gain.set(5)
    assert entered.wait(10)
    message = "second: the source .* is in use by the camera first, which sets or looks at it; wait for that"
    with pytest.raises(RuntimeError, match=message):
        second.exposure_time.set(1).wait(10)
    with pytest.raises(RuntimeError, match=message):
        second.stage()
    opened.set()
    status.wait(10)
    second.exposure_time.set(1).wait(10)
    second.stage()
    with pytest.raises(RuntimeError, match="first: the source .* is in use by the camera second, which is staged"):
        first.gain.set(1).wait(10)


def test_a_sensor_that_is_off_is_no_change_each_time(make_camera):
    """NaN is not equal to itself."""
    values = {"gain": 1, "temperature": -20.0}
    camera, told = make_camera(settable(values)), []
    camera.temperature.subscribe(lambda value, **_: told.append(value), run=False)
    values["temperature"] = math.nan
    camera.gain.set(2).wait(10)
    since = camera.temperature.timestamp
    camera.gain.set(3).wait(10)
    assert camera.temperature.timestamp == since
    values["temperature"] = -10.0
    camera.gain.set(4).wait(10)
    done = threading.Event()
    camera.temperature.subscribe(lambda value, **_: done.set())
    assert done.wait(10), "subscribers are told on a thread, one after another"
    assert len(told) == 2


def test_a_setting_is_scanned_as_a_motor(run_engine, camera, documents):
    """bluesky leaves out a signal whose camera is read too: it has to be one of the camera's readings."""
    camera.exposure_time.kind = "hinted"
    run_engine(bp.scan([camera], camera.exposure_time, 0.1, 0.3, 3), documents)
    assert [event["data"]["camera_exposure_time"] for event in documents.of("event")] == [0.1, 0.2, 0.3]
    assert documents.of("start")[0]["hints"]["dimensions"] == [(["camera_exposure_time"], "primary")]


def test_cameras_with_settings_that_are_dropped_leave_nothing(source, tmp_path):
    """Each has a class of its own."""
    gone = []
    for _ in range(100):
        camera = Camera(source, StaticPathProvider(UUIDFilenameProvider(), tmp_path))
        camera.gain.set(2).wait(10)
        gone += [weakref.ref(camera), weakref.ref(type(camera))]
        del camera
    for thread in threading.enumerate():
        if thread.name == "camera_gain status":
            thread.join(10)
    gc.collect()
    assert not [reference() for reference in gone if reference() is not None]


def test_a_camera_may_be_a_component(run_engine, documents, source, tmp_path):
    class Table(Device):
        camera = Component(Camera, source=source, path_provider=StaticPathProvider(UUIDFilenameProvider(), tmp_path))

    table = Table(name="table")
    run_engine(bps.mv(table.camera.gain, 4))
    run_engine(bp.count([table.camera]), documents)
    (descriptor,) = documents.of("descriptor")
    assert descriptor["configuration"]["table_camera"]["data"]["table_camera_gain"] == 4
    assert documents.of("event")[0]["data"]["table_camera_mean"] == 4


@pytest.mark.parametrize("end", ["abort", "stop", "halt"])
def test_a_fly_scan_that_is_ended_in_a_pause_leaves_the_settings_as_they_were(
    run_engine, make_camera, source, documents, end
):
    gate, give = threading.Semaphore(0), source.next_number

    def wait():
        if not gate.acquire(timeout=0.2):
            raise TimeoutError("no trigger came")
        return give()

    source.next_number = wait
    source.release = lambda frames: [gate.release() for _ in range(frames)]
    camera = make_camera(source)
    camera.stage_sigs.update(exposure_time=2.0, frame_rate=0.5, pixel_format="Mono8")

    def pause():
        yield from landed(camera, source, 2)
        yield from bps.pause()

    with pytest.raises(RunEngineInterrupted):
        run_engine(flown([camera], 5, after=pause), documents)
    with pytest.raises(RuntimeError, match="gain was set while a fly scan is under way"):
        camera.gain.set(3)
    getattr(run_engine, end)()
    camera.unstage()  # a halt does not
    names = ("exposure_time", "frame_rate", "pixel_format")
    assert [source.values[name] for name in names] == [0.01, 20.0, "Mono16"]
    gate.release(10)
    run_engine(bps.mv(camera.gain, 3))
    works_again(run_engine, camera, documents)
