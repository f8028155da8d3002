"""Fly scans: points that are taken without a plan in between, and collected as they land."""

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import h5py
import numpy as np
import pytest
from bluesky.utils import FailedStatus
from flying import (
    PERIOD,
    FailingSource,
    Gate,
    Silent,
    check,
    failing,
    flown,
    in_a_run,
    landed,
    numbers,
    slow_disk,
    waits_for,
)
from named import frames_in
from numbered import NumberedSource
from ophyd.sim import SynAxis
from ophyd_async.core import TriggerInfo
from ways import every_way

from framestore import LostFramesError
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.plans import declare_streams_wrapper, fly
from framestore.sources import SimulatedSource


@pytest.fixture
def gated():
    source = Gate()
    yield source
    source.release(1000)


@every_way
@pytest.mark.parametrize("frames", [1, 3])
def test_a_fixed_number_of_points(run_engine, make_camera, documents, way, frames):
    camera = make_camera(way.source, **way.settings, frames_per_point=frames)
    run_engine(flown([camera], 20), documents)
    assert documents.of("stop")[0]["num_events"] == {"primary": 20}
    assert not documents.of("event", "event_page", "resource", "datum")
    images = way.load(documents)["primary"]["camera_image"].compute()
    expected = [[way.expected(k * frames + j) for j in range(frames)] for k in range(20)]
    np.testing.assert_array_equal(images, expected)
    check(documents)


def test_the_data_key_is_that_of_the_image_alone(run_engine, make_camera, documents, source):
    camera = make_camera(source, frames_per_point=2)
    run_engine(flown([camera], 3), documents)
    (descriptor,) = documents.of("descriptor")
    (data_key,) = descriptor["data_keys"].values()
    assert list(descriptor["data_keys"]) == ["camera_image"]
    assert (data_key["shape"], data_key["dtype_numpy"], data_key["external"]) == ([2, 5, 7], "<u2", "STREAM:")
    assert data_key["dims"] == ["camera_frame", "camera_y", "camera_x"]
    configuration = descriptor["configuration"]["camera"]["data"]
    (resource,) = documents.of("stream_resource")
    assert f"file://localhost{configuration['camera_file_path']}" == resource["uri"]


def test_until_it_is_completed(run_engine, make_camera, documents, gated):
    """Points that were begun by then are completed; none begins after."""
    camera = make_camera(gated, frames_per_point=2)

    def after():
        yield from landed(camera, gated, 3)
        gated.release(1)  # half of a point
        yield from waits_for(lambda: gated.given == 7)
        yield from bps.complete(camera, group="complete")
        gated.release(9)
        yield from bps.wait("complete")

    run_engine(flown([camera], 0, after=after), documents)
    images = framestore_handlers.load(documents)["primary"]["camera_image"].compute()
    assert numbers(images) == list(range(8))
    assert gated.given == 8, "a frame was taken that nobody wanted"
    check(documents)


def test_completed_before_the_first_frame(run_engine, make_camera, documents, folder):
    """A camera that waits for a trigger which does not come any more: its TimeoutError ends the scan, not fails it."""
    camera = make_camera(Silent(), frame_timeout=0.3)
    run_engine(flown([camera], 0), documents)
    assert documents.of("stop")[0]["exit_status"] == "success"
    assert not documents.of("stream_datum")
    assert not list(folder.rglob("*.*")), "a file without frames"


@pytest.mark.parametrize("end", ["stop", "unstage"])
def test_other_ends_of_one_without_a_number_of_points(run_engine, make_camera, documents, gated, end):
    camera = make_camera(gated)

    def after():
        status = yield from bps.complete(camera, group="complete")  # the frame that is awaited is the last
        yield from bps.null()
        camera.stop()
        status.wait(10)

    def plan():
        yield from bps.stage(camera)
        yield from bps.open_run()
        yield from bps.prepare(camera, 0, wait=True)
        yield from bps.declare_stream(camera, name="primary", collect=True)
        yield from bps.kickoff(camera, wait=True)
        yield from landed(camera, gated, 4)
        if end == "stop":
            yield from bps.stop(camera)
            yield from bps.complete(camera, wait=True)
        yield from bps.collect(camera, name="primary")
        yield from bps.unstage(camera)
        yield from bps.close_run()

    gated.returns_when_told = True
    run_engine(plan(), documents)
    assert framestore_handlers.load(documents)["primary"]["camera_image"].shape[0] == 4
    check(documents)


