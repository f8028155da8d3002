"""Settings in wrong hands: what a user finds at night, and what the camera must be good for afterwards."""

import bluesky.plans as bp
import numpy as np
import pytest
from adjustable import Adjustable
from ophyd.utils import LimitError
from plans import works_again

from framestore import Setting
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
