"""Settings of a source are typed signals of its ophyd-async camera."""

import asyncio
import math
import threading

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import numpy as np
import pytest
from adjustable import Adjustable
from bluesky.utils import FailedStatus
from numbered import Gated
from ophyd_async.core import SignalRW, init_devices, observe_value, soft_signal_rw, wait_for_value
from ophyd_async.plan_stubs import ensure_connected
from ophyd_async.testing import assert_describe_signal

from framestore import Setting
from framestore.acquisition import StuckSourceError
from framestore.ophyd_async import Camera
from framestore.sources import CallableSource

ON = True
NAMES = ["exposure_time", "frame_rate", "gain", "cooled", "pixel_format"]


@pytest.fixture
def source():
    source = Adjustable()
    yield source
    assert not source.collisions, "two threads were in the source at once"


@pytest.fixture
def camera(make_async_camera, source):
    return make_async_camera(source)


def with_settings(**settings):
    return CallableSource(lambda: np.zeros((2, 2)), settings=settings)


def plan_of(camera, *steps):
    """A run with a point after each of some plans, in one staging."""

    def plan():
        for step in steps:
            yield from step()
            yield from bps.trigger_and_read([camera])

    return bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera])


def test_they_are_typed_and_told_with_units_limits_and_choices(camera, in_loop):
    assert all(isinstance(getattr(camera, name), SignalRW) for name in NAMES)
    assert [getattr(camera, name).datatype for name in NAMES] == [float, float, int, bool, str]
    described = {
        "exposure_time": {
            "dtype": "number",
            "dtype_numpy": "<f8",
            "units": "s",
            "limits": {"control": {"low": 0.01, "high": 30.0}},
        },
        "frame_rate": {
            "dtype": "number",
            "dtype_numpy": "<f8",
            "units": "Hz",
            "limits": {"control": {"low": 0.01, "high": 100.0}},
        },
        "gain": {"dtype": "integer", "dtype_numpy": "<i8", "limits": {"control": {"low": 1.0, "high": 48.0}}},
        "cooled": {"dtype": "boolean", "dtype_numpy": "|b1"},
        "pixel_format": {"dtype": "string", "choices": ["Mono8", "Mono16"]},
    }
    for name, metadata in described.items():
        in_loop(assert_describe_signal(getattr(camera, name), shape=[], **metadata))


def test_they_stand_in_the_configuration_of_a_run(run_engine, camera, documents):
    run_engine(bps.mv(camera.gain, 3, camera.exposure_time, 0.5))
    run_engine(bp.count([camera]), documents)
    (descriptor,) = documents.of("descriptor")
    configuration = descriptor["configuration"]["camera"]
    assert {name: configuration["data"][f"camera-{name}"] for name in NAMES} == {
        "exposure_time": 0.5,
        "frame_rate": 2.0,
        "gain": 3,
        "cooled": False,
        "pixel_format": "Mono16",
    }
    assert configuration["data_keys"]["camera-frame_rate"]["limits"]["control"]["high"] == 2.0
    assert not [name for name in NAMES if f"camera-{name}" in descriptor["data_keys"]]
    assert documents.of("event")[0]["data"]["camera-mean"] == 3


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("exposure_time", 31, ValueError, "camera-exposure_time must be from 0.01 to 30.0 s, not 31.0"),
        ("exposure_time", math.nan, ValueError, "camera-exposure_time must be a finite number, not nan"),
        ("exposure_time", True, TypeError, "camera-exposure_time must be a number, not True"),
        ("exposure_time", "fast", TypeError, "must be a number, not 'fast'"),
        ("exposure_time", None, TypeError, "must be a number, not None"),
        ("exposure_time", [0.1], TypeError, "must be a number"),
        ("gain", 2.5, TypeError, "camera-gain must be a whole number, not 2.5"),
        ("cooled", 1, TypeError, "camera-cooled must be True or False, not 1"),
        ("pixel_format", "Mono12", ValueError, "camera-pixel_format must be one of: Mono8, Mono16, not 'Mono12'"),
        ("pixel_format", 8, TypeError, "must be a string, not 8"),
        ("frames_per_point", 0, ValueError, "camera-frames_per_point must be a whole number from 1 on, not 0"),
        ("frames_per_point", 1.5, ValueError, "camera-frames_per_point must be a whole number from 1 on, not 1.5"),
        (
            "exposures_per_frame",
            "2",
            ValueError,
            "camera-exposures_per_frame must be a whole number from 1 on",
        ),
    ],
)
def test_what_cannot_be_set_fails_the_status_with_the_reason(
    camera, source, run_engine, in_loop, name, value, error, message
):
    before = dict(source.values), in_loop(getattr(camera, name).get_value)
    with pytest.raises(FailedStatus) as raised:
        run_engine(bps.mv(getattr(camera, name), value))
    assert isinstance(raised.value.__cause__, error)
    assert message in str(raised.value.__cause__)
    assert (source.values, in_loop(getattr(camera, name).get_value)) == before