def test_documents_come_as_frames_land(run_engine, make_camera, documents, gated):
    """Half of the frames: their documents are there, and another process' tools can read them."""
    camera = make_camera(gated)
    seen = []

    def after():
        for _ in range(3):
            yield from landed(camera, gated, 1)
            yield from bps.collect(camera, name="primary")
            with h5py.File(camera.file_path.get(), "r", swmr=True) as file:
                seen.append((documents.of("stream_datum")[-1]["indices"]["stop"], len(file["entry/data/data"])))
        gated.release(3)

    run_engine(flown([camera], 6, after=after), documents)
    assert seen == [(1, 1), (2, 2), (3, 3)]
    assert [datum["indices"]["stop"] for datum in documents.of("stream_datum")][:3] == [1, 2, 3]
    check(documents)


@pytest.mark.parametrize("frames", [(1, 1), (2, 3)])
def test_two_cameras_in_one_stream(run_engine, make_camera, documents, frames):
    """The slower one says how many events there are; each StreamDatum of both is of the same events."""
    fast = make_camera(SimulatedSource((6, 7), rate=400, seed=1), name="fast", frames_per_point=frames[0])
    slow = make_camera(SimulatedSource((4, 5), rate=90, seed=2), name="slow", frames_per_point=frames[1])
    run_engine(flown([fast, slow], 15), documents)
    named = check(documents)
    assert {key: len(indices) for (_, _, key), indices in named.indices.items()} == {"fast_image": 15, "slow_image": 15}
    by_resource = {}
    for datum in documents.of("stream_datum"):
        by_resource.setdefault(datum["stream_resource"], []).append((datum["indices"], datum["seq_nums"]))
    one, other = by_resource.values()
    assert one == other
    assert len(one) > 1, "nothing was collected before the end"
    loaded = framestore_handlers.load(documents)["primary"]
    assert loaded["fast_image"].shape == (15, frames[0], 6, 7)
    assert loaded["slow_image"].shape == (15, frames[1], 4, 5)


def test_a_queue_that_is_full_makes_a_source_wait_that_can(run_engine, make_camera, documents, monkeypatch):
    """The disk is slower than the source: no frame is lost, and few are in memory."""
    source = NumberedSource((64, 64))
    camera = make_camera(source, queue_bytes=3 * 64 * 64 * 2)
    slow_disk(monkeypatch, 0.002)
    run_engine(flown([camera], 200), documents)
    images = framestore_handlers.load(documents)["primary"]["camera_image"].compute()[:, 0]
    np.testing.assert_array_equal(images, [source.expected(k) for k in range(200)])


def test_frames_that_a_camera_loses_fail_it(run_engine, make_camera, documents, monkeypatch):
    """A free-running camera does not wait for a slow disk; what it loses is told, and what landed stays."""
    source = SimulatedSource((64, 64), rate=500, free_running=True, buffers=2, noise=False)
    camera = make_camera(source, queue_bytes=2 * 64 * 64 * 2)
    slow_disk(monkeypatch, 0.01)
    error = failing(run_engine, flown([camera], 300), documents)
    assert isinstance(error, LostFramesError)
    assert "camera: " in str(error)
    assert "did not arrive" in str(error)
    check(documents)


