"""The name of an ophyd-async camera: data keys, files, threads and messages go by it."""

import threading

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
from adjustable import Adjustable
from bluesky.utils import FailedStatus
from numbered import Gated, NumberedSource
from ophyd_async.core import Device, DeviceVector, StandardReadable, init_devices
from ophyd_async.core import StaticPathProvider as TheirStaticPathProvider
from plans import fail

from framestore.frame import FrameError
from framestore.ophyd_async import Camera
from framestore.sources import SavingSource


class Names:
    """A path provider that notes for what it is asked."""

    def __init__(self, folder):
        self.asked = []
        self.provider = TheirStaticPathProvider(self._name, folder)

    def _name(self, datakey_name=None):
        self.asked.append(datakey_name)
        return f"{datakey_name}_{len(self.asked)}"

    def __call__(self, datakey_name=None):
        return self.provider(datakey_name)


@pytest.fixture
def names(tmp_path):
    return Names(tmp_path)


def read_back(documents, key):
    return framestore_handlers.load(documents)["primary"][key].compute()


def test_cameras_are_named_after_their_variables(run_engine, names, documents):
    sources = NumberedSource(), NumberedSource((3, 4))
    with init_devices():
        front = Camera(sources[0], names, stats=("mean",))
        side = Camera(sources[1], names, stats=("max",), rois={"spot": (0, 0, 2, 2)})
    assert (front.name, front.mean.name, front.frames_per_point.name) == (
        "front",
        "front-mean",
        "front-frames_per_point",
    )
    run_engine(bp.count([front, side], 2), documents)
    (descriptor,) = documents.of("descriptor")
    assert set(descriptor["data_keys"]) == {
        "front",
        "front-mean",
        "front-frames_dropped",
        "side",
        "side-max",
        "side-spot_max",
        "side-frames_dropped",
    }
    assert descriptor["data_keys"]["side"]["dims"] == ["side_frame", "side_y", "side_x"]
    assert descriptor["hints"] == {"front": {"fields": ["front-mean"]}, "side": {"fields": []}}
    assert sorted(names.asked) == ["front", "side"]
    for key, source in (("front", sources[0]), ("side", sources[1])):
        np.testing.assert_array_equal(read_back(documents, key)[:, 0], [source.expected(k) for k in range(2)])


def test_children_are_named_with_the_separator_that_is_asked_for(run_engine, provider, documents):
    with init_devices(child_name_separator="_"):
        cam = Camera(Adjustable(), provider, stats=("mean",), rois={"spot": (0, 0, 2, 2)})
    assert (cam.gain.name, cam.spot.name, cam.events_to_kickoff.name) == (
        "cam_gain",
        "cam_spot",
        "cam_events_to_kickoff",
    )
    run_engine(bp.count([cam]), documents)
    (descriptor,) = documents.of("descriptor")
    assert set(descriptor["data_keys"]) == {"cam", "cam_mean", "cam_spot_mean", "cam_frames_dropped"}
    assert descriptor["hints"] == {"cam": {"fields": ["cam_mean"]}}
    assert descriptor["configuration"]["cam"]["data"]["cam_spot"] == [0, 0, 2, 2]
    assert {"cam_gain", "cam_exposure_time", "cam_file_path", "cam_spot"} <= set(
        descriptor["configuration"]["cam"]["data"]
    )


class Table(StandardReadable):
    def __init__(self, provider, name=""):
        with self.add_children_as_readables():
            self.cam = Camera(NumberedSource(), provider, stats=("mean",))
        super().__init__(name)


class Rig(Device):
    def __init__(self, provider, name=""):
        self.cams = DeviceVector({k: Camera(NumberedSource(), provider, stats=("mean",)) for k in (1, 2)})
        super().__init__(name)


def test_a_camera_of_another_device_is_named_after_that(run_engine, provider, documents):
    with init_devices():
        rig = Rig(provider)
    cameras = [rig.cams[1], rig.cams[2]]
    assert [camera.name for camera in cameras] == ["rig-cams-1", "rig-cams-2"]

    def plan():  # bluesky stages the outermost device; this one does not hand that on
        for camera in cameras:
            yield from bps.stage(camera, wait=True)
        yield from bp.count(cameras)
        for camera in cameras:
            yield from bps.unstage(camera, wait=True)

    run_engine(plan(), documents)
    assert {"rig-cams-1", "rig-cams-1-mean"} <= set(documents.of("descriptor")[0]["data_keys"])
    assert read_back(documents, "rig-cams-2").shape == (1, 1, 5, 7)


def test_a_camera_among_the_readables_of_another_device_is_read_with_it(run_engine, provider, documents):
    with init_devices():
        table = Table(provider)
    run_engine(bp.count([table]), documents)
    assert set(documents.of("event")[0]["data"]) == {"table-cam-mean", "table-cam-frames_dropped"}


def test_another_name_holds_from_the_next_staging_on(run_engine, make_async_camera, names, documents):
    source = Adjustable()
    camera = make_async_camera(source, path_provider=names)
    run_engine(bp.count([camera]))
    camera.set_name("other", child_name_separator="_")
    assert camera.events_to_kickoff.name == "other_events_to_kickoff"
    seen = []
    source.acts["gain"] = lambda: seen.append(threading.current_thread().name)
    run_engine(bps.mv(camera.gain, 3))
    run_engine(bp.count([camera]), documents)
    assert seen == ["other settings"]
    assert names.asked == ["camera", "other"]
    assert set(documents.of("descriptor")[0]["data_keys"]) >= {"other", "other_mean"}
    assert "other_gain" in documents.of("descriptor")[0]["configuration"]["other"]["data"]
    with pytest.raises(FailedStatus) as raised:
        run_engine(bps.mv(camera.gain, 49))
    assert "other_gain must be from 1 to 48, not 49" in str(raised.value.__cause__)


def test_threads_and_errors_have_the_name(run_engine, provider, threads_of_cameras, in_loop):
    source = Gated()
    with init_devices():
        eye = Camera(source, provider)
    with pytest.raises(RuntimeError, match=r"eye: trigger before stage; call eye.stage\(\) first"):
        in_loop(eye.trigger)
    in_loop(eye.stage)
    assert {name.split()[0] for name in threads_of_cameras()} == {"eye"}
    in_loop(eye.unstage)
    assert not threads_of_cameras()


def nothing(path):
    return 8, 8


def test_what_a_camera_saved_wrongly_is_told_by_its_name(run_engine, provider, documents, folder):
    """The camera that saves files is made a source of frames before the device has a name."""
    with init_devices():
        eye = Camera(SavingSource(nothing, shape=(8, 8)), provider, format="jpeg")
    error = fail(run_engine, documents, eye)
    assert isinstance(error, FrameError)
    assert str(error).startswith(f"eye: SavingSource(nothing) was asked to save {folder}/")
    eye.set_name("other")
    assert str(fail(run_engine, documents, eye)).startswith("other: SavingSource(nothing) was asked to save")
