"""Settings of a source are configuration signals of its camera."""

import inspect
import io
import math
from contextlib import redirect_stdout

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import numpy as np
import pytest
from adjustable import Adjustable
from bluesky.utils import FailedStatus, RunEngineInterrupted
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ophyd import Component, Signal
from ophyd.status import StatusBase
from ophyd.utils import LimitError
from PIL import Image

from framestore import Setting
from framestore.ophyd import Camera, SettingSignal
from framestore.sources import CallableSource, SavingSource, SimulatedSource

NAMES = ["exposure_time", "frame_rate", "gain", "cooled", "pixel_format"]


@pytest.fixture
def source():
    source = Adjustable()
    yield source
    assert not source.collisions, "two threads were in the source at once"


@pytest.fixture
def camera(make_camera, source):
    return make_camera(source)


def configuration(descriptor, name="camera"):
    data = descriptor["configuration"][name]["data"]
    return {key: data[f"{name}_{key}"] for key in NAMES if f"{name}_{key}" in data}


def plan_of(camera, *steps):
    """A run with a point after each of some plans, in one staging."""

    def plan():
        for step in steps:
            yield from step()
            yield from bps.trigger_and_read([camera])

    return bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera])


def means(documents):
    return [event["data"]["camera_mean"] for event in documents.of("event")]