def test_a_plan_locates_reads_and_moves_them(run_engine, camera, source):
    def plan():
        yield from bps.mv(camera.exposure_time, 0.123, camera.cooled, ON)
        located = yield from bps.locate(camera.exposure_time)
        read = yield from bps.rd(camera.exposure_time)
        gain = yield from bps.locate(camera.gain)
        cooled = yield from bps.rd(camera.cooled)
        return located, read, gain, cooled

    located, read, gain, cooled = run_engine(plan()).plan_result
    assert located == {"setpoint": 0.123, "readback": 0.12}, "the camera rounds"
    assert (read, gain, cooled) == (0.12, {"setpoint": 1, "readback": 1}, True)
    assert source.values["cooled"] is True


def test_a_relative_move(run_engine, camera, source):
    run_engine(bps.mvr(camera.gain, 2))
    assert source.values["gain"] == 3


def test_what_is_subscribed_to_is_told_of_all_changes(run_engine, camera, source, in_loop):
    """Of its own, of those by another setting, and of those by another program, when the camera is staged."""
    told = []

    async def subscribe():
        camera.frame_rate.subscribe_reading(lambda reading: told.append(reading["camera-frame_rate"]["value"]))

    in_loop(subscribe())
    run_engine(bps.mv(camera.frame_rate, 50.0))
    run_engine(bps.mv(camera.exposure_time, 0.5))
    source.values["exposure_time"] = 1.0
    run_engine(bp.count([camera]))
    assert told == [20.0, 50.0, 2.0, 1.0]
    assert in_loop(camera.frame_rate.get_value) == 1.0


def test_a_plan_monitors_one(run_engine, camera, documents):
    def plan():
        yield from bps.monitor(camera.gain, name="gains")
        for gain in (3, 5):
            yield from bps.mv(camera.gain, gain)
            yield from bps.trigger_and_read([camera])
        yield from bps.unmonitor(camera.gain)

    run_engine(bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera]), documents)
    (gains,) = [doc["uid"] for doc in documents.of("descriptor") if doc["name"] == "gains"]
    events = documents.of("event")
    assert [event["data"]["camera-gain"] for event in events if event["descriptor"] == gains] == [1, 3, 5]
    assert [event["data"]["camera-mean"] for event in events if event["descriptor"] != gains] == [3, 5]


def test_they_are_observed_as_those_of_other_devices(camera, in_loop):
    async def main():
        waiting = wait_for_value(camera.gain, 7, timeout=30)
        status = camera.gain.set(7)
        await waiting
        await status
        return await anext(observe_value(camera.gain))

    assert in_loop(main()) == 7


def test_the_time_of_a_reading_is_that_of_the_change(camera, in_loop, run_engine):
    before = in_loop(camera.gain.read)["camera-gain"]
    run_engine(bps.mv(camera.cooled, ON))
    assert in_loop(camera.gain.read)["camera-gain"] == before
    run_engine(bps.mv(camera.gain, 2))
    assert in_loop(camera.gain.read)["camera-gain"]["timestamp"] > before["timestamp"]


