"""What a plan asks of an ophyd-async camera by TriggerInfo; what it does not name stays as the camera is set."""

import asyncio
import threading

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import numpy as np
import pytest
from adjustable import Adjustable
from bluesky.utils import FailedStatus
from numbered import Gated, NumberedSource
from ophyd_async.core import DetectorTrigger, TriggerInfo, wait_for_value

from framestore.testing.known import KnownSource


def read_back(documents, stream="primary"):
    return framestore_handlers.load(documents)[stream]["camera"].compute()


def staged(camera, *plans):
    """A run with some plans, in one staging."""

    def plan():
        for plan in plans:
            yield from plan()

    return bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera])


def fly(camera, value, *, declare=True, parts=(None,)):
    """Prepare, and kick off as often as there are parts, with so many events each; None: with all."""

    def plan():
        yield from bps.prepare(camera, value, wait=True)
        if declare:
            yield from bps.declare_stream(camera, name="primary", collect=True)
        for part in parts:
            if part is not None:
                yield from bps.mv(camera.events_to_kickoff, part)
            yield from bps.kickoff(camera, wait=True)
            yield from bps.collect_while_completing([camera], [camera], flush_period=0.05, stream_name="primary")

    return plan


def shots(camera, value, number=1):
    """Prepare, and take points."""

    def plan():
        yield from bps.prepare(camera, value, wait=True)
        for _ in range(number):
            yield from bps.trigger_and_read([camera])

    return plan


def check(documents, source, frames_per_point, points):
    frames = read_back(documents)
    expected = np.array([source.expected(k) for k in range(points * frames_per_point)])
    np.testing.assert_array_equal(frames.reshape(-1, *source.shape), expected)
    assert frames.shape[:2] == (points, frames_per_point)


def cause_of(run_engine, plan):
    with pytest.raises(FailedStatus) as raised:
        run_engine(plan)
    return raised.value.__cause__


@pytest.mark.parametrize(
    ("value", "frames_per_point"),
    [
        (3, 2),
        ({"number_of_events": 3}, 2),
        (TriggerInfo(number_of_events=3), 2),
        (TriggerInfo(number_of_events=3, collections_per_event=5), 5),
        pytest.param(np.int64(3), 2, marks=pytest.mark.slow),
        pytest.param({"number_of_events": 3, "collections_per_event": 1}, 1, marks=pytest.mark.slow),
        pytest.param(TriggerInfo(number_of_events=3, collections_per_event=1), 1, marks=pytest.mark.slow),
        pytest.param({"number_of_events": 3, "trigger": DetectorTrigger.INTERNAL}, 2, marks=pytest.mark.slow),
    ],
)
def test_a_number_of_events(run_engine, make_async_camera, documents, source, value, frames_per_point):
    camera = make_async_camera(source, frames_per_point=2)
    run_engine(staged(camera, fly(camera, value)), documents)
    check(documents, source, frames_per_point, 3)


def test_until_it_is_completed(run_engine, make_async_camera, documents, source):
    camera = make_async_camera(source, frames_per_point=2)

    def plan():
        yield from bps.prepare(camera, 0, wait=True)
        yield from bps.declare_stream(camera, name="primary", collect=True)
        yield from bps.kickoff(camera, wait=True)
        yield from bps.wait_for([lambda: wait_for_value(camera.frames_written, lambda frames: frames >= 6, timeout=30)])
        yield from bps.complete(camera, wait=True)
        yield from bps.collect(camera, name="primary")

    run_engine(staged(camera, plan), documents)
    points = documents.of("stream_datum")[-1]["indices"]["stop"]
    assert points >= 3
    check(documents, source, 2, points)