def test_descriptors_tell_them_with_units_limits_and_choices(run_engine, camera, documents):
    run_engine(bp.count([camera]), documents)
    (descriptor,) = documents.of("descriptor")
    assert configuration(descriptor) == {
        "exposure_time": 0.01,
        "frame_rate": 20.0,
        "gain": 1,
        "cooled": False,
        "pixel_format": "Mono16",
    }
    keys = descriptor["configuration"]["camera"]["data_keys"]
    told = {
        name: {key: value for key, value in keys[f"camera_{name}"].items() if key not in {"source", "shape"}}
        for name in NAMES
    }
    assert told == {
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
    assert not [name for name in NAMES if f"camera_{name}" in descriptor["data_keys"]]


def test_a_limit_that_is_not_there_is_none_in_the_data_key(make_camera):
    setting = Setting(get=lambda: 5.0, set=print, limits=(0.0, math.inf))
    camera = make_camera(CallableSource(lambda: np.zeros((2, 2)), settings={"temperature": setting}))
    described = camera.describe_configuration()["camera_temperature"]
    assert described["limits"] == {"control": {"low": 0.0, "high": None}}
    assert camera.temperature.limits == (0.0, math.inf)


def test_ophyd_shows_them_as_it_shows_other_signals(camera):
    assert isinstance(camera, Camera)
    assert camera.component_names[-len(NAMES) :] == tuple(NAMES)
    assert set(NAMES) <= set(camera.configuration_attrs)
    assert not set(NAMES) & set(camera.read_attrs)
    assert camera.hints == {"fields": ["camera_mean"]}
    assert {walk.dotted_name for walk in camera.walk_signals()} >= set(NAMES)
    assert all(isinstance(getattr(camera, name), SettingSignal) for name in NAMES)
    assert repr(camera).startswith("Camera(")
    printed = io.StringIO()
    with redirect_stdout(printed):
        camera.summary()
    assert "camera_exposure_time" in printed.getvalue()
    assert list(camera.stage_sigs) == []
    signal = camera.exposure_time
    assert (signal.limits, signal.low_limit, signal.high_limit) == ((0.01, 30.0), 0.01, 30.0)
    assert camera.cooled.limits == (0, 0), "ophyd's way to say that there are none"
    metadata = signal.metadata
    assert (metadata["units"], metadata["lower_ctrl_limit"], metadata["upper_ctrl_limit"]) == ("s", 0.01, 30.0)
    assert camera.pixel_format.metadata["enum_strs"] == ("Mono8", "Mono16")


def test_each_camera_has_those_of_its_source(make_camera, source, numbered_source):
    plain = make_camera(numbered_source(), name="plain")
    first = make_camera(source, name="first")
    second = make_camera(SimulatedSource((4, 4)), name="second")
    third = make_camera(numbered_source(), name="third")
    assert type(plain) is type(third) is Camera
    assert not hasattr(Camera, "gain")
    assert not hasattr(plain, "gain")
    assert hasattr(first, "cooled")
    assert not hasattr(second, "cooled")
    assert "second_gain" in second.read_configuration()
    assert not [name for name in plain.read_configuration() if "gain" in name]


def test_a_subclass_with_arguments_and_signals_of_its_own_has_them(make_camera, source, run_engine, documents):
    class Mine(Camera):
        """Mine."""

        shutter = Component(Signal, value="open", kind="config")
        _default_configuration_attrs = ("shutter", "exposure_time")

        def __init__(self, source, path_provider, extra, *, name="mine"):
            super().__init__(source, path_provider, name=name)
            self.extra = extra

    camera = make_camera(source, kind_of_camera=lambda *args: Mine(*args, "extra"))
    assert isinstance(camera, Mine)
    assert (type(camera).__name__, inspect.getdoc(camera), camera.extra) == ("Mine", "Mine.", "extra")
    run_engine(bps.mv(camera.exposure_time, 0.5, camera.gain, 3))
    run_engine(bp.count([camera]), documents)
    assert configuration(documents.of("descriptor")[0], "mine") == {"exposure_time": 0.5}, "as the class says"
    assert documents.of("event")[0]["data"]["mine_mean"] == 3


@pytest.mark.parametrize(
    "name", ["mean", "stage", "image", "timeout", "parent", "name", "prefix", "stage_sigs", "component_names", "mine"]
)
def test_a_name_that_the_camera_has_already_is_refused(make_camera, name):
    class Mine(Camera):
        def __init__(self, *args, **kwargs):
            self.mine = 1
            super().__init__(*args, **kwargs)

    setting = Setting(get=lambda: 1.0, set=print)
    with pytest.raises(ValueError, match=f"camera: Mine has something else called '{name}'.*have the source Callable"):
        make_camera(CallableSource(lambda: np.zeros((2, 2)), settings={name: setting}), kind_of_camera=Mine)


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("exposure_time", 31, LimitError, "camera_exposure_time must be from 0.01 to 30.0 s, not 31.0"),
        ("exposure_time", 0, LimitError, "from 0.01 to 30.0 s"),
        ("exposure_time", -1e-3, LimitError, "from 0.01 to 30.0 s"),
        ("exposure_time", math.nan, ValueError, "camera_exposure_time must be a finite number, not nan"),
        ("exposure_time", math.inf, ValueError, "finite"),
        ("exposure_time", True, TypeError, "camera_exposure_time must be a number, not True"),
        ("exposure_time", "fast", TypeError, "must be a number, not 'fast'"),
        ("exposure_time", None, TypeError, "must be a number, not None"),
        ("exposure_time", [0.1], TypeError, "must be a number"),
        ("exposure_time", 1 + 1j, TypeError, "must be a number"),
        ("frame_rate", 101, LimitError, "from 0.01 to 100.0 Hz"),
        ("gain", 2.5, TypeError, "camera_gain must be a whole number, not 2.5"),
        ("gain", 49, LimitError, "from 1 to 48, not 49"),
        ("cooled", 1, TypeError, "camera_cooled must be True or False, not 1"),
        ("cooled", "on", TypeError, "must be True or False"),
        ("pixel_format", "Mono12", ValueError, "camera_pixel_format must be one of: Mono8, Mono16, not 'Mono12'"),
        ("pixel_format", 8, TypeError, "must be a string, not 8"),
    ],
)
def test_what_cannot_be_set_is_refused_before_the_source_is_asked(
    camera, source, run_engine, name, value, error, message
):
    before = dict(source.values)
    signal = getattr(camera, name)
    for refuse in (signal.check_value, signal.set, signal.put):
        with pytest.raises(error, match=message.replace("[", r"\[")):
            refuse(value)
    with pytest.raises(error):
        run_engine(bps.mv(signal, value))
    assert source.values == before


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("exposure_time", 2, 2.0),
        ("exposure_time", np.float32(0.5), 0.5),
        ("exposure_time", np.int64(3), 3.0),
        ("exposure_time", 0.01, 0.01),
        ("exposure_time", 30, 30.0),
        ("gain", np.uint8(48), 48),
        ("gain", 7.0, 7),
        ("cooled", np.array([True])[0], True),
        ("pixel_format", np.str_("Mono8"), "Mono8"),
    ],
)
def test_values_of_numpy_and_whole_numbers_become_plain_ones(camera, source, name, value, expected):
    getattr(camera, name).set(value).wait(10)
    for found in (source.values[name], getattr(camera, name).get()):
        assert (found, type(found)) == (expected, type(expected))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(NAMES),
    value=st.one_of(st.floats(), st.floats(-1, 50), st.integers(), st.booleans(), st.text(), st.none(), st.binary()),
)
def test_whatever_is_set_either_is_refused_or_stands_in_the_configuration(camera, name, value):
    before = camera.read_configuration()[f"camera_{name}"]["value"]
    low, high = getattr(camera, name).limits
    try:
        getattr(camera, name).set(value).wait(10)
    except (TypeError, ValueError):
        expected = before
    else:
        expected = round(value, 2) if name == "exposure_time" else value
        assert low <= value <= high or low == high == 0
    found = camera.read_configuration()[f"camera_{name}"]["value"]
    assert found == expected
    assert type(found) is type(before)


