"""Fly scans that are paused, stopped, aborted, halted: they go on where they were, or end with what was collected."""

import threading
import time

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import framestore_handlers
import pytest
from bluesky.utils import RunEngineInterrupted, maybe_await
from flying import PERIOD, Gate, check, index_of, landed, numbers, waits_for
from fronts_of import OPHYD, OPHYD_ASYNC, fronts

from framestore.plans import fly
from framestore.sources import SimulatedSource

pytestmark = fronts(OPHYD, others=[OPHYD_ASYNC])
POINTS = 12


@pytest.fixture
def gated():
    source = Gate()
    yield source
    source.release(1000)


def flown(camera, checkpoint, pause, *, points=POINTS, frames=4):
    """A fly scan that pauses with some points landed: after kickoff, or after some of them have been collected."""

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        source = camera.of_the_test
        if checkpoint == "before prepare":
            yield from bps.checkpoint()
        yield from bps.prepare(camera, points, wait=True)
        yield from bps.declare_stream(camera, name="primary", collect=True)
        if checkpoint == "before kickoff":
            yield from bps.checkpoint()
        yield from bps.kickoff(camera, wait=True)
        if checkpoint == "after kickoff":
            yield from bps.checkpoint()
        if checkpoint == "cleared":
            yield from bps.clear_checkpoint()
        if not camera.was_paused:
            yield from landed(camera, source, frames)
            if pause == "collected":
                yield from bps.collect(camera, name="primary")
                yield from landed(camera, source, 1)
            camera.was_paused = True
            yield from bps.pause()
        if points == 0:
            while (yield from index_of(camera)) < 9:
                yield from bps.sleep(0.01)
        else:
            source.release(1000)
        yield from bps.collect_while_completing([camera], [camera], flush_period=PERIOD, stream_name="primary")

    return plan()


@pytest.fixture
def camera(make_camera, gated):
    camera = make_camera(gated)
    camera.of_the_test, camera.was_paused = gated, False
    return camera


def interrupted(run_engine, plan, documents):
    with pytest.raises(RunEngineInterrupted):
        run_engine(plan, documents)
    assert run_engine.state == "paused"


@pytest.mark.parametrize("checkpoint", ["none", "before prepare", "before kickoff", "after kickoff"])
@pytest.mark.parametrize("pause", ["landed", "collected", "all landed"])
def test_it_goes_on_after_a_pause(run_engine, camera, gated, documents, checkpoint, pause, front):
    """Whatever bluesky goes back to, each frame is taken once, and named once."""
    frames = POINTS if pause == "all landed" else 4
    interrupted(run_engine, flown(camera, checkpoint, pause, frames=frames), documents)
    run_engine.resume()
    assert gated.given == POINTS
    assert numbers(framestore_handlers.load(documents)["primary"][front.image("camera")].compute()) == list(
        range(POINTS)
    )
    check(documents)


def test_one_without_a_number_of_points_goes_on(run_engine, camera, gated, documents, front):
    interrupted(run_engine, flown(camera, "after kickoff", "landed", points=0), documents)
    run_engine.msg_hook = lambda _: gated.release(1)  # frames come on and on, but no faster than the plan goes on
    run_engine.resume()
    images = framestore_handlers.load(documents)["primary"][front.image("camera")].compute()
    assert numbers(images) == list(range(gated.given))
    assert len(images) >= 9
    check(documents)


@pytest.mark.parametrize("frames", [1, 2])
def test_no_point_is_begun_in_a_pause(run_engine, make_camera, gated, documents, frames, front):
    """What is missing of the point that was begun is taken; the next is not asked for."""
    camera = make_camera(gated, frames_per_point=frames)
    camera.of_the_test, camera.was_paused = gated, False
    interrupted(run_engine, flown(camera, "after kickoff", "landed"), documents)
    gated.release(5 * frames)
    told = threading.Event()

    def watch(*, current, **_):
        if current >= (5 if front is OPHYD_ASYNC else 5 * frames):  # ophyd-async counts points
            told.set()

    front.call(lambda: camera.complete().watch(watch))
    assert told.wait(10)
    assert gated.asked == 5 * frames, "a point was begun while the plan was paused"
    run_engine.resume()
    images = framestore_handlers.load(documents)["primary"][front.image("camera")].compute()
    assert numbers(images) == list(range(POINTS * frames))


def test_what_a_free_running_camera_exposes_in_a_pause_is_skipped(run_engine, make_camera, documents, front):
    """And not taken for lost."""
    source = SimulatedSource((4, 5), rate=100, free_running=True, buffers=16, noise=False)
    camera, paused = make_camera(source), []

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        yield from bps.prepare(camera, 30, wait=True)
        yield from bps.declare_stream(camera, name="primary", collect=True)
        yield from bps.kickoff(camera, wait=True)
        yield from bps.checkpoint()
        if not paused:
            while (yield from index_of(camera)) < 5:
                yield from bps.sleep(0.01)
            paused.append(True)
            yield from bps.pause()
        yield from bps.collect_while_completing([camera], [camera], flush_period=PERIOD, stream_name="primary")

    interrupted(run_engine, plan(), documents)
    skipped = camera._stagings.last.acquisition.frames_skipped
    deadline = time.monotonic() + 30
    while camera._stagings.last.acquisition.frames_skipped < skipped + 20:  # more than it keeps
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)
    run_engine.resume()
    assert documents.of("stop")[0]["exit_status"] == "success"
    assert front.value(camera.frames_dropped) == 0
    run = framestore_handlers.load(documents)["primary"]
    assert run[front.image("camera")].shape[0] == 30
    check(documents)


