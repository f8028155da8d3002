"""Connecting an ophyd-async camera: its source is looked at, bounded in time."""

import subprocess
import sys
import threading
import time

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import numpy as np
import pytest
from adjustable import Adjustable
from bluesky.utils import FailedStatus
from numbered import NumberedSource
from ophyd_async.core import NotConnectedError, init_devices
from ophyd_async.plan_stubs import ensure_connected
from ophyd_async.sim import SimMotor

from framestore import Setting
from framestore.ophyd_async import Camera
from framestore.sources import CallableSource


class Hanging(NumberedSource):
    """Does not return from a look at it, until it is let."""

    def __init__(self):
        super().__init__()
        self.gate = threading.Event()
        self.inside = threading.Event()

    @property
    def settings(self):
        self.inside.set()
        assert self.gate.wait(60)
        return {}

    def __repr__(self):
        return "<Hanging>"


@pytest.fixture
def hanging():
    source = Hanging()
    yield source
    source.gate.set()


def failing(error):
    class Failing(NumberedSource):
        @property
        def settings(self):
            raise error

        def __repr__(self):
            return "<Failing>"

    return Failing()


def test_its_settings_become_signals(make_async_camera):
    plain, adjustable = make_async_camera(NumberedSource()), make_async_camera(Adjustable())
    names = {"exposure_time", "frame_rate", "gain", "cooled", "pixel_format"}
    assert not names & set(dict(plain.children()))
    assert not any(hasattr(plain, name) for name in names)
    assert names <= set(dict(adjustable.children()))


def test_a_source_that_hangs_is_named_and_the_others_connect(run_engine, provider, hanging):
    with pytest.raises(NotConnectedError) as raised, init_devices(timeout=1.0):  # noqa: PT012 - it is about the end
        stuck = Camera(hanging, provider)
        good = Camera(Adjustable(), provider)
        motor = SimMotor()
    assert str(raised.value).strip() == (
        "stuck: NotConnectedError: stuck: the source <Hanging> has not returned within 1 s; look at the camera"
    )
    assert good.gain.name == "good-gain"
    run_engine(bp.scan([good], motor, 0, 1, 2))
    with pytest.raises(FailedStatus) as raised:
        run_engine(bp.count([stuck]))
    assert "stuck: it was not connected; make it within `with init_devices():`" in str(raised.value.__cause__)


def test_it_connects_once_the_source_has_returned(run_engine, make_async_camera, in_loop, hanging):
    camera = make_async_camera(hanging, connect=False)
    with pytest.raises(NotConnectedError, match="camera: the source <Hanging> has not returned within"):
        in_loop(lambda: camera.connect(timeout=0.1))
    hanging.gate.set()
    in_loop(camera.connect)
    assert run_engine(bp.count([camera])).exit_status == "success"


def test_a_source_that_hangs_longer_than_it_may_is_named(make_async_camera, in_loop, hanging):
    camera = make_async_camera(hanging, connect=False, frame_timeout=0.1)
    with pytest.raises(NotConnectedError, match="camera: the source <Hanging> has not returned within 0.1 s"):
        in_loop(lambda: camera.connect(timeout=30))


SCRIPT = """
import sys, threading
from ophyd_async.core import NotConnectedError, init_devices
from bluesky import RunEngine
from framestore.ophyd_async import Camera
import numpy as np

class Source:
    dtype = np.dtype("uint8")
    @property
    def {hangs}(self):
        threading.Event().wait()
    def next_frame(self, timeout): ...
    def start(self): ...
    def stop(self): ...

RE = RunEngine()
try:
    with init_devices(timeout=0.1):
        camera = Camera(Source(), lambda datakey_name=None: None)
except NotConnectedError as error:
    sys.exit(str(error))
"""


