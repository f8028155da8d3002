"""Darks and flats: their frames, and what is put back, whatever happens."""

import threading
from functools import partial

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import pytest
from bluesky.utils import FailedStatus, RunEngineInterrupted
from slow import slow
from tomography import CLOSED, DARK, FLAT, IN, OPEN, OUT, SAMPLE, Beamline, counts, in_a_run

from framestore.ophyd import Camera
from framestore.plans import fly_points, in_run_wrapper, snapshot, take_darks, take_flats, time_series
from framestore.sources import CallableSource


@pytest.fixture
def beamline():
    return Beamline()


@pytest.fixture
def camera(make_camera, beamline):
    return make_camera(beamline.grab)


@pytest.mark.parametrize("family", ["stream", "datum"])
def test_with_a_measurement_in_one_run(run_engine, make_camera, documents, beamline, family):
    camera = make_camera(beamline.grab, documents=family)

    def measurement():
        yield from beamline.dark_flat([camera])()
        for angle in (0, 90, 180):
            yield from bps.mv(beamline.rotation, angle)
            yield from bps.trigger_and_read([camera, beamline.rotation])

    run_engine(in_a_run(measurement(), camera), documents)
    assert counts(documents) == {"dark": [DARK] * 2, "flat": [FLAT] * 3, "primary": [SAMPLE] * 3}
    assert (beamline.shutter.asked, beamline.x.asked) == ([CLOSED, OPEN], [OUT, IN])


def test_around_a_plan_of_bluesky(run_engine, camera, documents, beamline):
    scan = bp.scan([camera], beamline.rotation, 0, 180, 4)
    after = beamline.dark_flat([camera], dark_stream="dark_after", flat_stream="flat_after")
    run_engine(in_run_wrapper(scan, before=beamline.dark_flat([camera]), after=after), documents)
    darks, flats = [DARK] * 2, [FLAT] * 3
    expected = {"dark": darks, "flat": flats, "primary": [SAMPLE] * 4, "dark_after": darks, "flat_after": flats}
    assert counts(documents) == expected
    assert beamline.is_ready


def test_around_a_fly_scan(run_engine, camera, documents, beamline):
    after = beamline.dark_flat([camera], 0, 2, flat_stream="flat_after")
    flight = time_series([camera], 12, flush_period=0.05)
    run_engine(in_run_wrapper(flight, before=beamline.dark_flat([camera]), after=after), documents)
    expected = {"dark": [DARK] * 2, "flat": [FLAT] * 3, "primary": [SAMPLE] * 12, "flat_after": [FLAT] * 2}
    assert counts(documents) == expected


def test_fly_scans_among_steps(run_engine, camera, documents, beamline):
    """Even the darks can be flown: all are pieces."""

    def pieces():
        yield from beamline.dark_flat([camera], 1, 1)()
        yield from fly_points([camera], 5, flush_period=0.05)
        yield from beamline.moves["close_shutter"]()
        yield from fly_points([camera], 4, stream_name="dark_after", flush_period=0.05)
        yield from beamline.moves["open_shutter"]()

    run_engine(in_a_run(pieces(), camera), documents)
    assert counts(documents) == {"dark": [DARK], "flat": [FLAT], "primary": [SAMPLE] * 5, "dark_after": [DARK] * 4}


def test_all_three_in_one_plan(run_engine, camera, documents, beamline):
    """A look, whose image decides; then darks, flats and a time series in a run; and a look with a run key within."""

    def plan():
        seen = yield from snapshot(camera)
        number = 3 if seen.data["camera_max"] < 100 else 30
        series = time_series([camera], number, flush_period=0.05)
        uid = yield from in_run_wrapper(series, before=beamline.dark_flat([camera]))
        return seen, uid

    seen, uid = run_engine(plan(), documents).plan_result
    assert (seen.frame == SAMPLE).all()
    assert [start["uid"] for start in documents.of("start")] == [seen.uid, uid]
    assert counts(documents) == {"primary": [SAMPLE] * 4, "dark": [DARK] * 2, "flat": [FLAT] * 3}


def test_a_snapshot_in_the_run_of_a_tomography(run_engine, camera, make_camera, documents, beamline):
    """Of a camera that the run does not use; all messages of the run have a run key."""
    viewer = make_camera(beamline.grab, name="viewer")
    seen = []

    def before():
        seen.append((yield from bpp.set_run_key_wrapper(snapshot(viewer), "look")))
        yield from bpp.set_run_key_wrapper(beamline.dark_flat([camera])(), "scan")

    scan = bpp.set_run_key_wrapper(bp.scan([camera], beamline.rotation, 0, 180, 2), "scan")
    looked = [False]

    def once():
        if not looked[0]:  # the snapshot is a run, too
            looked[0] = True
            yield from before()

    run_engine(in_run_wrapper(scan, before=once), documents)
    assert (seen[0].frame == SAMPLE).all()
    assert {stop["exit_status"] for stop in documents.of("stop")} == {"success"}