def test_frames_that_a_camera_loses_are_counted(run_engine, make_camera, documents, monkeypatch, caplog):
    source = SimulatedSource((64, 64), rate=500, free_running=True, buffers=2, noise=False)
    camera = make_camera(source, queue_bytes=2 * 64 * 64 * 2, on_dropped="record")
    slow_disk(monkeypatch, 0.01)
    run_engine(flown([camera], 60), documents)
    assert framestore_handlers.load(documents)["primary"]["camera_image"].shape[0] == 60
    lost = camera.frames_dropped.get()
    assert lost > 0
    assert camera.total_frames_dropped.get() == lost
    assert f"camera: {lost} frames were lost in a fly scan" in caplog.text


@pytest.mark.parametrize("frames", [1, 3])
def test_a_source_that_fails_on_the_way(run_engine, make_camera, documents, frames, caplog):
    """Its own error is the cause; points that have landed can be collected, and are all that is in the file."""
    camera = make_camera(FailingSource(at=20), frames_per_point=frames)
    whole = 20 // frames

    def plan():
        try:
            yield from bps.complete(camera, wait=True)
        finally:
            yield from bps.collect(camera, name="primary")

    error = failing(run_engine, flown([camera], 30, after=plan), documents)
    assert str(error) == "the cable was pulled"
    assert "ended early" not in caplog.text, "whoever completed it was told"
    assert framestore_handlers.load(documents)["primary"]["camera_image"].shape[:2] == (whole, frames)
    named = check(documents)
    (uid,) = named.resources
    assert frames_in(named.path(uid), named.resources[uid]) == list(range(whole * frames))


def test_a_source_that_hangs(run_engine, make_camera, documents, gated):
    camera = make_camera(gated, frame_timeout=0.3)
    gated.release(5)
    error = failing(run_engine, flown([camera], 10), documents)
    assert isinstance(error, TimeoutError)
    assert "camera: the source" in str(error)
    assert "gave 5 of 10 frames" in str(error)
    gated.release(1)
    check(documents)


def test_a_disk_that_is_full(run_engine, make_camera, documents, small_disk, monkeypatch):
    camera = make_camera(
        NumberedSource((64, 64), "uint16"), path_provider=StaticPathProvider(UUIDFilenameProvider(), small_disk)
    )

    def plan():
        try:
            yield from bps.complete(camera, wait=True)
        finally:
            yield from bps.collect(camera, name="primary")

    slow_disk(monkeypatch, 0.002)  # else it is full before frames are made readable for the first time
    error = failing(run_engine, flown([camera], 500, after=plan), documents)
    assert isinstance(error, OSError)
    images = framestore_handlers.load(documents)["primary"]["camera_image"].compute()
    assert len(images) > 10
    np.testing.assert_array_equal(images[:, 0], [NumberedSource((64, 64)).expected(k) for k in range(len(images))])
    check(documents)


def test_an_error_that_nobody_waits_for_is_logged(run_engine, make_camera, documents, caplog):
    camera = make_camera(FailingSource(at=3))

    def plan():
        yield from bps.stage(camera)
        yield from bps.prepare(camera, 0, wait=True)
        yield from bps.open_run()
        yield from bps.kickoff(camera, wait=True)
        yield from waits_for(lambda: camera.get_index() == 3)
        yield from bps.close_run()
        yield from bps.unstage(camera)

    run_engine(plan(), documents)
    assert "camera: the fly scan ended early: the cable was pulled" in caplog.text
    assert "3 points were taken and never read" in caplog.text


def test_points_that_nobody_collected_leave_the_file(run_engine, make_camera, documents, gated, caplog):
    """The last ones: the plan fails between two collects."""
    camera = make_camera(gated)

    def after():
        yield from landed(camera, gated, 4)
        yield from bps.collect(camera, name="primary")
        yield from landed(camera, gated, 3)
        raise OSError("the motor lost its encoder")

    gated.returns_when_told = True
    error = failing(run_engine, flown([camera], 100, after=after), documents)
    assert "encoder" in str(error)
    assert "camera_image: 3 points were taken and never read" in caplog.text
    assert framestore_handlers.load(documents)["primary"]["camera_image"].shape[0] == 4
    check(documents)


