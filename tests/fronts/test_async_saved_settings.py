"""Settings of an ophyd-async camera in YAML files, by ophyd-async's own plans."""

import bluesky.plans as bp
import pytest
import yaml
from adjustable import Adjustable
from bluesky.utils import FailedStatus
from numbered import NumberedSource
from ophyd_async.core import YamlSettingsProvider
from ophyd_async.plan_stubs import (
    apply_settings,
    apply_settings_if_different,
    get_current_settings,
    retrieve_settings,
    store_settings,
)

from framestore import Setting

STORED = {
    "cooled": False,
    "exposure_time": 0.01,
    "exposures_per_frame": 1,
    "frame_rate": 20.0,
    "frames_per_point": 1,
    "gain": 1,
    "pixel_format": "Mono16",
}


@pytest.fixture
def yaml_files(tmp_path):
    return YamlSettingsProvider(tmp_path)


@pytest.fixture
def camera(make_async_camera):
    return make_async_camera(Adjustable())


def stored(tmp_path, name="day"):
    return yaml.safe_load((tmp_path / f"{name}.yaml").read_text())


def saved(tmp_path, **values):
    """A file, as a user may have edited it."""
    (tmp_path / "day.yaml").write_text(yaml.safe_dump(values))


def load(camera, yaml_files, name="day"):
    settings = yield from retrieve_settings(yaml_files, name, camera)
    yield from apply_settings(settings)


def values_of(camera, in_loop, *names):
    return {name: in_loop(getattr(camera, name).get_value) for name in names}


@pytest.mark.parametrize("only_config", [False, True])
def test_all_that_can_be_set_is_stored(run_engine, camera, yaml_files, tmp_path, only_config):
    run_engine(store_settings(yaml_files, "day", camera, only_config=only_config))
    assert stored(tmp_path) == STORED


def test_what_was_stored_is_set_again(run_engine, camera, yaml_files, in_loop):
    values = {
        "cooled": True,
        "exposure_time": 0.5,
        "exposures_per_frame": 2,
        "frame_rate": 2.0,
        "frames_per_point": 3,
        "gain": 7,
        "pixel_format": "Mono8",
    }
    for name, value in values.items():
        in_loop(lambda name=name, value=value: getattr(camera, name).set(value))
    run_engine(store_settings(yaml_files, "late", camera))
    for name, value in STORED.items():
        in_loop(lambda name=name, value=value: getattr(camera, name).set(value))
    run_engine(load(camera, yaml_files, "late"))
    assert values_of(camera, in_loop, *values) == values


def test_what_was_stored_in_mock_mode_can_be_read_back_in_it(run_engine, make_async_camera, yaml_files, in_loop):
    camera = make_async_camera(Adjustable(), mock=True)
    run_engine(store_settings(yaml_files, "day", camera))
    in_loop(lambda: camera.gain.set(9.0))
    run_engine(load(camera, yaml_files))
    assert in_loop(camera.gain.get_value) == 1.0


@pytest.mark.parametrize("now", [(0.01, 100.0), (2.0, 0.5)])
@pytest.mark.parametrize("then", [(0.02, 50.0), (1.0, 1.0)])
def test_an_exposure_time_and_a_frame_rate_that_exclude_what_is_set_now(
    run_engine, camera, yaml_files, tmp_path, in_loop, now, then
):
    for names in (("exposure_time", "frame_rate"), ("frame_rate", "exposure_time")):
        for exposure_time, frame_rate in (now, then):
            values = {"exposure_time": exposure_time, "frame_rate": frame_rate}
            (tmp_path / "day.yaml").write_text(yaml.safe_dump({name: values[name] for name in names}, sort_keys=False))
            run_engine(load(camera, yaml_files))
            assert values_of(camera, in_loop, *names) == values


class Both(NumberedSource):
    """Its exposure time and its frame rate limit each other: neither is cut when the other is set."""

    def __init__(self, exposure, rate):
        super().__init__()
        self.values = {"exposure_time": exposure, "frame_rate": rate}

    @property
    def settings(self):
        exposure, rate = self.values["exposure_time"], self.values["frame_rate"]
        return {
            "frame_rate": self._setting("frame_rate", units="Hz", limits=(0.01, 1 / exposure)),
            "exposure_time": self._setting("exposure_time", units="s", limits=(1e-3, 1 / rate)),
        }

    def _setting(self, name, **more):
        def put(value):
            self.values[name] = value

        return Setting(get=lambda: self.values[name], set=put, **more)


@pytest.mark.parametrize(("now", "then"), [((0.01, 100.0), (1.0, 1.0)), ((1.0, 1.0), (0.01, 100.0))])
def test_those_that_limit_each_other_both_ways(run_engine, make_async_camera, yaml_files, tmp_path, in_loop, now, then):
    camera = make_async_camera(Both(*now))
    saved(tmp_path, exposure_time=then[0], frame_rate=then[1])
    run_engine(load(camera, yaml_files))
    assert values_of(camera, in_loop, "exposure_time", "frame_rate") == {
        "exposure_time": then[0],
        "frame_rate": then[1],
    }


def test_only_what_is_different_is_set(run_engine, camera, yaml_files, tmp_path):
    saved(tmp_path, **{**STORED, "gain": 5})
    applied = []

    def apply(settings):
        applied.append({signal.name: value for signal, value in settings.items()})
        yield from apply_settings(settings)

    def plan():
        settings = yield from retrieve_settings(yaml_files, "day", camera)
        yield from apply_settings_if_different(settings, apply)
        current = yield from get_current_settings(camera)
        yield from apply_settings_if_different(settings, apply, current)

    run_engine(plan())
    assert applied == [{"camera-gain": 5}, {}]


def test_what_is_out_of_range_in_a_file_is_refused_by_name(run_engine, camera, yaml_files, tmp_path, in_loop):
    saved(tmp_path, gain=99, exposure_time=0.5)
    with pytest.raises(FailedStatus) as raised:
        run_engine(load(camera, yaml_files))
    assert "camera-gain must be from 1 to 48, not 99" in str(raised.value.__cause__)
    saved(tmp_path, offset=1)
    with pytest.raises(NameError, match="Unknown signal names.*offset"):
        run_engine(load(camera, yaml_files))


def test_in_a_plan_before_its_run(run_engine, camera, yaml_files, tmp_path, documents):
    saved(tmp_path, gain=6, frames_per_point=2, pixel_format="Mono8")

    def plan():
        yield from load(camera, yaml_files)
        yield from bp.count([camera], 2)

    run_engine(plan(), documents)
    key = documents.of("descriptor")[0]["data_keys"]["camera"]
    assert (key["shape"], key["dtype_numpy"]) == ([2, 5, 7], "|u1")
    assert [event["data"]["camera-mean"] for event in documents.of("event")] == [6, 6]
