"""Time series: the pace, the settings that it needs, and what they are afterwards."""

import asyncio
import threading
from types import SimpleNamespace

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import h5py
import numpy as np
import pytest
from adjustable import Adjustable
from bluesky.utils import FailedStatus, RunEngineInterrupted
from named import Named
from numbered import NumberedSource
from ophyd.status import Status
from ophyd_async.core import TriggerInfo
from slow import slow

from framestore import Setting
from framestore.plans import settings_decorator, settings_wrapper, time_series
from framestore.sources import SimulatedSource


class Coupled(Adjustable):
    """A camera that allows no exposure that is longer than the period, and no period that is shorter."""

    @property
    def settings(self):
        settings = super().settings
        longest = 1 / self.values["frame_rate"]
        settings["exposure_time"] = self._setting("exposure_time", units="s", limits=(0.01, longest))
        return settings


class Adapting(NumberedSource):
    """A camera that lowers its frame rate along with the exposure time, and leaves it there."""

    can_wait = True

    def __init__(self):
        super().__init__()
        self.values = {"exposure_time": 0.01, "frame_rate": 50.0}

    def expose(self, seconds):
        self.values["exposure_time"] = seconds
        self.values["frame_rate"] = min(self.values["frame_rate"], 1 / seconds)

    @property
    def settings(self):
        rate, limits = self.values.__getitem__, (0.01, 1 / self.values["exposure_time"])
        return {
            "exposure_time": Setting(get=lambda: rate("exposure_time"), set=self.expose, units="s", limits=(0.01, 9.0)),
            "frame_rate": Setting(
                get=lambda: rate("frame_rate"),
                set=lambda value: self.values.update(frame_rate=value),
                units="Hz",
                limits=limits,
            ),
        }


def configuration(documents):
    (descriptor,) = documents.of("descriptor")
    ((name, found),) = descriptor["configuration"].items()
    return [found["data"][f"{name}_{setting}"] for setting in ("exposure_time", "frame_rate")]


def frames(documents):
    """Of each camera, as h5py finds them."""
    named = Named(documents)
    named.check()
    found = {}
    for uid, resource in named.resources.items():
        with h5py.File(named.path(uid)) as file:
            found[resource["data_key"]] = file["entry/data/data"][()], file["entry/instrument/detector/timestamp"][()]
    return found


def test_it_goes_at_the_pace_that_was_asked_for(run_engine, make_camera, documents):
    """The simulated camera starts an exposure every 20 ms, or later."""
    camera = make_camera(SimulatedSource((4, 5), rate=100.0))
    plan = time_series([camera], 12, period=0.02, exposure_time=0.005, flush_period=0.05, md={"sample": "gold"})
    result = run_engine(plan, documents)
    (start,) = documents.of("start")
    assert (result.plan_result, start["sample"], start["plan_name"]) == (start["uid"], "gold", "time_series")
    ((images, timestamps),) = frames(documents).values()
    assert images.shape == (12, 4, 5)
    assert np.diff(timestamps).min() > 0.0199
    assert configuration(documents) == [0.005, 50.0]
    assert (camera.exposure_time.get(), camera.frame_rate.get()) == (0.01, 100.0)


def test_cameras_in_one_stream(run_engine, make_camera, documents):
    sources = [NumberedSource((3 + k, 4)) for k in range(2)]
    cameras = [make_camera(source, name=f"camera{k}") for k, source in enumerate(sources)]
    run_engine(time_series(cameras, 5, flush_period=0.05, stream_name="decay"), documents)
    for (images, _), source in zip(frames(documents).values(), sources, strict=True):
        np.testing.assert_array_equal(images, [source.expected(k) for k in range(5)])
    assert documents.of("stop")[0]["num_events"] == {"decay": 5}


@pytest.mark.parametrize("number", [4, TriggerInfo(number_of_events=4), {"number_of_events": 4}])
def test_what_prepare_takes(run_engine, make_camera, documents, source, number):
    run_engine(time_series([make_camera(source)], number, flush_period=0.05), documents)
    assert documents.of("stop")[0]["num_events"] == {"primary": 4}


@pytest.mark.parametrize("kind", [Coupled, *slow(Adjustable, Adapting)])
@pytest.mark.parametrize("first", [(0.01, 20.0), (2.0, 0.4)])
@pytest.mark.parametrize("then", [{"exposure_time": 1.0, "frame_rate": 1.0}, {"exposure_time": 0.02, "period": 0.05}])
def test_limits_that_depend_on_each_other(run_engine, make_camera, documents, kind, first, then):
    source = kind()
    source.values |= dict(zip(("exposure_time", "frame_rate"), first, strict=True))
    run_engine(time_series([make_camera(source)], 1, flush_period=0.05, **then), documents)
    rate = then.get("frame_rate", 20.0)
    assert configuration(documents) == [then["exposure_time"], rate]
    assert (source.values["exposure_time"], source.values["frame_rate"]) == first