def test_two_flights_of_one_stream(run_engine, make_camera, documents, source):
    camera = make_camera(source)

    def after():
        yield from bps.complete(camera, wait=True)
        yield from bps.prepare(camera, 5, wait=True)
        yield from bps.kickoff(camera, wait=True)

    run_engine(flown([camera], 7, after=after), documents)
    images = framestore_handlers.load(documents)["primary"]["camera_image"].compute()[:, 0]
    np.testing.assert_array_equal(images, [source.expected(k) for k in range(12)])
    assert len(documents.of("stream_resource")) == 1
    check(documents)


@every_way
@pytest.mark.parametrize("prepared", ["before", "after"])
def test_streams_and_runs_of_one_staging(run_engine, make_camera, documents, way, prepared):
    """Step by step, then flown, in one run and in the next: each stream has a resource of its own."""
    camera = make_camera(way.source, **way.settings, stats=("mean",))

    def fly(points, name):
        if prepared == "before":
            yield from bps.prepare(camera, points, wait=True)
        yield from bps.declare_stream(camera, name=name, collect=True)
        if prepared == "after":
            yield from bps.prepare(camera, points, wait=True)
        yield from bps.kickoff(camera, wait=True)
        yield from bps.collect_while_completing([camera], [camera], flush_period=PERIOD, stream_name=name)

    @bpp.stage_decorator([camera])
    def plan():
        yield from bps.open_run()
        yield from bps.trigger_and_read([camera], name="dark")
        yield from fly(4, "primary")
        yield from fly(3, "repeat")
        yield from bps.trigger_and_read([camera], name="after")
        yield from bps.close_run()
        yield from bps.open_run()
        yield from fly(2, "primary")
        yield from bps.close_run()

    run_engine(plan(), documents)
    check(documents)
    first, second = (way.load(run) for run in documents.by_run())
    k = 0
    for run, stream, points in (
        (first, "dark", 1),
        (first, "primary", 4),
        (first, "repeat", 3),
        (first, "after", 1),
        (second, "primary", 2),
    ):
        images = run[stream]["camera_image"].compute()
        np.testing.assert_array_equal(images[:, 0], [way.expected(k + j) for j in range(points)])
        k += points
    assert first["after"]["camera_mean"] == pytest.approx(way.seen(8).mean())


def test_declared_after_it_was_kicked_off(run_engine, make_camera, documents, gated):
    """Frames that have landed by then move to the file of the new stream."""
    camera = make_camera(gated)

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        gated.release(1)
        yield from bps.trigger_and_read([camera], name="dark")
        yield from bps.prepare(camera, 5, wait=True)
        yield from bps.kickoff(camera, wait=True)
        yield from landed(camera, gated, 2)
        yield from bps.declare_stream(camera, name="primary", collect=True)
        gated.release(3)
        yield from bps.collect_while_completing([camera], [camera], flush_period=PERIOD, stream_name="primary")

    run_engine(plan(), documents)
    run = framestore_handlers.load(documents)
    assert numbers(run["dark"]["camera_image"].compute()) == [0]
    assert numbers(run["primary"]["camera_image"].compute()) == [1, 2, 3, 4, 5]
    check(documents)


def test_exposures_that_are_combined(run_engine, make_camera, documents, source):
    camera = make_camera(source, exposures_per_frame=4, combine_exposures="sum")
    run_engine(flown([camera], 5), documents)
    images = framestore_handlers.load(documents)["primary"]["camera_image"].compute()[:, 0]
    expected = [sum(source.expected(4 * k + j).astype(int) for j in range(4)) for k in range(5)]
    np.testing.assert_array_equal(images, expected)