@pytest.mark.parametrize("hangs", ["shape", pytest.param("settings", marks=pytest.mark.slow)])
def test_the_process_can_exit_while_a_source_hangs(hangs):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(hangs=hangs)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "camera: the source" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_error_of_the_source_is_told_as_it_is(run_engine, make_async_camera, in_loop, provider):
    error = ConnectionError("the camera does not answer")
    camera = make_async_camera(failing(error), connect=False)
    with pytest.raises(ConnectionError) as raised:
        in_loop(camera.connect)
    assert raised.value is error
    with pytest.raises(NotConnectedError, match="broken: ConnectionError: the cam") as raised, init_devices():
        broken = Camera(failing(error), provider)
    assert raised.value.sub_errors == {"broken": error}
    assert broken.name == "broken"


def test_a_format_that_cannot_hold_the_frames_is_refused(run_engine, make_async_camera, in_loop):
    class Opened(NumberedSource):
        """Knows its frames when it is opened."""

        shape = property(lambda self: (4, 4), lambda self, value: None)
        dtype = property(lambda self: np.dtype("float32"), lambda self, value: None)

    camera = make_async_camera(Opened(), connect=False, format="jpeg")
    with pytest.raises(ValueError, match="camera: .*jpeg.*float32"):
        in_loop(camera.connect)
    with pytest.raises(ValueError, match="eye: .*jpeg"):
        make_async_camera(NumberedSource(dtype="float32"), connect=False, format="jpeg", name="eye")


def test_once_connected_it_is_not_looked_at_again_unless_it_is_wanted(make_async_camera, in_loop):
    looks = []

    class Counting(Adjustable):
        @property
        def settings(self):
            looks.append(1)
            return super().settings

    source = Counting()
    camera = make_async_camera(source)
    gain, seen = camera.gain, len(looks)
    in_loop(camera.connect)
    assert len(looks) == seen
    source.values["gain"] = 7
    in_loop(lambda: camera.connect(force_reconnect=True))
    assert camera.gain is gain
    assert in_loop(camera.gain.get_value) == 7


def test_settings_that_the_source_has_got_or_lost_since(make_async_camera, in_loop, run_engine, documents):
    source = CallableSource(lambda: np.zeros((2, 2)), settings={"gain": Setting(get=lambda: 1, set=print)})
    camera = make_async_camera(source)
    source.settings = {"offset": Setting(get=lambda: 2, set=print)}
    in_loop(lambda: camera.connect(force_reconnect=True))
    assert not hasattr(camera, "gain")
    assert in_loop(camera.offset.get_value) == 2
    run_engine(bp.count([camera]), documents)
    assert "camera-offset" in documents.of("descriptor")[0]["configuration"]["camera"]["data"]


def test_connected_while_it_is_staged_it_goes_on(run_engine, make_async_camera, documents):
    camera = make_async_camera(Adjustable())

    def plan():
        yield from bps.stage(camera, wait=True)
        yield from ensure_connected(camera)
        yield from bp.count([camera], 2)

    run_engine(plan(), documents)
    assert len(documents.of("stream_datum")) == 2


@pytest.mark.parametrize("how", [{"force_reconnect": True}, {"mock": True}])
def test_connected_anew_while_it_is_staged(run_engine, make_async_camera, in_loop, how):
    camera = make_async_camera(Adjustable())
    in_loop(camera.stage)
    with pytest.raises(RuntimeError, match="camera: connected anew while it is staged; unstage it first"):
        in_loop(lambda: camera.connect(**how))
    in_loop(camera.unstage)
    in_loop(lambda: camera.connect(**how))
    assert run_engine(bp.count([camera])).exit_status == "success"


def test_a_setting_that_has_become_another_kind_of_number(make_async_camera, in_loop):
    kinds = [1, 1.5]
    settings = {"offset": Setting(get=lambda: kinds[0], set=print)}
    camera = make_async_camera(CallableSource(lambda: np.zeros((2, 2)), settings=settings))
    assert camera.offset.datatype is int
    del kinds[0]
    in_loop(lambda: camera.connect(force_reconnect=True))
    assert camera.offset.datatype is float


