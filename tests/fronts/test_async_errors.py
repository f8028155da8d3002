"""What goes wrong with an ophyd-async camera: the error itself is told, at once, and the camera works again."""

import asyncio
import threading

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import numpy as np
import pytest
from bluesky.utils import FailedStatus, RunEngineInterrupted
from numbered import Gated, NumberedSource
from ophyd_async.core import StaticFilenameProvider, StaticPathProvider, TriggerInfo
from slow import slow

from framestore.testing.known import KnownSource


@pytest.fixture
def known():
    return KnownSource()


@pytest.fixture
def gated():
    source = Gated()
    yield source
    source.gate.release(1000)


def raises(error):
    def act():
        raise error

    return act


def cause_of(run_engine, plan, *subscribers):
    with pytest.raises(FailedStatus) as raised:
        run_engine(plan, *subscribers)
    return raised.value.__cause__


def works(run_engine, camera, documents):
    documents.clear()
    assert run_engine(bp.count([camera], 2), documents).exit_status == "success"
    assert framestore_handlers.load(documents)["primary"]["camera"].compute().shape[0] == 2


def flight(camera, value):
    def plan():
        yield from bps.prepare(camera, value, wait=True)
        yield from bps.declare_stream(camera, name="primary", collect=True)
        yield from bps.kickoff(camera, wait=True)
        yield from bps.collect_while_completing([camera], [camera], flush_period=0.05, stream_name="primary")

    return bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera])


def burst(camera, value):
    def plan():
        yield from bps.prepare(camera, value, wait=True)
        yield from bps.trigger_and_read([camera])

    return bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera])


@pytest.mark.parametrize("when", ["start", 2, *slow(0, "stop")])
def test_an_error_of_the_source_is_the_cause(run_engine, make_async_camera, documents, known, when):
    camera, error = make_async_camera(known), OSError("the cable is out")
    known.at(when, raises(error))
    assert cause_of(run_engine, bp.count([camera], 3)) is error
    works(run_engine, camera, documents)


@pytest.mark.parametrize("plan", [burst, flight])
def test_it_comes_at_once_however_long_a_frame_may_take(run_engine, make_async_camera, documents, known, plan):
    """Waiting for `exposure_timeout` would be a test that does not end."""
    camera, error = make_async_camera(known), OSError("the cable is out")
    known.at(2, raises(error))
    info = {"exposure_timeout": 1e6, "collections_per_event": 4}
    assert cause_of(run_engine, plan(camera, TriggerInfo(**info))) is error
    works(run_engine, camera, documents)


def test_points_of_a_fly_scan_that_landed_before_are_collected(run_engine, make_async_camera, documents, known):
    camera, error = make_async_camera(known), OSError("the cable is out")
    known.at(3, raises(error))

    def plan():
        yield from bps.prepare(camera, 10, wait=True)
        yield from bps.declare_stream(camera, name="primary", collect=True)
        yield from bps.kickoff(camera, wait=True)
        try:
            yield from bps.complete(camera, wait=True)
        finally:
            yield from bps.collect(camera, name="primary")

    assert cause_of(run_engine, bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera]), documents) is error
    frames = framestore_handlers.load(documents)["primary"]["camera"].compute()
    np.testing.assert_array_equal(frames[:, 0], [known.frame(k) for k in range(3)])


def test_a_disk_that_is_full(run_engine, make_async_camera, documents, small_disk):
    where = StaticPathProvider(StaticFilenameProvider("full"), small_disk)
    camera = make_async_camera(NumberedSource((512, 512)), path_provider=where)
    cause = cause_of(run_engine, bp.count([camera], 20), documents)
    assert isinstance(cause, OSError)
    assert "full.h5" in f"{cause} {cause.filename} {getattr(cause, '__notes__', '')}"
    frames = framestore_handlers.load(documents)["primary"]["camera"].compute()
    assert 0 < len(frames) == len(documents.of("event")) < 20


