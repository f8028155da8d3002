"""One thread at a time is in a source, also when its settings are changed; whatever hangs, fails and is named."""

import re
import threading
import time

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import framestore_handlers
import pytest
from adjustable import Adjustable
from bluesky.utils import FailedStatus
from framestore_handlers.place import Place
from ophyd.utils import RedundantStaging, StatusTimeoutError
from plans import works_again

from framestore.acquisition import StuckSourceError
from framestore.sources import CallableSource, SimulatedSource


@pytest.fixture
def source():
    source = Adjustable()
    yield source
    assert not source.collisions, "two threads were in the source at once"


@pytest.fixture
def camera(make_camera, source):
    return make_camera(source, frame_timeout=0.5)


class Gate:
    """What a source is stuck in until the test opens it."""

    def __init__(self):
        self.entered, self.open = threading.Event(), threading.Event()

    def __call__(self, *_):
        self.entered.set()
        assert self.open.wait(60)


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.open.set()


def ended(prefix):
    """Wait for the end of the threads whose names begin so."""
    for thread in threading.enumerate():
        if thread.name.startswith(prefix) and thread is not threading.current_thread():
            thread.join(10)
            assert not thread.is_alive(), thread.name


def reader():
    return next(thread for thread in threading.enumerate() if thread.name == "camera reader")


def test_staged_the_reader_thread_has_it_and_else_one_that_ends(camera, source, gate):
    gate.open.set()
    source.threads.clear()
    camera.gain.set(2).wait(10)
    assert threading.get_ident() not in source.threads
    ended("camera")
    camera.stage()
    source.threads.clear()
    camera.gain.set(3).wait(10)
    camera.trigger().wait(10)
    assert source.threads == {reader().ident}
    camera.unstage()
    camera.gain.set(4).wait(10)
    ended("camera")
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("camera")]


def test_the_thread_that_sets_does_not_wait(run_engine, camera, source, gate):
    source.acts["gain"] = gate

    def plan():
        status = yield from bps.abs_set(camera.gain, 5)
        assert gate.entered.wait(10)
        assert not status.done
        assert camera.gain.get() == 1
        gate.open.set()
        yield from bps.sleep(0)
        status.wait(10)

    run_engine(plan())
    assert camera.gain.get() == 5


def test_sets_are_done_in_the_order_in_which_they_were_asked_for(camera, source, gate):
    for stage in (False, True):
        if stage:
            camera.stage()
        gate.entered.clear()
        gate.open.clear()
        source.acts["gain"] = gate
        statuses = [camera.gain.set(gain) for gain in (2, 3, 4)]
        assert gate.entered.wait(10)
        gate.open.set()
        for status in statuses:
            status.wait(10)
        assert source.values["gain"] == camera.gain.get() == 4