def test_in_mock_mode_and_back(run_engine, make_async_camera, in_loop, files):
    source = Adjustable()
    camera = make_async_camera(source, mock=True)
    assert in_loop(camera.exposure_time.get_value) == 0.1
    run_engine(bp.count([camera]))
    assert (source.count, files()) == (0, [])
    in_loop(camera.connect)
    assert in_loop(camera.exposure_time.get_value) == 0.01
    run_engine(bp.count([camera], 2))
    assert (source.count, len(files())) == (2, 1)
    run_engine(bps.mv(camera.gain, 5))
    in_loop(lambda: camera.connect(mock=True))
    assert in_loop(camera.gain.get_value) == 5
    run_engine(bps.mv(camera.gain, 9))
    run_engine(bp.count([camera]))
    assert (source.count, len(files()), source.values["gain"]) == (2, 1, 5)
    in_loop(camera.connect)
    assert in_loop(camera.gain.get_value) == 5
    run_engine(bp.count([camera]))
    assert source.count == 3


def test_in_mock_mode_it_seems_to_have_settings_that_its_source_has_not(make_async_camera, in_loop, run_engine):
    camera = make_async_camera(NumberedSource(), mock=True)
    gain = camera.gain
    in_loop(lambda: camera.connect(mock=True))
    assert camera.gain is gain, "a test may hold it"
    in_loop(camera.connect)
    assert not hasattr(camera, "gain")
    in_loop(lambda: camera.connect(mock=True))
    assert camera.gain is gain
    run_engine(bp.count([camera]))


def test_one_that_was_not_connected_or_has_no_name_says_how(run_engine, make_async_camera):
    with pytest.raises(FailedStatus) as raised:
        run_engine(bp.count([make_async_camera(NumberedSource(), connect=False)]))
    assert str(raised.value.__cause__).startswith("camera: it was not connected; make it within `with init_devices():`")
    with pytest.raises(FailedStatus) as raised:
        run_engine(bps.stage(make_async_camera(NumberedSource(), name=""), wait=True))
    assert str(raised.value.__cause__).startswith("a camera without a name cannot be staged; make it within `with ini")


def test_in_parallel(run_engine, provider):
    """Each waits in its look until both are looked at."""
    both = threading.Barrier(2, timeout=30)

    class Meets(NumberedSource):
        @property
        def settings(self):
            both.wait()
            return {}

    with init_devices():
        first = Camera(Meets(), provider)
        second = Camera(Meets(), provider)
    assert (first.name, second.name) == ("first", "second")


def test_more_than_there_are_threads_in_the_pool_of_asyncio(run_engine, provider):
    both = threading.Barrier(40, timeout=30)

    class Meets(NumberedSource):
        @property
        def settings(self):
            both.wait()
            return {}

    began = time.monotonic()
    with init_devices():
        cameras = {str(k): Camera(Meets(), provider, name=f"c{k}") for k in range(40)}
        locals().update(cameras)
    assert time.monotonic() - began < 30


@pytest.mark.slow
def test_many_that_start_together(run_engine, provider):
    """Each waits in its start until all are started, as where one triggers the others."""
    all_of_them = threading.Barrier(40, timeout=1)

    class Meets(NumberedSource):
        def start(self):
            all_of_them.wait()

    cameras = [Camera(Meets(), provider, name=f"c{k}") for k in range(40)]

    def plan():
        yield from ensure_connected(*cameras)
        try:
            for camera in cameras:
                yield from bps.stage(camera, group="all")
            yield from bps.wait("all")
        finally:
            for camera in cameras:
                yield from bps.unstage(camera, wait=True)

    run_engine(plan())


@pytest.mark.slow
def test_many_whose_sources_hang_in_a_setting(run_engine, provider):
    """None of them keeps another from being staged."""
    gate = threading.Event()
    sources = [Adjustable() for _ in range(40)]
    cameras = [Camera(source, provider, name=f"c{k}") for k, source in enumerate(sources)]
    good = Camera(NumberedSource(), provider, name="good")

    def plan():
        yield from ensure_connected(*cameras, good)
        for camera, source in zip(cameras, sources, strict=True):
            source.acts["gain"] = lambda: gate.wait(60)
            yield from bps.abs_set(camera.gain, 2, group="set")
        try:
            yield from bp.count([good])
        finally:
            gate.set()
        yield from bps.wait("set")

    assert run_engine(plan()).exit_status == "success"