def test_a_file_that_exists(run_engine, make_async_camera, documents, tmp_path):
    where = StaticPathProvider(StaticFilenameProvider("taken"), tmp_path)
    (tmp_path / "taken.h5").write_text("precious")
    camera = make_async_camera(NumberedSource(), path_provider=where)
    for plan in (bp.count([camera]), flight(camera, 3)):
        cause = cause_of(run_engine, plan)
        assert isinstance(cause, FileExistsError)
        assert "taken.h5" in str(cause)
    assert (tmp_path / "taken.h5").read_text() == "precious"
    (tmp_path / "taken.h5").unlink()
    works(run_engine, camera, documents)


def test_a_folder_that_cannot_be_written_to(run_engine, make_async_camera, read_only):
    camera = make_async_camera(
        NumberedSource(), path_provider=StaticPathProvider(StaticFilenameProvider("name"), read_only)
    )
    cause = cause_of(run_engine, bp.count([camera]))
    assert isinstance(cause, OSError)
    assert str(read_only) in str(cause)


def test_a_path_provider_that_fails(run_engine, make_async_camera, documents):
    error = LookupError("no proposal")

    def where(datakey_name=None):
        raise error

    camera = make_async_camera(NumberedSource(), path_provider=where)
    for plan in (bp.count([camera]), flight(camera, 2)):
        assert cause_of(run_engine, plan) is error
    assert "raised by the path provider of camera 'camera'" in error.__notes__


def test_a_second_trigger_at_once(run_engine, make_async_camera, gated, documents):
    camera = make_async_camera(gated)

    def plan():
        yield from bps.trigger(camera, group="first")
        try:
            yield from bps.trigger(camera, group="second")
        finally:
            gated.gate.release()
            yield from bps.wait("first")

    with pytest.raises(RuntimeError, match="camera: triggered while the frames of the trigger before are being taken"):
        run_engine(bpp.stage_wrapper(plan(), [camera]))
    gated.gate.release(1000)
    works(run_engine, camera, documents)


def test_what_comes_before_it_is_staged_or_prepared(run_engine, make_async_camera, documents):
    camera = make_async_camera(NumberedSource())
    with pytest.raises(RuntimeError, match=r"camera: trigger before stage; call camera.stage\(\) first"):
        run_engine(bps.trigger(camera, wait=True))
    assert "camera: prepare before stage" in str(cause_of(run_engine, bps.prepare(camera, 1, wait=True)))
    kickoff = bpp.run_wrapper(bps.kickoff(camera, wait=True))
    assert "camera: kickoff before stage" in str(cause_of(run_engine, kickoff))
    with pytest.raises(RuntimeError, match="camera: complete before kickoff"):
        run_engine(bpp.run_wrapper(bps.complete(camera, wait=True)))
    kickoff = bpp.stage_wrapper(bpp.run_wrapper(bps.kickoff(camera, wait=True)), [camera])
    assert "camera: kickoff before prepare" in str(cause_of(run_engine, kickoff))
    works(run_engine, camera, documents)


def test_unstaged_twice_and_before_it_was_staged(run_engine, make_async_camera, documents):
    camera = make_async_camera(NumberedSource())

    def plan():
        yield from bps.unstage(camera, wait=True)
        yield from bps.stage(camera, wait=True)
        yield from bps.unstage(camera, wait=True)
        yield from bps.unstage(camera, wait=True)

    run_engine(plan())
    works(run_engine, camera, documents)


def test_a_plan_that_ended_without_unstage(run_engine, make_async_camera, documents, threads_of_cameras):
    """The RunEngine unstages it then, and does not wait for that; the next plan stages it again at once."""
    source = NumberedSource()
    camera = make_async_camera(source)

    def left():
        yield from bps.stage(camera, wait=True)
        yield from bps.open_run()
        yield from bps.trigger_and_read([camera])
        yield from bps.close_run()

    run_engine(left())
    run_engine(left(), documents)
    assert len(threads_of_cameras()) == len(set(threads_of_cameras()))
    frames = framestore_handlers.load(documents)["primary"]["camera"].compute()
    np.testing.assert_array_equal(frames[0, 0], source.expected(1))
    works(run_engine, camera, documents)