def test_what_is_named_holds_until_it_is_unstaged(run_engine, make_async_camera, documents, source, in_loop):
    camera = make_async_camera(source, frames_per_point=2, exposures_per_frame=1)
    seen = []

    def look():
        seen.append((yield from bps.rd(camera.frames_per_point)))
        seen.append((yield from bps.rd(camera.exposures_per_frame)))

    info = TriggerInfo(collections_per_event=3, exposures_per_collection=2)
    run_engine(staged(camera, shots(camera, info, 2), look), documents)
    assert seen == [3, 2]
    assert [in_loop(counts.get_value) for counts in (camera.frames_per_point, camera.exposures_per_frame)] == [2, 1]
    (descriptor,) = documents.of("descriptor")
    data = descriptor["configuration"]["camera"]["data"]
    assert (data["camera-frames_per_point"], data["camera-exposures_per_frame"]) == (3, 2)
    assert descriptor["data_keys"]["camera"]["shape"] == [3, *source.shape]
    documents.clear()
    run_engine(bp.count([camera]), documents)
    assert documents.of("descriptor")[0]["data_keys"]["camera"]["shape"] == [2, *source.shape]


def test_exposures_are_combined(run_engine, make_async_camera, documents, source):
    camera = make_async_camera(source, combine_exposures="sum")
    run_engine(staged(camera, fly(camera, TriggerInfo(number_of_events=2, exposures_per_collection=3))), documents)
    expected = [sum(source.expected(k).astype(int) for k in range(3 * n, 3 * n + 3)) for n in range(2)]
    np.testing.assert_array_equal(read_back(documents)[:, 0], expected)


def test_a_burst_that_is_triggered_again_and_again(run_engine, make_async_camera, documents, source):
    camera = make_async_camera(source)
    run_engine(staged(camera, shots(camera, TriggerInfo(collections_per_event=3), 3)), documents)
    check(documents, source, 3, 3)
    assert [event["data"]["camera-mean"] for event in documents.of("event")] == [
        pytest.approx(np.mean([source.expected(k) for k in range(3 * n, 3 * n + 3)])) for n in range(3)
    ]


def test_points_without_prepare_are_as_the_camera_is_set(run_engine, make_async_camera, documents, source):
    camera = make_async_camera(source)
    run_engine(bps.mv(camera.frames_per_point, 3))
    run_engine(bp.count([camera], 2), documents)
    check(documents, source, 3, 2)


def test_prepared_again_in_one_staging(run_engine, make_async_camera, documents, source):
    camera = make_async_camera(source)
    run_engine(staged(camera, fly(camera, 4), fly(camera, 7, declare=False), fly(camera, 1, declare=False)), documents)
    check(documents, source, 1, 12)


def test_prepared_again_with_other_numbers_of_frames_for_other_streams(
    run_engine, make_async_camera, documents, source
):
    camera = make_async_camera(source)

    def streams():
        for stream, frames in (("dark", 2), ("primary", 3), ("late", 1)):
            yield from bps.prepare(camera, TriggerInfo(collections_per_event=frames), wait=True)
            yield from bps.trigger_and_read([camera], name=stream)

    run_engine(staged(camera, streams), documents)
    assert [read_back(documents, stream).shape[:2] for stream in ("dark", "primary", "late")] == [
        (1, 2),
        (1, 3),
        (1, 1),
    ]
    np.testing.assert_array_equal(read_back(documents, "late")[0, 0], source.expected(5))


def test_kicked_off_in_parts(run_engine, make_async_camera, documents, source):
    camera = make_async_camera(source, frames_per_point=2)
    run_engine(staged(camera, fly(camera, 10, parts=(5, 3, 2))), documents)
    check(documents, source, 2, 10)
    assert [doc["indices"]["stop"] for doc in documents.of("stream_datum")][-1] == 10


def test_more_than_it_was_prepared_for(run_engine, make_async_camera, source):
    camera = make_async_camera(source)
    cause = cause_of(run_engine, staged(camera, fly(camera, 10, parts=(6, 5))))
    message = "camera: kicked off for 5 events: it was prepared for 10, of which 4 are left; set events_to_kickoff to a"
    assert str(cause).startswith(message)