def test_they_are_set_between_points(run_engine, camera, documents):
    run_engine(plan_of(camera, bps.null, lambda: bps.mv(camera.gain, 7), lambda: bps.mv(camera.gain, 9)), documents)
    assert [event["data"]["camera-mean"] for event in documents.of("event")] == [1, 7, 9]


def test_one_that_changes_the_frames_is_set_before_staging(run_engine, camera, source, documents):
    with pytest.raises(FailedStatus) as raised:
        run_engine(plan_of(camera, lambda: bps.mv(camera.pixel_format, "Mono8")))
    assert "camera: pixel_format cannot be set while the camera is staged" in str(raised.value.__cause__)
    run_engine(bps.mv(camera.pixel_format, "Mono8"))
    run_engine(bp.count([camera]), documents)
    assert documents.of("descriptor")[0]["data_keys"]["camera"]["dtype_numpy"] == "|u1"


def test_not_while_a_point_is_being_taken(run_engine, make_async_camera):
    class Slow(Gated):
        def __init__(self):
            super().__init__()
            self.settings = {"gain": Setting(get=lambda: 1, set=print)}

    source = Slow()
    camera = make_async_camera(source)

    def plan():
        yield from bps.trigger(camera, group="point")
        yield from bps.wait_for([lambda: asyncio.to_thread(source.inside.wait, 30)])
        try:
            yield from bps.mv(camera.gain, 2)
        finally:
            source.gate.release()

    with pytest.raises(FailedStatus) as raised:
        run_engine(bpp.stage_wrapper(plan(), [camera]))
    assert "camera: gain was set while the frames of the trigger before are being taken" in str(raised.value.__cause__)