@pytest.mark.parametrize("how", ["abort", *slow("stop", "halt")])
def test_a_run_that_is_ended_while_a_point_is_taken(run_engine, make_async_camera, gated, documents, how):
    camera = make_async_camera(gated)
    threading.Thread(target=lambda: (gated.inside.wait(30), run_engine.request_pause()), daemon=True).start()
    with pytest.raises(RunEngineInterrupted):
        run_engine(bp.count([camera], 3))
    ended = getattr(run_engine, how)
    gated.gate.release(1000)
    ended()
    assert run_engine.state == "idle"
    works(run_engine, camera, documents)


def test_a_run_that_pauses_while_a_point_is_taken_goes_on(run_engine, make_async_camera, gated, documents):
    camera = make_async_camera(gated)
    threading.Thread(target=lambda: (gated.inside.wait(30), run_engine.request_pause()), daemon=True).start()
    with pytest.raises(RunEngineInterrupted):
        run_engine(bp.count([camera], 2), documents)
    gated.gate.release(1000)
    assert run_engine.resume().exit_status == "success"
    assert framestore_handlers.load(documents)["primary"]["camera"].compute().shape[:2] == (2, 1)


def test_a_status_that_is_cancelled_by_hand(make_async_camera, gated, in_loop, run_engine, documents):
    """Whoever cancelled does not wait for the frames any more; they have their time, or it is unstaged."""
    camera = make_async_camera(gated)

    async def cancelled():
        await camera.stage()
        status = camera.trigger()
        await asyncio.to_thread(gated.inside.wait, 30)
        status.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await status
        gated.gate.release(1000)
        await camera.unstage()

    in_loop(cancelled)
    works(run_engine, camera, documents)


def test_a_trigger_that_is_cancelled_has_to_end_before_another(make_async_camera, gated, in_loop):
    camera = make_async_camera(gated)

    async def again():
        await camera.stage()
        status = camera.trigger()
        await asyncio.to_thread(gated.inside.wait, 30)
        status.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await status
        with pytest.raises(RuntimeError, match="camera: triggered while the frames of the trigger before are being"):
            await camera.trigger()
        gated.gate.release(1000)
        await camera.stop(success=True)
        await camera.trigger()
        await camera.unstage()

    in_loop(again)


def test_an_error_of_unstage_does_not_keep_it_from_being_staged(run_engine, make_async_camera, documents, known):
    camera = make_async_camera(known)
    error = OSError("it does not stop")
    known.at("stop", raises(error))
    assert cause_of(run_engine, bpp.stage_wrapper(bps.null(), [camera])) is error
    works(run_engine, camera, documents)


def test_stopped_while_a_point_is_taken(run_engine, make_async_camera, gated, in_loop, documents):
    camera = make_async_camera(gated)

    async def stopped():
        await camera.stage()
        status = camera.trigger()
        await asyncio.to_thread(gated.inside.wait, 30)
        await camera.stop()
        with pytest.raises(RuntimeError, match="camera: stopped before the point was complete"):
            await status
        gated.gate.release(1000)
        await camera.unstage()

    in_loop(stopped)
    works(run_engine, camera, documents)


class Broken:
    """A detector that cannot be triggered."""

    name, parent = "broken", None

    def trigger(self):
        raise ZeroDivisionError("of another device")

    def read(self):
        return {}

    describe = read_configuration = describe_configuration = read


@pytest.mark.parametrize("verb", ["trigger", "prepare", "kickoff"])
def test_what_a_plan_has_abandoned_does_not_hide_why_it_failed(run_engine, make_async_camera, source, documents, verb):
    """These verbs are tasks: the camera is unstaged before they have begun."""
    camera = make_async_camera(source)

    def plan():
        if verb == "kickoff":
            yield from bps.prepare(camera, 2, wait=True)
        yield from {
            "trigger": lambda: bps.trigger(camera, group="all"),
            "prepare": lambda: bps.prepare(camera, TriggerInfo(collections_per_event=3), group="all"),
            "kickoff": lambda: bps.kickoff(camera, group="all"),
        }[verb]()
        yield from bps.trigger(Broken(), group="all")

    for _ in range(5):
        with pytest.raises(ZeroDivisionError, match="of another device"):
            run_engine(bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera]))
    works(run_engine, camera, documents)