def test_what_the_camera_says_counts_not_what_was_asked_for(run_engine, camera, source, documents):
    assert camera.frame_rate.limits == (0.01, 100.0)
    run_engine(bps.mv(camera.exposure_time, 0.1234))
    assert camera.exposure_time.get() == 0.12
    assert camera.frame_rate.get() == 1 / 0.12, "it has changed by that"
    assert camera.frame_rate.limits == (0.01, 1 / 0.12)
    with pytest.raises(LimitError):
        camera.frame_rate.set(20)
    run_engine(bp.count([camera]), documents)
    told = configuration(documents.of("descriptor")[0])
    assert (told["exposure_time"], told["frame_rate"]) == (0.12, 1 / 0.12)


def test_what_is_not_allowed_any_more_does_not_get_to_the_source(camera, source):
    source.values["exposure_time"] = 2.0  # by the vendor's own program
    assert camera.frame_rate.limits == (0.01, 100.0)
    error = camera.frame_rate.set(20).exception(10)
    assert (type(error), str(error)) == (
        ValueError,
        "camera: frame_rate must be from 0.01 to 0.5 Hz at present, not 20.0",
    )
    assert camera.frame_rate.limits == (0.01, 0.5)
    assert source.values["frame_rate"] == 20.0


def test_what_somebody_else_changed_is_found_when_it_is_staged(run_engine, camera, source, documents):
    source.values["gain"] = 5  # by the vendor's own program
    assert camera.gain.get() == 1
    run_engine(bp.count([camera]), documents)
    assert configuration(documents.of("descriptor")[0])["gain"] == 5
    assert camera.gain.get() == 5


def test_status_is_ophyd_s_own_and_readings_bear_the_time_of_the_change(camera):
    before = camera.gain.read()["camera_gain"]
    status = camera.gain.set(9)
    assert isinstance(status, StatusBase)
    status.wait(10)
    after = camera.gain.read()["camera_gain"]
    assert (before["value"], after["value"]) == (1, 9)
    assert after["timestamp"] > before["timestamp"]
    camera.gain.put(10)
    assert camera.gain.get() == 10


def test_plans_set_and_read_them(run_engine, camera, source):
    def plan():
        yield from bps.abs_set(camera.exposure_time, 0.5, wait=True)
        yield from bps.mv(camera.gain, 4, camera.pixel_format, "Mono8")
        yield from bps.rel_set(camera.gain, 2, wait=True)
        gain = yield from bps.rd(camera.gain)
        frame_rate = yield from bps.rd(camera.frame_rate)
        pixel_format = yield from bps.rd(camera.pixel_format)
        return frame_rate, gain, pixel_format

    assert run_engine(plan()).plan_result == (2.0, 6, "Mono8")
    assert source.values["gain"] == 6


def test_the_next_point_is_taken_with_it(run_engine, camera, documents):
    steps = [lambda gain=gain: bps.mv(camera.gain, gain) for gain in (3, 4, 5)]
    run_engine(plan_of(camera, *steps), documents)
    assert means(documents) == [3, 4, 5]
    np.testing.assert_array_equal(framestore_handlers.load(documents)["primary"]["camera_image"][:, 0, 0, 0], [3, 4, 5])
    (descriptor,) = documents.of("descriptor")
    assert configuration(descriptor)["gain"] == 3, "bluesky looks at it once a stream"