def test_in_a_run_with_a_key(run_engine, camera, documents, beamline):
    """What is inserted belongs to the run in which it is, not to the one around it."""
    scan = in_run_wrapper(
        bp.scan([camera], beamline.rotation, 0, 180, 2),
        before=beamline.dark_flat([camera]),
        after=beamline.dark_flat([camera], 0, 1, flat_stream="flat_after"),
    )
    outer = bpp.run_wrapper(bpp.set_run_key_wrapper(scan, "scan"))
    run_engine(outer, documents)
    assert [stop.get("num_events") for stop in documents.of("stop")] == [
        {"dark": 2, "flat": 3, "primary": 2, "flat_after": 1},
        {},
    ]
    inner = in_run_wrapper(
        bpp.set_run_key_wrapper(bp.scan([camera], beamline.rotation, 0, 180, 2), "scan"),
        before=beamline.dark_flat([camera]),
        after=beamline.dark_flat([camera], 0, 1, flat_stream="flat_after"),
    )
    documents.clear()
    run_engine(inner, documents)
    assert counts(documents) == {"dark": [DARK] * 2, "flat": [FLAT] * 3, "primary": [SAMPLE] * 2, "flat_after": [FLAT]}


@pytest.mark.parametrize(("k", "which"), [(1, "dark"), (3, "flat")])
def test_a_camera_that_fails(run_engine, camera, documents, beamline, k, which):
    beamline.fails_at(k)
    after = partial(bps.mv, beamline.x, 77)
    scan = bp.scan([camera], beamline.rotation, 0, 180, 4)
    with pytest.raises(FailedStatus) as raised:
        run_engine(in_run_wrapper(scan, before=beamline.dark_flat([camera]), after=after), documents)
    assert str(raised.value.__cause__) == "the cable was pulled"
    assert beamline.is_ready
    assert documents.of("stop")[0]["exit_status"] == "fail"
    assert 77 not in beamline.x.asked


def test_a_scan_that_fails_is_followed_by_nothing(run_engine, camera, documents, beamline):
    beamline.fails_at(6)
    scan = bp.scan([camera], beamline.rotation, 0, 180, 4)
    after = beamline.dark_flat([camera], dark_stream="after")
    with pytest.raises(FailedStatus):
        run_engine(in_run_wrapper(scan, before=beamline.dark_flat([camera]), after=after), documents)
    assert "after" not in {descriptor["name"] for descriptor in documents.of("descriptor")}


def test_a_shutter_that_does_not_close(run_engine, camera, documents, beamline):
    """It may be anywhere, so it is opened."""
    beamline.shutter.fails = [True]
    with pytest.raises(FailedStatus) as raised:
        run_engine(in_a_run(beamline.dark_flat([camera])(), camera), documents)
    assert str(raised.value.__cause__) == "shutter is stuck"
    assert (beamline.shutter.asked, beamline.is_ready, beamline.taken) == ([CLOSED, OPEN], True, 1)


def test_a_shutter_that_opens_at_the_second_time(run_engine, camera, beamline):
    """The failure is not hidden."""
    beamline.shutter.fails = [False, True]
    with pytest.raises(FailedStatus):
        run_engine(in_a_run(beamline.dark_flat([camera])(), camera))
    assert (beamline.shutter.asked, beamline.is_ready) == ([CLOSED, OPEN, OPEN], True)


def test_a_shutter_that_does_not_open(run_engine, camera, beamline):
    beamline.shutter.fails = [False, *[True] * 9]
    with pytest.raises(FailedStatus) as raised:
        run_engine(in_a_run(beamline.dark_flat([camera])(), camera))
    assert str(raised.value.__cause__) == "shutter is stuck"
    assert raised.value.__notes__ == ["The plan could not put back what it had changed; it tried 2 times."]
    assert beamline.shutter.asked == [CLOSED, OPEN, OPEN]


def paused(run_engine, plan, documents):
    with pytest.raises(RunEngineInterrupted):
        run_engine(plan, documents)
    assert run_engine.state == "paused"


