"""Frames that triggers from outside begin, through the ophyd-async front."""

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import numpy as np
import pytest
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop
from bluesky.utils import FailedStatus
from ophyd_async.core import DetectorTrigger, TriggerInfo, init_devices

from framestore.ophyd_async import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.sources import SimulatedSource, TriggerLine

EDGE, LEVEL = DetectorTrigger.EXTERNAL_EDGE, DetectorTrigger.EXTERNAL_LEVEL


@pytest.fixture
def line():
    return TriggerLine()


@pytest.fixture
def engine():
    return RunEngine({}, call_returns_result=True)


@pytest.fixture
def documents(engine):
    documents = []
    engine.subscribe(lambda name, document: documents.append((name, document)))
    return documents


@pytest.fixture
def camera(engine, line, tmp_path):
    camera = Camera(
        SimulatedSource((24, 32), seed=0, trigger=line, buffers=64),
        StaticPathProvider(UUIDFilenameProvider(), tmp_path),
        name="camera",
    )
    call_in_bluesky_event_loop(camera.connect())
    return camera


def flown(camera, info, between):
    yield from bps.prepare(camera, info, wait=True)
    yield from bps.declare_stream(camera, name="primary", collect=True)
    yield from between("prepared")
    yield from bps.kickoff(camera, wait=True)
    yield from between("kicked off")
    yield from bps.complete(camera, wait=True)
    yield from bps.collect(camera, name="primary")


def waits_for_a_pulse(camera):
    """Until the frames of a point are wanted: a pulse before that is for nobody."""
    while True:
        order = None if camera._stagings.last is None else camera._stagings.last.acquisition._order
        if order is not None and order.wants_numbers and not order.settled:
            return
        yield from bps.sleep(0.005)


def in_a_run(camera, plan):
    return bpp.stage_wrapper(bpp.run_wrapper(plan), [camera])


def times(documents, stream="primary"):
    return np.ravel(framestore_handlers.load(documents)[stream].read_timestamps("camera"))


@pytest.mark.parametrize("when", ["prepared", "kicked off"])
def test_a_frame_for_each_pulse_from_prepare_on(engine, camera, line, documents, when):
    sent = []

    def pulses(now):
        if now == when:
            sent.extend(line.pulses(5, period=0.005))
        yield from bps.null()

    engine(in_a_run(camera, flown(camera, TriggerInfo(number_of_events=5, trigger=EDGE), pulses)))
    np.testing.assert_allclose(times(documents), sent, rtol=0, atol=1e-6)


def test_the_exposure_lasts_as_long_as_the_level(engine, camera, line, documents):
    lasted = []

    def pulses(now):
        if now == "kicked off":
            for width in (0.005, 0.05, 0.02):
                rose = line.rise()
                yield from bps.sleep(width)
                lasted.append(line.fall() - rose)

    engine(in_a_run(camera, flown(camera, TriggerInfo(number_of_events=3, trigger=LEVEL), pulses)))
    frames = framestore_handlers.load(documents)["primary"]["camera"].compute()
    np.testing.assert_array_equal(np.argsort(frames.mean(axis=(1, 2, 3))), np.argsort(lasted))


def test_livetime_is_the_exposure_time_of_each_pulse(engine, camera, line):
    def pulses(now):
        if now == "kicked off":
            line.pulses(2, period=0.05)
        yield from bps.null()

    info = TriggerInfo(number_of_events=2, trigger=EDGE, livetime=0.01)
    engine(in_a_run(camera, flown(camera, info, pulses)))
    assert engine(bps.rd(camera.exposure_time)).plan_result == 0.01


def test_who_counts_next_needs_no_pulses(engine, camera, line):
    def pulses(now):
        assert engine_sees(camera) == "external_edge"
        if now == "kicked off":
            line.pulse()
        yield from bps.null()

    def engine_sees(camera):
        return camera._settings.known["trigger_mode"].value

    engine(in_a_run(camera, flown(camera, TriggerInfo(trigger=EDGE), pulses)))
    assert engine(bps.rd(camera.trigger_mode)).plan_result == "internal"
    assert engine(bp.count([camera])).exit_status == "success"


def test_triggers_that_were_set_by_hand_stay(engine, camera, line, documents):
    engine(bps.abs_set(camera.trigger_mode, "external_edge", wait=True))

    def plan():
        yield from bps.trigger(camera, group="point")
        yield from waits_for_a_pulse(camera)
        line.pulse()
        yield from bps.wait("point")
        yield from bps.create("primary")
        yield from bps.read(camera)
        yield from bps.save()

    engine(in_a_run(camera, plan()))
    assert engine(bps.rd(camera.trigger_mode)).plan_result == "external_edge"
    assert framestore_handlers.load(documents)["primary"]["camera"].shape == (1, 1, 24, 32)