def test_a_per_step_plan_changes_it_between_points(run_engine, camera, documents):
    def per_shot(detectors):
        yield from bps.rel_set(camera.gain, 1, wait=True)
        yield from bps.one_shot(detectors)

    run_engine(bp.count([camera], 3, per_shot=per_shot), documents)
    assert means(documents) == [2, 3, 4]


@pytest.mark.parametrize("family", ["stream", "datum"])
def test_configure_tells_of_the_change_in_mid_stream(run_engine, make_camera, source, documents, family):
    camera = make_camera(source, documents=family)
    steps = [bps.null, bps.null, lambda: bps.configure(camera, {"gain": 7, "exposure_time": 0.5}), bps.null]
    run_engine(plan_of(camera, *steps), documents)
    first, second = documents.of("descriptor")
    assert (configuration(first)["gain"], configuration(second)["gain"]) == (1, 7)
    assert configuration(second)["exposure_time"] == 0.5
    told = {first["uid"]: 1, second["uid"]: 7}
    assert [told[event["descriptor"]] for event in documents.of("event")] == means(documents) == [1, 1, 7, 7]
    images = framestore_handlers.load(documents)["primary"]["camera_image"].compute()
    np.testing.assert_array_equal(images[:, 0, 0, 0], [1, 1, 7, 7])
    assert len(documents.of("resource", "stream_resource")) == 1, "the same file"


def test_configure_refuses_as_set_does(run_engine, camera, documents):
    with pytest.raises(LimitError):
        run_engine(plan_of(camera, bps.null, lambda: bps.configure(camera, {"gain": 100})), documents)
    assert documents.of("stop")[0]["exit_status"] == "fail"
    assert means(documents) == [1]


def test_stage_sigs_hold_for_a_staging(run_engine, camera, source, documents):
    camera.stage_sigs["exposure_time"] = 0.3
    camera.stage_sigs[camera.pixel_format] = "Mono8"
    run_engine(bp.count([camera]), documents)
    (descriptor,) = documents.of("descriptor")
    told = configuration(descriptor)
    assert (told["exposure_time"], told["pixel_format"]) == (0.3, "Mono8")
    assert descriptor["data_keys"]["camera_image"]["dtype_numpy"] == "|u1"
    assert framestore_handlers.load(documents)["primary"]["camera_image"].compute().dtype == np.uint8
    assert (source.values["exposure_time"], source.values["pixel_format"]) == (0.01, "Mono16")
    assert (camera.exposure_time.get(), camera.pixel_format.get()) == (0.01, "Mono16")


def test_stage_sigs_are_put_back_when_staging_fails(camera, source):
    camera.stage_sigs.update(exposure_time=0.3, gain=99)
    with pytest.raises(LimitError):
        camera.stage()
    assert source.values["exposure_time"] == 0.01
    camera.stage_sigs["gain"] = 9
    source.start = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        camera.stage()
    del source.start
    assert (source.values["exposure_time"], source.values["gain"]) == (0.01, 1)
    camera.stage()
    assert (source.values["exposure_time"], source.values["gain"]) == (0.3, 9)


def test_what_changes_the_frames_waits_for_unstage(run_engine, camera, source):
    camera.stage()
    message = "camera: pixel_format cannot be set while the camera is staged; unstage it first .*stage_sigs"
    with pytest.raises(RuntimeError, match=message):
        camera.pixel_format.set("Mono8")
    camera.trigger().wait(10)
    camera.unstage()
    run_engine(bps.mv(camera.pixel_format, "Mono8"))
    assert source.values["pixel_format"] == "Mono8"


def test_the_error_of_the_source_fails_the_status_and_the_plan(run_engine, camera, source, documents):
    def lose_the_cable():
        raise ConnectionError("the cable is loose")

    source.acts["gain"] = lose_the_cable
    with pytest.raises(FailedStatus) as raised:
        run_engine(plan_of(camera, bps.null, lambda: bps.mv(camera.gain, 5)), documents)
    error = raised.value.__cause__
    assert type(error) is ConnectionError
    assert error.__notes__ == ["raised by the source of camera 'camera'"]
    assert camera.gain.get() == 1
    camera.gain.set(5).wait(10)
    assert camera.gain.get() == 5