@pytest.mark.parametrize("staged", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_an_error_of_the_source_is_the_cause(run_engine, camera, source, staged, in_loop):
    error = OSError("the camera is gone")

    def fails():
        raise error

    source.acts["gain"] = fails
    plan = (lambda: plan_of(camera, lambda: bps.mv(camera.gain, 5))) if staged else lambda: bps.mv(camera.gain, 5)
    with pytest.raises(FailedStatus) as raised:
        run_engine(plan())
    assert raised.value.__cause__ is error
    assert in_loop(camera.gain.get_value) == 1
    assert run_engine(bp.count([camera])).exit_status == "success"


def test_a_source_that_hangs_in_it_is_named(run_engine, make_async_camera, source):
    camera, gate = make_async_camera(source, frame_timeout=0.5), threading.Event()
    source.acts["gain"] = lambda: gate.wait(60)
    with pytest.raises(FailedStatus) as raised:
        run_engine(bps.mv(camera.gain, 5))
    cause = raised.value.__cause__.__cause__  # of a TimeoutError of ophyd-async's own
    assert isinstance(cause, StuckSourceError)
    assert "camera: the source" in str(cause)
    assert "has not returned within 0.5 s" in str(cause)
    hanging = [thread for thread in threading.enumerate() if thread.name.startswith("camera")]
    assert hanging
    gate.set()
    for thread in hanging:
        thread.join(10)
    run_engine(bps.mv(camera.cooled, ON))
    assert run_engine(bp.count([camera])).exit_status == "success"


def test_a_set_that_is_waited_for_shorter_fails_with_its_name(camera, source, in_loop):
    gate = threading.Event()
    source.acts["gain"] = lambda: gate.wait(60)

    async def set_it():
        await camera.gain.set(5, timeout=0.05)

    try:
        with pytest.raises(TimeoutError, match="framestore:camera-gain"):
            in_loop(set_it())
    finally:
        gate.set()
    assert in_loop(lambda: wait_for_value(camera.gain, 5, timeout=30)) is None


def test_those_that_limit_each_other_are_set_together_in_any_order(run_engine, camera, source):
    for exposure, rate in ((0.5, 2.0), (0.01, 100.0), (1.0, 1.0), (0.02, 50.0)):
        for pair in (("frame_rate", "exposure_time"), ("exposure_time", "frame_rate")):
            values = {"frame_rate": rate, "exposure_time": exposure}
            run_engine(bps.mv(*[part for name in pair for part in (getattr(camera, name), values[name])]))
            assert {name: source.values[name] for name in values} == values
            run_engine(bps.mv(camera.exposure_time, 0.1))
            run_engine(bps.mv(camera.frame_rate, 5.0))


def test_one_that_stays_refused_fails_beside_others(run_engine, camera, source):
    with pytest.raises(FailedStatus) as raised:
        run_engine(bps.mv(camera.frame_rate, 101.0, camera.exposure_time, 0.1))
    assert "camera-frame_rate must be from 0.01 to 10.0 Hz, not 101.0" in str(raised.value.__cause__)
    assert source.values["exposure_time"] == 0.1


def test_one_that_stays_refused_fails_while_others_are_set_on_and_on(camera, in_loop):
    async def main():
        refused, gain = camera.exposure_time.set(99), 1
        while not refused.done:
            gain = gain % 48 + 1
            await camera.gain.set(gain)
        await refused

    with pytest.raises(ValueError, match="camera-exposure_time must be from 0.01 to 30.0 s, not 99.0"):
        in_loop(main())


def test_a_camera_says_what_it_is_told_by_another_program_when_it_is_staged(run_engine, camera, source, documents):
    source.values["gain"] = 11
    run_engine(bp.count([camera]), documents)
    assert documents.of("descriptor")[0]["configuration"]["camera"]["data"]["camera-gain"] == 11


@pytest.mark.parametrize("name", ["mean", "stage", "log", "timeout", "parent", "name", "frames_per_point"])
def test_a_name_that_the_camera_has_already_is_refused(make_async_camera, in_loop, name):
    camera = make_async_camera(with_settings(**{name: Setting(get=lambda: 1.0, set=print)}), connect=False)
    with pytest.raises(ValueError, match=f"camera: Camera has something else called '{name}'.*call its setting other"):
        in_loop(camera.connect)


class Shuttered(Camera):
    """A camera of a user, with an argument and signals of its own."""

    def __init__(self, source, path_provider, label, *, name=""):
        self.shutter = soft_signal_rw(str, "open")
        self.label = label
        super().__init__(source, path_provider, stats=("mean",), name=name)
        self.filter = soft_signal_rw(int, 3)
        self.add_config_signals(self.shutter, self.filter)


@pytest.mark.parametrize("mock", [False, True])
def test_a_subclass_with_arguments_and_signals_of_its_own(run_engine, provider, documents, source, mock):
    with init_devices(mock=mock):
        mine = Shuttered(source, provider, "a label")
    run_engine(bps.mv(mine.shutter, "closed"))
    run_engine(ensure_connected(mine, mock=mock, force_reconnect=True))
    run_engine(bp.count([mine]), documents)
    data = documents.of("descriptor")[0]["configuration"]["mine"]["data"]
    assert (data["mine-shutter"], data["mine-filter"], mine.label) == ("closed", 3, "a label")
    assert {"mine-gain", "mine-exposure_time", "mine-file_path"} <= set(data)
    assert set(documents.of("event")[0]["data"]) == {"mine-mean", "mine-frames_dropped"}


def test_a_subscription_outlives_the_loop_it_was_made_in(run_async, provider):
    camera, told = Camera(Adjustable(), provider, name="camera"), []

    async def first():
        await camera.connect()
        camera.gain.subscribe_reading(told.append)

    async def second():
        await camera.connect(force_reconnect=True)
        await camera.gain.set(3)
        return await camera.gain.get_value(cached=False)

    run_async(first)
    assert run_async(second) == 3
    assert len(told) == 1