def test_a_camera_is_read_in_another_stream_meanwhile(run_engine, make_camera, documents, gated):
    """As in a baseline, or by a plan that watches its counters: the points of the scan stay for its own stream."""
    camera = make_camera(gated)
    motor = SynAxis(name="motor")

    def after():
        yield from landed(camera, gated, 3)
        yield from bps.create("watched")
        yield from bps.read(motor)
        yield from bps.read(camera)
        yield from bps.save()
        gated.release(3)

    run_engine(flown([camera], 6, after=after), documents)
    assert numbers(framestore_handlers.load(documents)["primary"]["camera_image"].compute()) == list(range(6))


def test_blueskys_own_fly(run_engine, make_camera, documents, source):
    """It declares no stream, without which bluesky takes no StreamResource: the wrapper does."""
    camera = make_camera(source)

    @bpp.stage_decorator([camera])
    def plan():
        yield from bps.prepare(camera, 6, wait=True)
        return (yield from declare_streams_wrapper(bp.fly([camera])))

    result = run_engine(plan(), documents)
    assert result.plan_result == documents.of("start")[0]["uid"]
    images = framestore_handlers.load(documents)["primary"]["camera_image"].compute()[:, 0]
    np.testing.assert_array_equal(images, [source.expected(k) for k in range(6)])
    check(documents)


def test_blueskys_own_fly_twice(run_engine, make_camera, documents, source):
    """Each run has a stream of its own, also within one plan."""
    camera = make_camera(source)

    @bpp.stage_decorator([camera])
    def plan():
        for points in (4, 3):
            yield from bps.prepare(camera, points, wait=True)
            yield from bp.fly([camera])

    run_engine(declare_streams_wrapper(plan()), documents)
    first, second = (framestore_handlers.load(run)["primary"]["camera_image"] for run in documents.by_run())
    np.testing.assert_array_equal(first.compute()[:, 0], [source.expected(k) for k in range(4)])
    np.testing.assert_array_equal(second.compute()[:, 0], [source.expected(4 + k) for k in range(3)])
    check(documents)


def test_blueskys_own_fly_of_two(run_engine, make_camera, documents):
    cameras = [make_camera(NumberedSource(), name=name) for name in ("one", "two")]

    @bpp.stage_decorator(cameras)
    def plan():
        for camera, points in zip(cameras, (4, 6), strict=True):
            yield from bps.prepare(camera, points, wait=True)
        yield from declare_streams_wrapper(bp.fly(cameras))

    run_engine(plan(), documents)
    assert documents.of("stop")[0]["num_events"] == {"primary": 4, "two": 6}
    run = framestore_handlers.load(documents)
    assert (run["primary"]["one_image"].shape[0], run["two"]["two_image"].shape[0]) == (4, 6)


def test_the_plan_that_comes_along(run_engine, make_camera, documents):
    cameras = [make_camera(NumberedSource(), name=name) for name in ("one", "two")]
    uid = run_engine(fly(cameras, 25, flush_period=PERIOD, md={"sample": "gold"}), documents).plan_result
    (start,) = documents.of("start")
    assert (start["uid"], start["plan_name"], start["detectors"]) == (uid, "fly", ["one", "two"])
    assert start["sample"] == "gold"
    for key in ("one_image", "two_image"):
        images = framestore_handlers.load(documents)["primary"][key].compute()[:, 0]
        np.testing.assert_array_equal(images, [NumberedSource().expected(k) for k in range(25)])
    with pytest.raises(ValueError, match="from 1 on"):
        run_engine(fly(cameras, 0))


def test_by_hand(make_camera, source, files):
    """Without a RunEngine; the documents are handed out also after it was unstaged."""
    camera = make_camera(source)
    camera.stage()
    camera.prepare(5).wait(10)
    assert len(files()) == 1, "the name is claimed at prepare"
    camera.kickoff().wait(10)
    camera.complete().wait(10)
    assert camera.get_index() == 5
    (resource, first), (second,) = list(camera.collect_asset_docs(3)), list(camera.collect_asset_docs(5))
    assert [first[1]["indices"], second[1]["indices"]] == [{"start": 0, "stop": 3}, {"start": 3, "stop": 5}]
    camera.kickoff().wait(10)
    camera.complete().wait(10)
    camera.unstage()
    ((name, third),) = camera.collect_asset_docs()
    assert (name, third["indices"], third["stream_resource"]) == (
        "stream_datum",
        {"start": 5, "stop": 10},
        resource[1]["uid"],
    )


