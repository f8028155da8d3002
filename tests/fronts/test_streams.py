"""Streams, runs and stagings: each resource belongs to one stream of one run, and holds the frames that it names."""

from itertools import product

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import framestore_handlers
import pytest
from fronts_of import FRONTS, OPHYD, OPHYD_ASYNC, OPHYD_DATUM, STREAM_FRONTS, fronts, raises
from named import Named, check_files, template_of
from scenarios import SCENARIOS, Bench, Scenario, in_one_run, rewound_to_read, shot, streams_in_turn, with_baseline
from ways import HDF5Way, JPEGWay, SavedJPEGWay, SavedNumpyWay

CAMERAS = [(HDF5Way, 1), (HDF5Way, 2), (JPEGWay, 2), (SavedJPEGWay, 1), (SavedNumpyWay, 2)]


def frames_of(benches):
    return {bench.key: bench.frames for bench in benches}


def check_file_paths(named, documents, benches):
    """The configuration in each descriptor names the first file of that stream, or the template of a series."""
    for run in documents.by_run():
        for descriptor in run.of("descriptor"):
            for bench in benches:
                stream = (descriptor["run_start"], descriptor["name"], bench.key)
                (first, *_) = [uid for uid in named.resources if stream in named.streams[uid]]
                resource, path = named.resources[first], named.path(first)
                if path.suffix != ".h5":
                    path /= template_of(resource)
                assert descriptor["configuration"][bench.name]["data"][
                    bench.front.number(bench.name, "file_path")
                ] == str(path)


def check_all(documents, folder, benches, *, unnamed_points=False):
    named = Named(documents)
    named.check()
    check_files(named, folder, frames_of(benches), unnamed_points=unnamed_points)
    check_file_paths(named, documents, benches)
    return named


@pytest.mark.parametrize("name", SCENARIOS)
@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_files_hold_what_the_documents_name(run_engine, make_camera, documents, folder, front, name):
    scenario = SCENARIOS[name]
    benches = [Bench(make_camera, kind, front, frames) for kind, frames in CAMERAS]
    scenario.play(run_engine, benches, documents)
    scenario.check(documents, benches)
    check_all(documents, folder, benches, unnamed_points=front.family == "datum" and scenario.unemitted)


@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_an_event_that_bluesky_repeats_without_a_new_trigger(run_engine, make_camera, documents, front):
    """The checkpoint was between trigger and read, the pause after the save: the same frames are of both events."""
    scenario = Scenario(plan=rewound_to_read("save"), runs=[{"primary": [0, 1, 1, 2, 3]}], seq_nums=[1, 2, 2, 3, 4])
    benches = [Bench(make_camera, kind, front, frames) for kind, frames in CAMERAS]
    scenario.play(run_engine, benches, documents)
    scenario.check(documents, benches)


@pytest.fixture
def benches(make_camera, front):
    """Cameras of several ways."""
    return [Bench(make_camera, kind, front, frames) for kind, frames in CAMERAS]


@fronts(*FRONTS)
def test_cameras_in_streams_of_their_own_in_one_plan(run_engine, documents, folder, benches):
    """In turn: each camera stays in its own."""

    def points(cameras):
        for _ in range(3):
            for camera in cameras:
                yield from shot([camera], camera.name)

    cameras = [bench.camera for bench in benches]
    run_engine(in_one_run(points)(cameras), documents)
    run = benches[-1].way.load(documents)
    for bench in benches:
        bench.check(run[bench.name][bench.key].compute(), run[bench.name][bench.mean], [0, 1, 2])
    named = Named(documents)
    named.check()
    check_files(named, folder, frames_of(benches))
    assert len(named.resources) == len(benches)


@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_cameras_of_which_some_take_darks(run_engine, documents, folder, benches):
    cameras = [bench.camera for bench in benches]

    @bpp.stage_decorator(cameras)
    @bpp.run_decorator()
    def plan():
        for _ in range(2):
            yield from shot(cameras[::2], "dark")
        for _ in range(3):
            yield from shot(cameras)

    run_engine(plan(), documents)
    run = benches[-1].way.load(documents)
    for k, bench in enumerate(benches):
        darks = 0 if k % 2 else 2
        primary = run["primary"]
        bench.check(primary[bench.key].compute(), primary[bench.mean], range(darks, darks + 3))
        if darks:
            bench.check(run["dark"][bench.key].compute(), run["dark"][bench.mean], range(2))
    named = Named(documents)
    named.check()
    check_files(named, folder, frames_of(benches))


@fronts(*STREAM_FRONTS)
@pytest.mark.parametrize("points_each", [1, 2])
@pytest.mark.parametrize("kind", [HDF5Way, SavedJPEGWay])
def test_a_plan_that_goes_back_to_an_earlier_stream_is_told(
    run_engine, make_camera, documents, kind, points_each, front
):
    bench = Bench(make_camera, kind, front, 1)
    names = [name for name in ("dark", "primary", "dark") for _ in range(points_each)]
    with raises(RuntimeError, rf"{bench.key}: the plan saved an event in a stream that the camera had lef"):
        run_engine(streams_in_turn(*names)([bench.camera]), documents)
    told_at_unstage = points_each == 1
    assert documents.of("stop")[0]["exit_status"] == ("success" if told_at_unstage else "fail")


@fronts(*STREAM_FRONTS)
def test_a_plan_that_goes_back_to_an_earlier_run_fails(run_engine, make_camera, documents, front):
    """Two runs that are open at once, and a point for each in turn.

    A known limit: bluesky itself refuses, before the camera can tell what is wrong; with the uid of the StreamResource,
    which that run does not know.
    """
    bench = Bench(make_camera, HDF5Way, front, 1)

    @bpp.stage_decorator([bench.camera])
    def plan():
        for key in "ab":
            yield from bpp.set_run_key_wrapper(bps.open_run(), key)
        for key in "aba":
            yield from bpp.set_run_key_wrapper(shot([bench.camera]), key)

    with pytest.raises(KeyError):
        run_engine(plan(), documents)