@pytest.mark.parametrize("end", ["resume", "stop", "abort"])
@pytest.mark.parametrize("k", [1, *slow(4)])
def test_a_pause_in_the_middle(run_engine, camera, documents, beamline, k, end):
    """After which no point is missing, and none is of the wrong kind; or all is put back."""
    beamline.acts[k] = run_engine.request_pause
    paused(run_engine, in_a_run(beamline.dark_flat([camera])(), camera), documents)
    assert not beamline.is_ready
    getattr(run_engine, end)()
    assert beamline.is_ready
    if end == "resume":
        assert counts(documents) == {"dark": [DARK] * 2, "flat": [FLAT] * 3}
        assert (beamline.shutter.asked, beamline.x.asked) == ([CLOSED, OPEN], [OUT, IN])


@pytest.mark.parametrize("end", ["resume", "stop", "abort"])
def test_a_pause_while_the_shutter_opens(run_engine, camera, documents, beamline, end):
    """It opens all the same, and no dark is taken meanwhile."""
    beamline.shutter.holds = OPEN

    def ask():
        assert beamline.shutter.moving.wait(30)
        run_engine.request_pause()

    thread = threading.Thread(target=ask)
    thread.start()
    paused(run_engine, in_a_run(beamline.dark_flat([camera])(), camera), documents)
    thread.join()
    getattr(run_engine, end)()
    assert beamline.is_ready
    found = counts(documents)
    assert found == ({"dark": [DARK] * 2, "flat": [FLAT] * 3} if end == "resume" else {"dark": [DARK] * 2})
    assert documents.of("stop")[0]["exit_status"] == ("abort" if end == "abort" else "success")


def test_another_camera_that_fails_while_all_is_put_back(run_engine, make_camera, documents, beamline):
    """bluesky tells of it between two messages of what puts back."""
    beamline.fails_at(1)
    beamline.shutter.holds = OPEN

    class Late(Camera):
        def trigger(self):
            beamline.shutter.ends_with = super().trigger()
            return beamline.shutter.ends_with

    def fail_late():
        assert beamline.shutter.moving.wait(30)
        raise OSError("the other cable")

    def put_back():
        yield from bps.mv(beamline.shutter, OPEN)
        yield from bps.mv(beamline.x, 5)

    two = make_camera(CallableSource(fail_late, (2, 2), "uint8"), name="two", kind_of_camera=Late)
    cameras = [make_camera(beamline.grab, name="one"), two]
    plan = take_darks(cameras, 2, close_shutter=beamline.moves["close_shutter"], open_shutter=put_back)
    with pytest.raises(FailedStatus) as raised:
        run_engine(in_a_run(plan, *cameras), documents)
    assert str(raised.value.__cause__) == "the other cable"
    assert (beamline.shutter.asked, beamline.x.asked) == ([CLOSED, OPEN, OPEN], [5])


def test_no_darks_move_no_shutter(run_engine, camera, documents, beamline):
    run_engine(in_a_run(beamline.dark_flat([camera], 0, 1)(), camera), documents)
    assert (beamline.shutter.asked, beamline.x.asked) == ([], [OUT, IN])
    assert counts(documents) == {"flat": [FLAT]}


@pytest.mark.parametrize(("number", "error"), [(-1, ValueError), (1.5, TypeError)])
def test_wrong_numbers_move_nothing(run_engine, camera, beamline, number, error):
    moves = beamline.moves
    darks = {"close_shutter": moves["close_shutter"], "open_shutter": moves["open_shutter"]}
    flats = {"move_out": moves["move_out"], "move_in": moves["move_in"]}
    for plan in (
        beamline.dark_flat([camera], 1, number)(),
        take_darks([camera], number, **darks),
        take_flats([camera], number, **flats),
    ):
        with pytest.raises(error):
            run_engine(in_a_run(plan, camera))
    assert (beamline.shutter.asked, beamline.x.asked) == ([], [])


@pytest.mark.parametrize("name", ["close_shutter", "open_shutter", "move_out", "move_in"])
def test_a_plan_where_a_function_is_wanted(run_engine, camera, beamline, name):
    """A plan can be run once only; it is found out before anything has moved."""
    plan = iter(())
    with pytest.raises(TypeError, match=f"{name} must be a function that makes a plan"):
        run_engine(in_a_run(beamline.dark_flat([camera], **{name: plan})(), camera))
    assert (beamline.shutter.asked, beamline.x.asked) == ([], [])
    with pytest.raises(TypeError, match="after must be a function that makes a plan"):
        run_engine(in_run_wrapper(bp.count([camera]), before=None, after=plan))