@pytest.mark.parametrize(
    "value",
    [
        4,
        np.int64(4),
        {"number_of_events": 4},
        {"number_of_events": 4, "livetime": 0, "collections_per_event": 2},
        TriggerInfo(number_of_events=4),
        TriggerInfo(number_of_events=4, collections_per_event=2),
    ],
    ids=str,
)
def test_what_prepare_takes(run_engine, make_camera, documents, source, value):
    run_engine(flown([make_camera(source, frames_per_point=2)], value), documents)
    assert framestore_handlers.load(documents)["primary"]["camera_image"].shape[:2] == (4, 2)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (-1, ValueError, "must be 0 .until stopped. or more, not -1"),
        (True, TypeError, "whole number from 0"),
        (2.0, TypeError, "whole number from 0"),
        ("7", TypeError, "whole number from 0"),
        (None, TypeError, "whole number from 0"),
        ({"events": 4}, ValueError, "prepare takes a number of events"),
        ({"number_of_events": 4, "colour": "red"}, ValueError, "prepare takes a number of events"),
        (TriggerInfo(number_of_events=4, livetime=0.5), ValueError, "livetime must be 0 .*not 0.5; set camera.exp"),
        (TriggerInfo(number_of_events=4, deadtime=0.5), ValueError, "deadtime must be 0"),
        (TriggerInfo(number_of_events=4, trigger="EXTERNAL_EDGE"), ValueError, "trigger must be 'internal'"),
        (TriggerInfo(number_of_events=4, collections_per_event=3), ValueError, "collections_per_event must be 1 or 2"),
        (TriggerInfo(number_of_events=4, exposures_per_collection=3), ValueError, "exposures_per_collection must be 1"),
    ],
    ids=str,
)
def test_what_prepare_refuses(make_camera, source, value, error, message):
    camera = make_camera(source, frames_per_point=2)
    camera.stage()
    with pytest.raises(error, match=f"camera: .*{message}"):
        camera.prepare(value)
    with pytest.raises(RuntimeError, match="camera: kickoff before prepare"):
        camera.kickoff()


@pytest.mark.parametrize("verb", ["prepare", "kickoff"])
def test_datum_documents_are_refused(make_camera, source, verb):
    camera = make_camera(source, documents="datum")
    camera.stage()
    with pytest.raises(RuntimeError, match=f"camera: {verb} with documents='datum'; bluesky collects no events"):
        getattr(camera, verb)(*[3][: verb == "prepare"])


def test_verbs_before_their_time(make_camera, source, gated):
    camera = make_camera(gated)
    for verb, arguments in (("prepare", [3]), ("kickoff", [])):
        with pytest.raises(RuntimeError, match=f"camera: {verb} before stage"):
            getattr(camera, verb)(*arguments)
    with pytest.raises(RuntimeError, match="camera: complete before kickoff"):
        camera.complete()
    camera.stage()
    with pytest.raises(RuntimeError, match="camera: kickoff before prepare"):
        camera.kickoff()
    with pytest.raises(RuntimeError, match="camera: complete before kickoff"):
        camera.complete()
    camera.prepare(3).wait(10)
    camera.kickoff().wait(10)
    for verb, arguments, what in (
        ("trigger", [], "triggered"),
        ("kickoff", [], "kicked off"),
        ("prepare", [1], "prep"),
    ):
        with pytest.raises(RuntimeError, match=f"camera: {what}.* while a fly scan is under way"):
            getattr(camera, verb)(*arguments)
    gated.release(3)
    camera.complete().wait(10)
    gated.release(1)
    camera.trigger().wait(10)
    camera.unstage()
    with pytest.raises(RuntimeError, match="camera: kickoff before stage"):
        camera.kickoff()