@pytest.mark.parametrize("then", ["collected", "completed", "paused"])
def test_another_flight_follows_one_that_was_paused(run_engine, camera, gated, documents, then, front):
    """The next prepare and kickoff are not taken for those to which bluesky goes back."""

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        yield from bps.prepare(camera, 3, wait=True)
        yield from bps.declare_stream(camera, name="primary", collect=True)
        yield from bps.kickoff(camera, wait=True)
        yield from bps.checkpoint()
        yield from landed(camera, gated, 2)
        if then != "paused":
            yield from bps.pause()
        gated.release(1)
        if then == "collected":
            yield from waits_for(lambda: camera._stagings.last.flight.is_over)
        else:
            yield from bps.complete(camera, wait=True)
        if then != "completed":
            yield from bps.collect(camera, name="primary")
        if then == "paused":  # when all is over, and nothing is to go on
            yield from bps.checkpoint()
            yield from bps.pause()
        yield from bps.prepare(camera, 3, wait=True)
        yield from bps.kickoff(camera, wait=True)
        gated.release(3)
        yield from bps.collect_while_completing([camera], [camera], flush_period=PERIOD, stream_name="primary")

    interrupted(run_engine, plan(), documents)
    run_engine.resume()
    assert numbers(framestore_handlers.load(documents)["primary"][front.image("camera")].compute()) == list(range(6))
    check(documents)


@pytest.mark.parametrize("end", ["stop", "abort", "halt"])
@pytest.mark.parametrize("pause", ["landed", "collected"])
def test_it_ends_after_a_pause(run_engine, camera, gated, documents, end, pause, caplog, front):
    """What was collected is in the file, and only that; the camera works again."""
    gated.returns_when_told = True
    interrupted(run_engine, flown(camera, "after kickoff", pause), documents)
    getattr(run_engine, end)()
    front.unstage(camera)
    collected = documents.of("stream_datum")[-1]["indices"]["stop"] if documents.of("stream_datum") else 0
    assert collected >= (4 if pause == "collected" else 0)
    if collected:
        images = framestore_handlers.load(documents)["primary"][front.image("camera")].compute()
        assert numbers(images) == list(range(collected))
    check(documents)
    documents.clear()
    gated.release(1000)
    run_engine(fly([camera], 5, flush_period=PERIOD), documents)
    assert framestore_handlers.load(documents)["primary"][front.image("camera")].shape[0] == 5


def test_a_pause_where_the_plan_allows_none_ends_it(run_engine, camera, gated, documents, front):
    gated.returns_when_told = True
    with pytest.raises(RunEngineInterrupted):
        run_engine(flown(camera, "cleared", "collected"), documents)
    assert run_engine.state == "idle"
    assert documents.of("stop")[0]["exit_status"] in {"abort", "fail"}
    assert numbers(framestore_handlers.load(documents)["primary"][front.image("camera")].compute())[:4] == [0, 1, 2, 3]
    check(documents)


@pytest.mark.parametrize("defer", [True, False])
def test_the_plan_that_comes_along_counts_on(run_engine, camera, gated, documents, defer):
    """It sets a checkpoint before each wait: no sequence number comes twice."""

    def pause_once(name, _):
        if name == "stream_datum" and not camera.was_paused:
            camera.was_paused = True
            threading.Thread(target=run_engine.request_pause, args=(defer,)).start()

    gated.release(5)
    run_engine.subscribe(pause_once)
    interrupted(run_engine, fly([camera], POINTS, flush_period=PERIOD), documents)
    gated.release(1000)
    run_engine.resume()
    ranges = [datum["seq_nums"] for datum in documents.of("stream_datum")]
    assert [seq_num for r in ranges for seq_num in range(r["start"], r["stop"])] == list(range(1, POINTS + 1))
    check(documents)


def test_a_suspender(run_engine, camera, gated, documents, front):
    """As when the beam is lost: it is held, and goes on."""
    from bluesky.suspenders import SuspendBoolHigh
    from ophyd import Signal

    beam_lost = Signal(name="beam_lost", value=0)
    run_engine.install_suspender(SuspendBoolHigh(beam_lost))
    held, gone_on = threading.Event(), threading.Event()
    pause, resume = camera.pause, camera.resume

    async def holds():
        await maybe_await(pause())
        held.set()

    async def goes_on():
        await maybe_await(resume())
        gone_on.set()

    vars(camera).update(pause=holds, resume=goes_on)

    def lose_beam(name, _):
        if name == "stream_datum" and not held.is_set():
            beam_lost.put(1)
            threading.Thread(target=find_beam).start()

    def find_beam():
        held.wait(10)
        beam_lost.put(0)

    gated.release(5)
    run_engine.subscribe(lose_beam)
    run_engine.msg_hook = lambda msg: gone_on.is_set() and gated.release(3)
    run_engine(fly([camera], POINTS, flush_period=PERIOD), documents)
    assert gone_on.is_set()
    assert numbers(framestore_handlers.load(documents)["primary"][front.image("camera")].compute()) == list(
        range(POINTS)
    )
    check(documents)