def test_two_threads_may_set_at_once(camera, source):
    def set_often(name, values):
        for value in values:
            getattr(camera, name).set(value).wait(30)

    for stage in (False, True):
        if stage:
            camera.stage()
        jobs = [("gain", [*range(1, 41)]), ("exposure_time", [k / 100 for k in range(1, 41)])]
        threads = [threading.Thread(target=set_often, args=job) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert (camera.gain.get(), camera.exposure_time.get()) == (40, 0.4)
        assert (source.values["gain"], source.values["exposure_time"]) == (40, 0.4)


def test_a_source_that_hangs_fails_the_status_and_staging_until_it_returns(run_engine, camera, source, gate, documents):
    source.acts["gain"] = gate
    began = time.monotonic()
    with pytest.raises(FailedStatus) as raised:
        run_engine(bps.mv(camera.gain, 5))
    assert time.monotonic() - began >= 0.5
    error = raised.value.__cause__
    assert type(error) is StuckSourceError
    assert re.search(r"camera: the source .*Adjustable.* has not returned within 0.5 s", str(error))
    with pytest.raises(RuntimeError, match="camera: the source .* has not returned .* stage again once it has"):
        camera.stage()
    with pytest.raises(StuckSourceError, match="has not returned"):
        camera.exposure_time.set(1)
    assert camera.gain.get() == 1
    gate.open.set()
    ended("camera")
    assert camera.gain.get() == 5, "it was set after all"
    works_again(run_engine, camera, documents)


def test_what_waits_behind_a_set_that_hangs_fails_and_is_not_done_later(camera, source, gate):
    source.acts["gain"] = gate
    first, second = camera.gain.set(5), camera.exposure_time.set(3)
    assert isinstance(first.exception(10), StuckSourceError)
    assert isinstance(second.exception(10), StuckSourceError)
    gate.open.set()
    ended("camera")
    assert (source.values["gain"], source.values["exposure_time"]) == (5, 0.01)


def test_a_set_that_hangs_while_staged_fails_what_comes_after_it(camera, source, gate, caplog):
    camera.stage()
    camera.trigger().wait(10)
    source.acts["gain"] = gate
    assert isinstance(camera.gain.set(5).exception(10), StuckSourceError)
    with pytest.raises(RuntimeError, match="has not returned"):
        camera.trigger()
    camera.unstage()
    assert "has not returned" in caplog.text
    with pytest.raises(RuntimeError, match="has not returned"):
        camera.stage()
    with pytest.raises(StuckSourceError):
        camera.gain.set(2)
    gate.open.set()
    ended("camera")
    camera.stage()
    assert camera.gain.get() == 5
    camera.trigger().wait(10)


def test_stage_sigs_that_hang_fail_the_staging(camera, source, gate):
    camera.stage_sigs["gain"] = 5
    source.acts["gain"] = gate
    with pytest.raises(StuckSourceError):
        camera.stage()
    gate.open.set()
    ended("camera")
    camera.stage()
    assert camera.gain.get() == 5


def test_stage_sigs_that_cannot_be_put_back_are_by_the_next_unstage(camera, source, gate):
    camera.stage_sigs["gain"] = 5
    camera.stage()
    source.stop = gate
    with pytest.raises(StuckSourceError, match="has not returned"):
        camera.unstage()
    with pytest.raises(RedundantStaging, match="Try unstaging again"):
        camera.stage()
    gate.open.set()
    ended("camera")
    camera.unstage()
    assert source.values["gain"] == 1
    camera.stage()
    assert source.values["gain"] == 5


def test_a_timeout_of_the_user_s_own(camera, source, gate):
    source.acts["gain"] = gate
    status = camera.gain.set(5, timeout=0.1)
    assert isinstance(status.exception(10), StatusTimeoutError)
    gate.open.set()
    ended("camera")
    assert camera.gain.get() == 5


def test_while_a_point_is_under_way_it_is_refused(run_engine, camera, source, gate, documents):
    def plan():
        yield from bps.stage(camera)
        yield from bps.open_run()
        yield from bps.trigger(camera, group="point")
        assert gate.entered.wait(10)
        for name in ("gain", "exposure_time"):
            with pytest.raises(RuntimeError, match=f"camera: {name} was set while the frames .* wait for those"):
                getattr(camera, name).set(2)
        gate.open.set()
        yield from bps.wait("point")
        yield from bps.mv(camera.gain, 2)
        yield from bps.trigger_and_read([camera])
        yield from bps.close_run()
        yield from bps.unstage(camera)

    give = source.next_number
    source.next_number = lambda: gate() or give()
    run_engine(plan(), documents)
    assert documents.of("event")[0]["data"]["camera_mean"] == 2


def test_a_plan_that_sets_during_a_point_fails_with_that_error(run_engine, camera, source, gate, documents):
    def plan():
        yield from bps.stage(camera)
        yield from bps.trigger(camera)
        assert gate.entered.wait(10)
        yield from bps.mv(camera.gain, 2)

    source.next_number = gate
    with pytest.raises(RuntimeError, match="gain was set while the frames of the trigger before are being taken"):
        run_engine(plan())
    gate.open.set()


def test_a_point_that_is_triggered_at_once_is_taken_with_it(camera, source, gate):
    camera.stage()
    source.acts["gain"] = gate
    status = camera.gain.set(7)
    assert gate.entered.wait(10)
    point = camera.trigger()
    gate.open.set()
    status.wait(10)
    point.wait(10)
    assert camera.mean.get() == 7


def test_staging_waits_for_a_change_that_is_under_way(camera, source, gate):
    source.acts["gain"] = gate
    status = camera.gain.set(7)
    assert gate.entered.wait(10)
    staging = threading.Thread(target=camera.stage)
    staging.start()
    gate.open.set()
    staging.join(10)
    status.wait(10)
    camera.trigger().wait(10)
    assert camera.mean.get() == 7


def test_during_staging_and_unstaging_it_is_refused(camera, source, gate):
    source.start = gate
    staging = threading.Thread(target=camera.stage)
    staging.start()
    assert gate.entered.wait(10)
    with pytest.raises(RuntimeError, match="camera: gain was set while the camera is being staged; wait for that"):
        camera.gain.set(2)
    gate.open.set()
    staging.join(10)
    camera.gain.set(2).wait(10)
    last = Gate()
    source.stop = last
    unstaging = threading.Thread(target=camera.unstage)
    unstaging.start()
    assert last.entered.wait(10)
    with pytest.raises(StuckSourceError, match="the last staging"):
        camera.gain.set(3)
    last.open.set()
    unstaging.join(10)
    ended("camera")
    camera.gain.set(4).wait(10)
    assert source.values["gain"] == 4


def call_back(status, function):
    """What ``function`` returns or raises, called when the Status ends."""
    results, done = [], threading.Event()

    def callback(_):
        try:
            results.append(function())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results.append(error)
        done.set()

    status.add_callback(callback)
    assert done.wait(20)
    return results[0]


def test_callbacks_of_a_set_may_set_stage_trigger_and_unstage(camera, source):
    assert call_back(camera.gain.set(2), lambda: camera.gain.set(3).wait(10)) is None
    assert call_back(camera.gain.set(4), camera.stage) == [camera]
    assert call_back(camera.gain.set(5), lambda: camera.trigger().wait(10)) is None
    assert camera.mean.get() == 5
    assert call_back(camera.gain.set(6), camera.unstage) == [camera]
    camera.stage()
    assert camera.gain.get() == 6


def test_callbacks_of_a_point_may_set(camera, source):
    camera.stage()
    assert call_back(camera.trigger(), lambda: camera.gain.set(9).wait(10)) is None
    camera.trigger().wait(10)
    assert camera.mean.get() == 9


def test_subscribers_may_set(camera, source):
    def follow(value, **_):
        if value == 2:
            camera.exposure_time.put(0.5)

    camera.gain.subscribe(follow, run=False)
    for stage in (False, True):
        if stage:
            camera.stage()
        camera.exposure_time.set(0.1).wait(10)
        camera.gain.set(1).wait(10)
        camera.gain.set(2).wait(10)
        assert camera.exposure_time.get() == 0.5


def test_a_source_may_raise_the_timeout_of_another_status(camera, source):
    def time_out():
        raise StatusTimeoutError("of another Status")

    source.acts["gain"] = time_out
    error = camera.gain.set(2).exception(10)
    assert type(error) is TimeoutError
    assert type(error.__cause__) is StatusTimeoutError


def test_a_source_that_raises_what_is_no_exception(camera, source):
    def leave():
        raise SystemExit(3)

    for stage in (False, True):
        if stage:
            camera.stage()
        source.acts["gain"] = leave
        error = camera.gain.set(2).exception(10)
        assert type(error) is RuntimeError
        assert "camera: the source raised SystemExit(3)" in str(error)
        camera.gain.set(3).wait(10)


def test_a_source_that_raises_it_when_it_is_looked_at_for_its_exposure_time(make_camera):
    class Leaving(Adjustable):
        leaves = False

        @property
        def settings(self):
            if self.leaves:
                raise SystemExit(3)
            return super().settings

    source = Leaving()
    camera = make_camera(source)
    camera.stage()
    source.leaves = True
    assert "SystemExit(3)" in str(camera.gain.set(2).exception(10))
    source.leaves = False
    camera.gain.set(3).wait(10)


def test_a_source_that_times_out_by_itself_says_so_itself(camera, source):
    def time_out():
        raise TimeoutError("the camera did not acknowledge")

    source.acts["gain"] = time_out
    error = camera.gain.set(2).exception(10)
    assert (type(error), str(error)) == (TimeoutError, "the camera did not acknowledge")


def test_a_camera_whose_source_hangs_when_it_is_made_is_named(make_camera, gate):
    class Hanging(CallableSource):
        @property
        def settings(self):
            return gate()

        @settings.setter
        def settings(self, value):
            pass

    with pytest.raises(StuckSourceError, match=r"second: the source CallableSource.* has not returned within 0.2 s"):
        make_camera(Hanging(print), name="second", frame_timeout=0.2)
    gate.open.set()
    ended("second")


@pytest.mark.parametrize("error", [AttributeError("no node map"), OSError("unplugged")])
def test_a_camera_whose_settings_cannot_be_looked_up_is_not_made(make_camera, error):
    class Failing(Adjustable):
        @property
        def settings(self):
            raise error

    with pytest.raises(type(error), match=str(error)) as raised:
        make_camera(Failing())
    assert raised.value.__notes__ == ["raised by the source of camera 'camera'"]


def test_staging_fails_when_a_setting_cannot_be_looked_at(camera, source):
    del source.values["cooled"]
    with pytest.raises(KeyError, match="cooled"):
        camera.stage()
    source.values["cooled"] = True
    camera.stage()
    assert camera.cooled.get() is True


def test_two_cameras_of_one_source(make_camera, source):
    first, second = make_camera(source, name="first"), make_camera(source, name="second")
    first.stage()
    error = second.gain.set(3).exception(10)
    assert "second: the source" in str(error)
    assert "in use by the camera first" in str(error)
    first.gain.set(5).wait(10)
    first.unstage()
    assert second.gain.get() == 1, "which it saw last"
    second.stage()
    assert second.gain.get() == 5


def test_a_setting_that_is_not_there_at_present(camera, source):
    everything = type(source).settings

    class Automatic(Adjustable):
        @property
        def settings(self):
            found = everything.fget(self)
            del found["exposure_time"]
            return found

    source.__class__ = Automatic
    error = camera.exposure_time.set(1).exception(10)
    assert "has no setting exposure_time at present" in str(error)
    camera.gain.set(3).wait(10)
    assert (camera.gain.get(), camera.exposure_time.get()) == (3, 0.01)
    camera.stage()
    camera.trigger().wait(10)


def test_a_free_running_camera_is_set_between_exposures(make_camera, files):
    source = SimulatedSource((8, 8), rate=100, noise=False, free_running=True)
    camera = make_camera(source, frames_per_point=3)
    camera.stage()
    means = []
    for seconds in (0.01, 0.02, 0.05, 0.005):
        camera.exposure_time.set(seconds).wait(10)
        camera.trigger().wait(10)
        means.append(camera.mean.get() / seconds)
    assert means == pytest.approx([means[0]] * 4, rel=0.01), "no frame was exposed before it was set"
    camera.unstage()
    assert framestore_handlers.hdf5.HDF5Frames(place=Place.of(files()[0])).frames() == 12


def test_frames_may_be_numbered_anew_after_a_change(run_engine, make_camera, source, documents):
    """As by a camera that starts again for it."""

    class Restarting(Adjustable):
        def _set(self, name, value):
            super()._set(name, value)
            self.count = 0

    camera = make_camera(Restarting())

    def per_shot(detectors):
        yield from bps.mv(camera.gain, camera.gain.get() + 1)
        yield from bps.one_shot(detectors)
        yield from bps.one_shot(detectors)

    run_engine(bp.count([camera], 3, per_shot=per_shot), documents)
    assert documents.of("stop")[0]["exit_status"] == "success"
    assert [event["data"]["camera_mean"] for event in documents.of("event")] == [2, 2, 3, 3, 4, 4]


def test_an_exposure_of_a_setting_alone_is_waited_for(make_camera):
    """The source has no attribute ``exposure_time``; its call gets the time of the setting."""
    given = []

    class Slow(Adjustable):
        def next_frame(self, timeout):
            given.append(timeout)
            return super().next_frame(timeout)

    camera = make_camera(Slow(), frame_timeout=0.5)
    camera.stage()
    for seconds in (0.01, 3, 0.2):
        camera.exposure_time.set(seconds).wait(10)
        camera.trigger().wait(10)
    assert given == pytest.approx([0.51, 3.5, 0.7])


def test_a_free_running_source_that_gives_nothing_can_be_staged_and_fails_a_change_in_time(make_camera, gate):
    class Dark(Adjustable):
        free_running, can_wait = True, False

        def next_frame(self, timeout):
            gate()
            raise TimeoutError

    camera = make_camera(Dark(), frame_timeout=0.2)
    camera.stage()
    assert gate.entered.wait(10)
    with pytest.raises((StuckSourceError, RuntimeError), match="has not returned"):
        camera.gain.set(2).wait(20)
    gate.open.set()