def test_what_a_camera_changes_along_is_put_back(run_engine, make_camera, documents):
    source = Adapting()
    run_engine(time_series([make_camera(source)], 1, exposure_time=0.5, flush_period=0.05), documents)
    assert configuration(documents) == [0.5, 2.0]
    assert source.values == {"exposure_time": 0.01, "frame_rate": 50.0}


def test_settings_that_need_another_one(run_engine, make_camera):
    """Such as a gain that can be set only while the camera is cooled: that is first to be set, last to be put back."""
    order = []

    class Cooled(Adjustable):
        def _set(self, name, value):
            assert name == "cooled" or self.values["cooled"], "too warm"
            order.append((name, value))
            super()._set(name, value)

    camera = make_camera(Cooled())
    run_engine(settings_wrapper(bps.null(), [camera], cooled=True, gain=5))
    assert order == [("cooled", True), ("gain", 5), ("gain", 1), ("cooled", False)]


def test_what_a_camera_puts_back_along_is_left_to_it(run_engine, make_camera, documents):
    """It reaches 10 Hz of the 20 Hz that it was once asked for, and remembers these."""
    source = Adjustable()
    source.values["exposure_time"] = 0.1
    run_engine(time_series([make_camera(source)], 1, exposure_time=0.02, flush_period=0.05), documents)
    assert configuration(documents) == [0.02, 20.0]
    assert (source.values["exposure_time"], source.values["frame_rate"]) == (0.1, 20.0)


@pytest.mark.parametrize("setting", ["frame_rate", "exposure_time", "period"])
def test_a_camera_without_the_setting_is_named(run_engine, make_camera, documents, setting):
    """Before anything is changed."""
    adjustable = Adjustable()
    cameras = [make_camera(adjustable, name="one"), make_camera(NumberedSource(), name="plain")]
    name = "frame_rate" if setting == "period" else setting
    with pytest.raises(ValueError, match=f"plain has no setting '{name}'"):
        run_engine(time_series(cameras, 5, **{setting: 0.05}), documents)
    assert (adjustable.values["exposure_time"], adjustable.values["frame_rate"]) == (0.01, 20.0)
    assert not documents.pairs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"period": 0.1, "frame_rate": 10}, "period=0.1 and frame_rate=10 say the same; give one of them"),
        ({"period": 0}, "period must be above 0 seconds, not 0"),
        ({"period": float("nan")}, "period must be above 0 seconds, not nan"),
        ({"number_of_events": 0}, "number_of_events must be from 1 on, not 0"),
        ({"number_of_events": {"number_of_events": 0}}, "number_of_events must be from 1 on, not 0"),
        ({"period": 0.02, "exposure_time": 0.5}, "an exposure of 0.5 s does not fit into a period of 0.02 s"),
        ({"frame_rate": 1000.0}, "camera_frame_rate must be .* not 1000.0"),
        ({"exposure_time": "long"}, "camera_exposure_time must be a number, not 'long'"),
        ({"exposure_time": "long", "frame_rate": 10}, "camera_exposure_time must be a number, not 'long'"),
    ],
)
def test_wrong_arguments(run_engine, make_camera, documents, arguments, message):
    source = Adjustable()
    with pytest.raises((ValueError, TypeError), match=message):
        run_engine(time_series([make_camera(source)], **{"number_of_events": 5, **arguments}), documents)
    assert (source.values["exposure_time"], source.values["frame_rate"]) == (0.01, 20.0)
    assert not documents.pairs


def refuse():
    raise OSError("the camera does not answer")


def test_a_camera_that_does_not_take_a_setting(run_engine, make_camera, documents):
    """The settings of the other, and the other setting, are put back."""
    sources = [Adjustable(), Adjustable()]
    sources[1].acts["exposure_time"] = refuse
    cameras = [make_camera(source, name=f"camera{k}") for k, source in enumerate(sources)]
    with pytest.raises(FailedStatus) as raised:
        run_engine(time_series(cameras, 5, exposure_time=0.1, frame_rate=5), documents)
    assert str(raised.value.__cause__) == "the camera does not answer"
    for source in sources:
        assert (source.values["exposure_time"], source.values["frame_rate"]) == (0.01, 20.0)
    assert not documents.pairs