def test_prepared_and_triggered_behind_a_fly_scan(run_engine, make_async_camera, documents, source):
    camera = make_async_camera(source)
    run_engine(staged(camera, fly(camera, 3)), documents)
    documents.clear()

    def other_stream():
        yield from bps.prepare(camera, 1, wait=True)
        yield from bps.trigger_and_read([camera], name="steps")

    first = source.count
    run_engine(staged(camera, fly(camera, 3), other_stream), documents)
    np.testing.assert_array_equal(read_back(documents, "steps")[0, 0], source.expected(first + 3))


def test_triggered_while_it_is_prepared_for_a_fly_scan(run_engine, make_async_camera, source):
    camera = make_async_camera(source)
    with pytest.raises(
        ValueError, match="camera: triggered, but prepared for 3 events; kick it off, or prepare it for 1"
    ):
        run_engine(staged(camera, shots(camera, 3)))


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (-1, ValueError, "camera: the number of events must be 0 (until stopped) or more, not -1"),
        ("many", TypeError, "camera: the number of events must be a whole number"),
        (2.5, TypeError, "camera: the number of events must be a whole number"),
        (None, TypeError, "camera: the number of events must be a whole number"),
        (
            {"number_of_frames": 3},
            ValueError,
            "camera: prepare takes a TriggerInfo, its fields in a mapping, or a number",
        ),
        ({"collections_per_event": 0}, ValueError, "camera: prepare takes a TriggerInfo"),
        ({"livetime": -1}, ValueError, "camera: prepare takes a TriggerInfo"),
        (TriggerInfo(livetime=99), ValueError, "camera-exposure_time must be from 0.01 to 30.0 s, not 99.0"),
        (TriggerInfo(deadtime=1e9), ValueError, "camera-frame_rate must be from 0.01"),
        (TriggerInfo(trigger=DetectorTrigger.EXTERNAL_EDGE), ValueError, "'camera'"),
        (TriggerInfo(trigger=DetectorTrigger.EXTERNAL_LEVEL), ValueError, "'camera'"),
    ],
)
def test_wrong_values_name_the_camera(run_engine, make_async_camera, value, error, message):
    camera = make_async_camera(Adjustable())
    cause = cause_of(run_engine, staged(camera, shots(camera, value)))
    assert isinstance(cause, error)
    assert message in str(cause)
    assert run_engine(bp.count([camera])).exit_status == "success"


@pytest.mark.parametrize("field", ["livetime", "deadtime"])
def test_times_that_the_source_cannot_be_set_to(run_engine, make_async_camera, source, field):
    camera = make_async_camera(source)
    cause = cause_of(run_engine, staged(camera, shots(camera, {field: 0.1})))
    assert isinstance(cause, ValueError)
    assert str(cause).startswith(f"camera: {field}=0.1 s needs a setting")


def test_times_that_are_set(run_engine, make_async_camera, documents):
    source = Adjustable()
    camera = make_async_camera(source)
    run_engine(staged(camera, shots(camera, TriggerInfo(livetime=0.05))), documents)
    assert source.values["exposure_time"] == 0.05
    assert documents.of("descriptor")[0]["configuration"]["camera"]["data"]["camera-exposure_time"] == 0.05
    run_engine(staged(camera, shots(camera, TriggerInfo(livetime=0.05, deadtime=0.2))))
    assert source.values["frame_rate"] == pytest.approx(4.0)
    run_engine(staged(camera, shots(camera, TriggerInfo(deadtime=0.45))))
    assert (source.values["exposure_time"], source.values["frame_rate"]) == (0.05, pytest.approx(2.0))


def test_a_time_stays_when_it_is_unstaged(run_engine, make_async_camera, in_loop):
    source = Adjustable()
    camera = make_async_camera(source)
    run_engine(staged(camera, shots(camera, TriggerInfo(livetime=0.05))))
    assert in_loop(camera.exposure_time.get_value) == 0.05