def test_a_step_of_a_scan_waits_for_its_pulse(engine, camera, line, documents):
    sent = []

    def plan():
        yield from bps.prepare(camera, TriggerInfo(trigger=EDGE), wait=True)
        for _ in range(3):
            yield from bps.trigger(camera, group="point")
            yield from waits_for_a_pulse(camera)
            sent.append(line.pulse())
            yield from bps.wait("point")
            yield from bps.create("primary")
            yield from bps.read(camera)
            yield from bps.save()

    engine(in_a_run(camera, plan()))
    np.testing.assert_allclose(times(documents), sent, rtol=0, atol=1e-6)


def test_kicked_off_in_parts(engine, camera, line, documents):
    sent = []

    def plan():
        yield from bps.prepare(camera, TriggerInfo(number_of_events=6, trigger=EDGE), wait=True)
        yield from bps.declare_stream(camera, name="primary", collect=True)
        for _ in range(2):
            yield from bps.abs_set(camera.events_to_kickoff, 3, wait=True)
            yield from bps.kickoff(camera, wait=True)
            sent.extend(line.pulses(3, period=0.005))
            yield from bps.complete(camera, wait=True)
            yield from bps.collect(camera, name="primary")

    engine(in_a_run(camera, plan()))
    np.testing.assert_allclose(times(documents), sent, rtol=0, atol=1e-6)


def test_a_pulse_that_never_comes_ends_the_wait(engine, camera, line):
    def nothing(now):
        yield from bps.null()

    info = TriggerInfo(number_of_events=2, trigger=EDGE, exposure_timeout=0.2)
    with pytest.raises(FailedStatus) as failure:
        engine(in_a_run(camera, flown(camera, info, nothing)))
    assert "camera: no frame came within the 0.2 s" in str(failure.value.__cause__)


def test_prepared_anew_before_the_first_pulse(engine, camera, line, documents):
    sent = []

    def pulses(now):
        if now == "kicked off":
            sent.extend(line.pulses(4, period=0.005))
        yield from bps.null()

    def plan():
        yield from bps.prepare(camera, TriggerInfo(number_of_events=9, trigger=EDGE), wait=True)
        yield from flown(camera, TriggerInfo(number_of_events=4, trigger=EDGE), pulses)

    engine(in_a_run(camera, plan()))
    np.testing.assert_allclose(times(documents), sent, rtol=0, atol=1e-6)


def test_prepared_or_triggered_anew_after_a_pulse(engine, camera, line):
    def plan():
        yield from bps.prepare(camera, TriggerInfo(trigger=EDGE), wait=True)
        line.pulse()
        while not camera._stagings.last.flight.order.appended:
            yield from bps.sleep(0.005)
        yield from bps.trigger(camera, wait=True)

    with pytest.raises(FailedStatus) as failure:
        engine(in_a_run(camera, plan()))
    assert "camera: triggers have come since it was prepared" in str(failure.value.__cause__)


def test_internal_again(engine, camera, line, documents):
    def pulses(now):
        if now == "kicked off":
            line.pulses(2, period=0.005)
        yield from bps.null()

    def plan():
        yield from flown(camera, TriggerInfo(number_of_events=2, trigger=EDGE), pulses)
        yield from bps.prepare(camera, TriggerInfo(trigger=DetectorTrigger.INTERNAL), wait=True)
        yield from bps.trigger_and_read([camera], "internal")

    engine(in_a_run(camera, plan()))
    run = framestore_handlers.load(documents)
    assert run["primary"]["camera"].shape == (2, 1, 24, 32)
    assert run["internal"]["camera"].shape == (1, 1, 24, 32)


def test_only_what_the_source_offers(engine, tmp_path):
    with init_devices():
        camera = Camera(SimulatedSource((24, 32)), StaticPathProvider(UUIDFilenameProvider(), tmp_path))
    with pytest.raises(FailedStatus) as failure:
        engine(bpp.stage_wrapper(bps.prepare(camera, TriggerInfo(trigger=EDGE), wait=True), [camera]))
    assert "'camera'" in str(failure.value.__cause__)
    assert "INTERNAL" in str(failure.value.__cause__)