def test_a_prepare_that_is_refused_changes_nothing(make_camera, gated):
    """The fly scan that is under way still says why it is not kicked off again, and goes on after a pause."""
    camera = make_camera(gated)
    camera.stage()
    camera.prepare(3).wait(10)
    camera.kickoff().wait(10)
    with pytest.raises(RuntimeError, match="camera: prepared while a fly scan is under way"):
        camera.prepare(1)
    with pytest.raises(RuntimeError, match="camera: kicked off while a fly scan is under way"):
        camera.kickoff()
    camera.pause()
    camera.prepare(3).wait(10)  # as a plan does that goes back behind it
    camera.kickoff().wait(10)
    gated.release(3)
    camera.complete().wait(10)
    assert camera.frames_written.get() == 3
    camera.unstage()


def test_a_staging_forgets_what_was_prepared_before(make_camera, source):
    camera = make_camera(source)
    camera.stage()
    camera.prepare(3).wait(10)
    camera.unstage()
    camera.stage()
    with pytest.raises(RuntimeError, match="camera: kickoff before prepare"):
        camera.kickoff()


def test_a_name_that_is_taken_fails_prepare(run_engine, make_camera, documents, source, folder):
    """Nothing is kicked off; with another name, it works in the same staging."""
    folder.mkdir()
    (folder / "taken.h5").write_bytes(b"precious")
    names = iter(["taken", "free"])
    camera = make_camera(source, path_provider=StaticPathProvider(lambda datakey_name=None: next(names), folder))

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        with pytest.raises(FailedStatus) as raised:
            yield from bps.prepare(camera, 4, group="first", wait=True)
        assert isinstance(raised.value.__cause__, FileExistsError)
        assert str(folder / "taken.h5") in str(raised.value.__cause__)
        with pytest.raises(RuntimeError, match="kickoff before prepare"):
            camera.kickoff()
        yield from in_a_run([camera], 4)

    run_engine(plan(), documents)
    assert (folder / "taken.h5").read_bytes() == b"precious"
    assert framestore_handlers.load(documents)["primary"]["camera_image"].shape[0] == 4


def test_progress(make_camera, gated):
    """As bluesky's progress bars take it."""
    camera = make_camera(gated, frames_per_point=2)
    camera.stage()
    camera.prepare(3).wait(10)
    camera.kickoff().wait(10)
    status, told = camera.complete(), []
    status.watch(lambda **progress: told.append((progress["current"], progress["target"], progress["unit"])))
    gated.release(6)
    status.wait(10)
    assert told[0] == (0, 6, "frames")
    assert told[-1] == (6, 6, "frames")


def test_no_numbers_are_computed_that_no_event_holds(make_camera, source):
    camera = make_camera(source)
    camera.stage()
    camera.prepare(3).wait(10)
    camera.kickoff().wait(10)
    camera.complete().wait(10)
    assert camera.mean.get() == 0
    camera.trigger().wait(10)
    assert camera.mean.get() == pytest.approx(source.expected(3).mean())


def test_a_flown_stream_hints_at_no_numbers(run_engine, make_camera, documents):
    """It has none: tables and plots would look for them in vain."""
    camera = make_camera(SimulatedSource((4, 5)))

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        yield from bps.prepare(camera, 2, wait=True)
        yield from bps.declare_stream(camera, name="flown", collect=True)
        yield from bps.kickoff(camera, wait=True)
        yield from bps.complete(camera, wait=True)
        yield from bps.collect(camera, name="flown")
        yield from bps.trigger_and_read([camera], "read")

    run_engine(plan(), documents)
    hints = {document["name"]: document["hints"]["camera"]["fields"] for document in documents.of("descriptor")}
    assert hints == {"flown": [], "read": ["camera_mean"]}
    assert camera.hints["fields"] == ["camera_mean"]