@fronts(*STREAM_FRONTS)
def test_a_camera_works_on_after_it_has_told_that(run_engine, make_camera, documents, front):
    bench = Bench(make_camera, HDF5Way, front, 1)
    with raises(RuntimeError, "the plan saved an event in a stream that the camera had left"):
        run_engine(streams_in_turn("dark", "primary", "dark")([bench.camera]))
    run_engine(streams_in_turn("dark", "primary")([bench.camera]), documents)
    run = bench.way.load(documents)
    for k, name in enumerate(("dark", "primary")):
        bench.check(run[name][bench.key].compute(), run[name][bench.mean], [3 + k])


def declared(*names):
    """A plan that declares streams before the first trigger, then takes two points in each."""

    def points(cameras):
        for name in names:
            yield from bps.declare_stream(*cameras, name=name)
        for name in names:
            for _ in range(2):
                yield from shot(cameras, name)

    return in_one_run(points)


@fronts(*FRONTS)
def test_one_stream_that_is_declared_beforehand(run_engine, documents, folder, benches):
    run_engine(declared("primary")([bench.camera for bench in benches]), documents)
    stream = benches[-1].way.load(documents)["primary"]
    for bench in benches:
        bench.check(stream[bench.key].compute(), stream[bench.mean], [0, 1])
    named = Named(documents)
    named.check()
    check_files(named, folder, frames_of(benches))
    assert len(named.resources) == len(benches)


@fronts(*STREAM_FRONTS)
def test_two_streams_that_are_declared_beforehand_are_refused(run_engine, make_camera, documents, front):
    bench = Bench(make_camera, HDF5Way, front, 1)
    with raises(RuntimeError, "declared together with another before the first trigger"):
        run_engine(declared("dark", "primary")([bench.camera]), documents)


@fronts(*FRONTS)
def test_a_stream_that_is_declared_when_the_one_before_is_complete(run_engine, documents, folder, benches):
    def points(cameras):
        for name in ("dark", "primary"):
            yield from bps.declare_stream(*cameras, name=name)
            for _ in range(2):
                yield from shot(cameras, name)

    run_engine(in_one_run(points)([bench.camera for bench in benches]), documents)
    run = benches[-1].way.load(documents)
    for k, name in enumerate(("dark", "primary")):
        for bench in benches:
            bench.check(run[name][bench.key].compute(), run[name][bench.mean], [2 * k, 2 * k + 1])
    named = Named(documents)
    named.check()
    check_files(named, folder, frames_of(benches))


@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
@pytest.mark.parametrize("when", ["before", "after", "around"])
@pytest.mark.parametrize("staged", [True, False], ids=["staged", "unstaged"])
def test_a_camera_that_is_only_read_in_a_stream_of_its_own(run_engine, documents, folder, benches, staged, when, front):
    """At the beginning and at the end of a run, as a baseline.

    A known limit: with Datum documents, such an event of a staged camera names no datum, or the last one.
    """
    run_engine(with_baseline(when, staged=staged)([bench.camera for bench in benches]), documents)
    run = benches[-1].way.load(documents)
    assert set(run.streams) == {"baseline", "primary"}
    for bench in benches:
        bench.check(run["primary"][bench.key].compute(), run["primary"][bench.mean], [0, 1, 2])
        assert len(run["baseline"][bench.mean]) == (2 if when == "around" else 1)
        assert staged or bench.key not in run["baseline"].data_keys
    if staged and front.family == "datum":
        return
    named = Named(documents)
    named.check()
    check_files(named, folder, frames_of(benches))
    assert len(named.resources) == len(benches)


@fronts(OPHYD_DATUM)
@pytest.mark.parametrize("plan", [streams_in_turn("dark", "primary", "dark"), declared("dark", "primary")])
def test_datums_do_not_tell_in_which_stream_they_went(run_engine, make_camera, documents, plan, front):
    """A known limit: bluesky does not mark a Datum when it emits it, as it does a StreamDatum.

    So nothing is raised where a plan went back to an earlier stream, or declared two beforehand, and points of two
    streams stand in one file. Each Datum names its own, and `load` gives the right frames.
    """
    benches = [Bench(make_camera, kind, front, frames) for kind, frames in CAMERAS]
    run_engine(plan([bench.camera for bench in benches]), documents)
    run = benches[-1].way.load(documents)
    assert run.streams == ["dark", "primary"]
    for name, bench in product(run, benches):
        bench.check(run[name][bench.key].compute(), run[name][bench.mean], None)
    shared = [streams for streams in Named(documents).streams.values() if len(streams) > 1]
    assert len(shared) == len(benches)


@fronts(OPHYD, OPHYD_ASYNC)
def test_frames_that_are_not_as_those_before_in_their_stream_are_refused(
    run_engine, make_camera, source, documents, front
):
    """bluesky describes a stream once in a run: nobody could read them."""
    camera = make_camera(source)

    def plan():
        for frames in (1, 3):
            yield from bps.mv(camera.frames_per_point, frames)
            yield from bps.stage(camera, wait=True)
            yield from bps.trigger_and_read([camera])
            yield from bps.unstage(camera, wait=True)

    with pytest.raises(
        RuntimeError, match=r"events of this stream have frames of the form \(1, .*\), the next one has \(3, "
    ):
        run_engine(bpp.run_wrapper(plan()), documents)
    frames = framestore_handlers.load(documents)["primary"][front.image("camera")]
    assert frames.compute().shape[:2] == (1, 1)