def test_a_setting_that_was_never_changed_is_not_put_back(run_engine, make_camera):
    """A camera that does not answer is asked once: its own error is what the user sees."""
    attempts = []

    class Mute(Adjustable):
        def _set(self, name, value):
            attempts.append(name)
            refuse()

    with pytest.raises(FailedStatus) as raised:
        run_engine(time_series([make_camera(Mute())], 5, exposure_time=0.1))
    assert str(raised.value.__cause__) == "the camera does not answer"
    assert attempts == ["exposure_time"]


class SlowSignal:
    """A setting that tells its value to the second who asks; the first waits, until a pause ends that."""

    name, parent, value = "slow_exposure_time", None, 0.01

    def __init__(self, asked):
        self.asked = asked

    async def locate(self):
        if not self.asked.is_set():
            self.asked.set()
            await asyncio.Event().wait()
        return {"setpoint": self.value, "readback": self.value}

    def set(self, value):
        self.value = value
        status = Status()
        status.set_finished()
        return status


def test_a_pause_while_a_setting_is_asked_for(run_engine):
    """bluesky gives no answer then; it is not taken for a value."""
    asked = threading.Event()
    camera = SimpleNamespace(name="slow", exposure_time=SlowSignal(asked))
    during = []

    def plan():
        during.append(camera.exposure_time.value)
        yield from bps.null()

    def ask():
        assert asked.wait(30)
        run_engine.request_pause()

    thread = threading.Thread(target=ask)
    thread.start()
    with pytest.raises(RunEngineInterrupted):
        run_engine(settings_wrapper(plan(), [camera], exposure_time=0.5))
    thread.join()
    run_engine.resume()
    assert (during, camera.exposure_time.value) == ([0.5], 0.01)


class Failing(Adjustable):
    def next_frame(self, timeout):
        if self.count == 3:
            raise OSError("the cable was pulled")
        return super().next_frame(timeout)


def test_a_camera_that_fails(run_engine, make_camera, documents):
    source = Failing()
    with pytest.raises(FailedStatus) as raised:
        run_engine(time_series([make_camera(source)], 9, exposure_time=0.1, flush_period=0.05), documents)
    assert str(raised.value.__cause__) == "the cable was pulled"
    assert documents.of("stop")[0]["exit_status"] == "fail"
    assert source.values["exposure_time"] == 0.01


@pytest.mark.parametrize("end", ["resume", "stop", "abort"])
def test_a_pause_in_the_middle(run_engine, make_camera, documents, end):
    source = Adjustable()

    class Asking(Adjustable):
        def next_frame(self, timeout):
            if self.count == 3 and not asked:
                asked.append(self.values["exposure_time"])
                run_engine.request_pause()
            return super().next_frame(timeout)

    asked, source = [], Asking()
    with pytest.raises(RunEngineInterrupted):
        run_engine(time_series([make_camera(source)], 200, exposure_time=0.02, flush_period=0.05), documents)
    assert source.values["exposure_time"] == 0.02, "it still holds"
    getattr(run_engine, end)()
    assert (asked, source.values["exposure_time"]) == ([0.02], 0.01)
    if end == "resume":
        ((images, _),) = frames(documents).values()
        assert len(images) == 200


def test_a_pause_when_the_run_is_closed(run_engine, make_camera, documents, source):
    token = run_engine.subscribe(lambda *_: run_engine.loop.create_task(run_engine._request_pause_coro()), "stop")
    with pytest.raises(RunEngineInterrupted):
        run_engine(time_series([make_camera(source)], 3, flush_period=0.05), documents)
    run_engine.unsubscribe(token)
    run_engine.resume()
    ((images, _),) = frames(documents).values()
    assert (len(images), source.count) == (3, 3)


def test_an_abort_while_they_are_put_back(run_engine, make_camera, documents):
    """They are put back all the same."""
    source = Adjustable()
    camera = make_camera(source)

    @settings_decorator([camera], exposure_time=0.3, gain=7)
    def plan():
        yield from bp.count([camera], 2)
        source.acts["exposure_time"] = run_engine.request_pause

    with pytest.raises(RunEngineInterrupted):
        run_engine(plan(), documents)
    run_engine.abort()
    assert (source.values["exposure_time"], source.values["gain"]) == (0.01, 1)
    assert documents.of("stop")[0]["exit_status"] == "success"


def test_settings_of_any_plan(run_engine, make_camera, documents):
    """Also those that hold still while a camera is staged; those that are None are left alone."""
    source = Adjustable()
    camera = make_camera(source)
    plan = settings_wrapper(bp.count([camera], 2), [camera], pixel_format="Mono8", gain=3, exposure_time=None)
    run_engine(plan, documents)
    ((images, _),) = frames(documents).values()
    np.testing.assert_array_equal(images, np.full((2, 5, 7), 3, "uint8"))
    assert images.dtype == np.uint8
    assert (source.values["pixel_format"], source.values["gain"]) == ("Mono16", 1)