def test_the_dead_time_is_what_the_frame_rate_leaves(make_async_camera, in_loop):
    camera = make_async_camera(Adjustable())
    assert in_loop(camera.get_trigger_deadtime) == ({DetectorTrigger.INTERNAL}, pytest.approx(0.0))
    assert in_loop(make_async_camera(NumberedSource()).get_trigger_deadtime) == ({DetectorTrigger.INTERNAL}, 0.0)


def test_no_frame_within_exposure_timeout(run_engine, make_async_camera):
    source = Gated()
    camera = make_async_camera(source)

    def plan():
        yield from bps.prepare(camera, TriggerInfo(exposure_timeout=0.1), wait=True)
        try:
            yield from bps.trigger(camera, wait=True)
        finally:
            source.gate.release(100)

    cause = cause_of(run_engine, staged(camera, plan))
    assert isinstance(cause, TimeoutError)
    assert str(cause) == "camera: no frame came within the 0.1 s of exposure_timeout; look at the camera"
    assert run_engine(bp.count([camera])).exit_status == "success"


def test_the_camera_s_own_counts_win_when_they_are_set_behind_a_plan_without_unstage(
    run_engine, make_async_camera, documents, source
):
    camera = make_async_camera(source)

    def left_staged():
        yield from bps.stage(camera, wait=True)
        yield from bps.prepare(camera, TriggerInfo(collections_per_event=3), wait=True)

    run_engine(left_staged())
    run_engine(bps.mv(camera.frames_per_point, 5))
    run_engine(bp.count([camera]), documents)
    assert documents.of("descriptor")[0]["data_keys"]["camera"]["shape"] == [5, *source.shape]


def test_counts_that_are_changed_while_it_is_staged(run_engine, make_async_camera, source):
    camera = make_async_camera(source)

    def change():
        yield from bps.mv(camera.frames_per_point, 5)
        yield from bps.trigger(camera, wait=True)

    with pytest.raises(RuntimeError, match="camera: frames_per_point was changed from 1 to 5 while staged"):
        run_engine(staged(camera, change))


def test_what_failed_to_be_prepared_leaves_the_camera_as_it_was(run_engine, make_async_camera, documents):
    camera = make_async_camera(Adjustable())

    def plan():
        yield from bps.prepare(camera, 1, wait=True)
        yield from bps.trigger_and_read([camera], name="first")
        with pytest.raises(FailedStatus):
            yield from bps.prepare(camera, TriggerInfo(collections_per_event=3, livetime=99), wait=True)
        yield from bps.trigger_and_read([camera], name="second")

    run_engine(staged(camera, plan), documents)
    assert [doc["data_keys"]["camera"]["shape"][0] for doc in documents.of("descriptor")] == [1, 1]


def test_prepared_otherwise_while_a_point_is_being_taken(run_engine, make_async_camera):
    source = KnownSource()
    camera, gate, inside = make_async_camera(source, frame_timeout=0.2), threading.Event(), threading.Event()

    def hold():
        inside.set()
        assert gate.wait(30)

    source.at(0, hold)

    def plan():
        yield from bps.trigger(camera, group="point")
        yield from bps.wait_for([lambda: asyncio.to_thread(inside.wait, 30)])
        try:
            yield from bps.prepare(camera, TriggerInfo(collections_per_event=3), wait=True)
        finally:
            gate.set()

    cause = cause_of(run_engine, staged(camera, plan))
    assert "camera: prepared while the frames of the trigger before are being taken" in str(cause)


def test_another_number_of_frames_in_the_same_stream_is_refused(run_engine, make_async_camera, source):
    """Nothing can read the images of such a run by its documents."""
    camera = make_async_camera(source)
    one, three = (shots(camera, TriggerInfo(collections_per_event=frames)) for frames in (1, 3))
    with pytest.raises(Exception, match="camera: "):
        run_engine(staged(camera, one, three))