@pytest.mark.parametrize("then", ["resume", "stop", "abort"])
def test_a_pause_around_it(run_engine, camera, documents, then):
    def step():
        yield from bps.checkpoint()
        status = yield from bps.abs_set(camera.gain, 6, group="gain")
        yield from bps.pause()
        yield from bps.wait("gain")
        assert status.success

    with pytest.raises(RunEngineInterrupted):
        run_engine(plan_of(camera, bps.null, step), documents)
    getattr(run_engine, then)()
    assert camera.gain.get() == 6
    assert means(documents) == ([1, 6] if then == "resume" else [1])
    camera.stage()
    camera.trigger().wait(10)


def test_subscribers_are_told(camera):
    values, limits = [], []
    camera.frame_rate.subscribe(lambda value, **_: values.append(value), run=False)
    camera.frame_rate.subscribe(lambda upper_ctrl_limit, **_: limits.append(upper_ctrl_limit), event_type="meta")
    camera.exposure_time.set(0.5).wait(10)
    camera.gain.set(3).wait(10)
    assert (values, limits[-1:]) == ([2.0], [2.0])


def test_a_function_and_its_settings_are_a_camera(run_engine, make_camera, documents):
    sdk = {"exposure_us": 10_000.0, "binning": 1}
    source = CallableSource(
        lambda: np.full((8 // sdk["binning"], 8 // sdk["binning"]), 3, "uint8"),
        settings={
            "exposure_time": Setting(
                get=lambda: sdk["exposure_us"] * 1e-6,
                set=lambda seconds: sdk.update(exposure_us=seconds * 1e6),
                units="s",
                limits=(1e-6, 10),
            ),
            "binning": Setting(
                get=lambda: sdk["binning"],
                set=lambda value: sdk.update(binning=value),
                limits=(1, 4),
                while_staged=False,
            ),
        },
    )
    camera = make_camera(source)
    run_engine(bp.count([camera]), documents)
    assert documents.of("descriptor")[0]["data_keys"]["camera_image"]["shape"] == [1, 8, 8]
    documents.clear()
    run_engine(bps.mv(camera.exposure_time, 0.25, camera.binning, 2))
    assert sdk == {"exposure_us": 250_000.0, "binning": 2}
    run_engine(bp.count([camera]), documents)
    assert documents.of("descriptor")[0]["data_keys"]["camera_image"]["shape"] == [1, 4, 4]
    assert documents.of("stop")[0]["exit_status"] == "success"


def test_a_camera_that_saves_its_files_has_settings_too(run_engine, make_camera, documents):
    sdk = {"gain": 1}

    def acquire_image(filepath):
        Image.new("L", (16, 16), 10 * sdk["gain"]).save(filepath, quality=95)
        return 16, 16

    gain = Setting(get=lambda: sdk["gain"], set=lambda value: sdk.update(gain=value), limits=(1, 20))
    source = SavingSource(acquire_image, shape=(16, 16), settings={"gain": gain})
    camera = make_camera(source, format="jpeg")
    run_engine(plan_of(camera, bps.null, lambda: bps.mv(camera.gain, 5)), documents)
    assert means(documents) == pytest.approx([10, 50], abs=1)
    assert documents.of("descriptor")[0]["configuration"]["camera"]["data"]["camera_gain"] == 1


@pytest.mark.parametrize("saved", [False, True])
def test_the_time_of_a_point_follows_the_exposure_time(make_camera, source, saved):
    if saved:
        saving = SavingSource(
            lambda path: Image.new("L", (8, 8)).save(path) or (8, 8), (8, 8), settings=source.settings
        )
        camera = make_camera(saving, format="jpeg")
    else:
        camera = make_camera(source)
    camera.stage()
    for seconds in (0.01, 2, 30):
        camera.exposure_time.set(seconds).wait(10)
        status = camera.trigger()
        assert status.timeout == pytest.approx(21 + 2 * seconds)
        status.wait(10)
