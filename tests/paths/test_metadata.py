"""Scan ids in names, in a real RunEngine."""

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import pytest
from plans import fail

from framestore.paths import DatedPathProvider, RunMetadata, TemplatePathProvider


@pytest.fixture
def run(run_engine):
    metadata = RunMetadata()
    run_engine.subscribe(metadata)
    return metadata


@pytest.fixture
def by_scan_id(run, folder):
    return TemplatePathProvider(folder, "scan_{scan_id:03d}", run.get)


@pytest.fixture
def names(folder):
    return lambda: sorted(str(path.relative_to(folder)) for path in folder.rglob("*.h5"))


def check_frames(documents):
    """Each run names the file of its own scan id, and has its frames there."""
    for run in documents.by_run():
        loaded = framestore_handlers.load(run)
        for resource in run.of("stream_resource"):
            assert f"scan_{loaded.start['scan_id']:03d}" in resource["uri"]
        for stream in loaded.streams:
            assert loaded[stream]["camera_image"].compute().size


def test_each_run_has_its_scan_id(run_engine, make_camera, source, by_scan_id, documents, names):
    camera = make_camera(source, path_provider=by_scan_id)
    for _ in range(2):
        run_engine(bp.count([camera], 2), documents)
    assert names() == ["scan_001.h5", "scan_002.h5"]
    check_frames(documents)


def test_two_runs_in_one_staging(run_engine, make_camera, source, by_scan_id, documents, names):
    camera = make_camera(source, path_provider=by_scan_id)

    @bpp.stage_decorator([camera])
    def plan():
        for _ in range(2):
            yield from bpp.run_wrapper(bps.trigger_and_read([camera]))

    run_engine(plan(), documents)
    check_frames(documents)
    assert len(names()) == 2


def test_dark_frames_have_a_file_beside_the_others(run_engine, make_camera, source, by_scan_id, documents, names):
    camera = make_camera(source, path_provider=by_scan_id)

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        yield from bps.trigger_and_read([camera], name="dark")
        yield from bps.trigger_and_read([camera])

    run_engine(plan(), documents)
    assert names() == ["scan_001.h5", "scan_001_1.h5"]
    check_frames(documents)


def test_two_cameras_share_a_provider(run_engine, make_camera, numbered_source, by_scan_id, documents, names):
    cameras = [make_camera(numbered_source(), path_provider=by_scan_id, name=name) for name in ("camera", "other")]
    run_engine(bp.count(cameras, 2), documents)
    assert names() == ["scan_001.h5", "scan_001_1.h5"]
    primary = framestore_handlers.load(documents)["primary"]
    for name in ("camera", "other"):
        assert primary[f"{name}_image"].compute().shape[0] == 2


def test_metadata_of_the_plan(run_engine, make_camera, source, run, folder, names):
    provider = TemplatePathProvider(folder / "{proposal}", "{sample[name]}_{datakey_name}", run.get)
    camera = make_camera(source, path_provider=provider)
    run_engine.md["proposal"] = "in-1234"
    run_engine(bp.count([camera]), sample={"name": "Ag"})
    run_engine(bp.count([camera], md={"sample": {"name": "Au"}}))
    assert names() == ["in-1234/Ag_camera_image.h5", "in-1234/Au_camera_image.h5"]


def test_missing_metadata_fails_the_run_and_the_next_one_works(
    run_engine, make_camera, source, run, folder, documents, names
):
    camera = make_camera(source, path_provider=TemplatePathProvider(folder / "{proposal}", "{scan_id}", run.get))
    error = fail(run_engine, documents, camera)
    assert isinstance(error, KeyError)
    assert "no 'proposal' in: uid, time, " in str(error)
    run_engine(bp.count([camera]), proposal="in-1234")
    assert names() == ["in-1234/2.h5"]


def test_a_hostile_sample_fails_the_run_and_writes_nothing(run_engine, make_camera, source, run, folder, documents):
    camera = make_camera(source, path_provider=TemplatePathProvider(folder / "{sample}", "{scan_id}", run.get))
    run_engine.md["sample"] = "../../etc"
    error = fail(run_engine, documents, camera)
    assert isinstance(error, ValueError)
    assert "field 'sample' of the template" in str(error)
    assert "'../../etc' is refused" in str(error)
    assert not folder.exists()


def test_a_run_within_another(run_engine, make_camera, source, by_scan_id, names):
    inner, outer = (make_camera(source, path_provider=by_scan_id, name=name) for name in ("inner", "outer"))

    def take(camera):
        yield from bps.stage(camera)
        yield from bps.trigger_and_read([camera])
        yield from bps.unstage(camera)

    @bpp.set_run_key_decorator("inner")
    @bpp.run_decorator()
    def within():
        yield from take(inner)

    @bpp.set_run_key_decorator("outer")
    @bpp.run_decorator()
    def plan():
        yield from within()  # scan 2
        yield from take(outer)  # scan 1

    run_engine(plan())
    assert names() == ["scan_001.h5", "scan_002.h5"]


def test_after_a_run_there_is_no_scan_id(run_engine, make_camera, source, run, by_scan_id, folder):
    camera = make_camera(source, path_provider=by_scan_id)
    run_engine(bp.count([camera]))
    with pytest.raises(
        RuntimeError, match=r"no run is open .*; subscribe with RE\.subscribe\(\.\.\.\) before the plan"
    ):
        run.get()
    camera.stage()
    with pytest.raises(RuntimeError, match="no run is open"):
        camera.trigger()
    camera.unstage()
    assert [path.name for path in folder.iterdir()] == ["scan_001.h5"]


@pytest.mark.parametrize("end", ["abort", "stop", "halt", "fail"])
def test_a_run_that_ends_otherwise_is_forgotten_too(run_engine, run, end):
    from bluesky.utils import RunEngineInterrupted

    @bpp.run_decorator()
    def plan():
        yield from bps.null()
        if end == "fail":
            raise OSError("on purpose")
        yield from bps.pause()

    with pytest.raises(OSError if end == "fail" else RunEngineInterrupted):
        run_engine(plan())
    if end != "fail":
        assert run.get()["scan_id"] == 1
        getattr(run_engine, end)()
    with pytest.raises(RuntimeError, match="no run is open"):
        run.get()


def test_runs_that_overlap():
    run = RunMetadata()
    run("start", {"uid": "a", "scan_id": 1})
    run("start", {"uid": "b", "scan_id": 2})
    assert run.get()["scan_id"] == 2
    run("stop", {"run_start": "a"})
    assert run.get()["scan_id"] == 2
    run("stop", {"run_start": "b"})
    run("stop", {"run_start": "of a run before it was subscribed"})
    with pytest.raises(RuntimeError):
        run.get()


def test_what_is_given_cannot_change_the_document():
    run, start = RunMetadata(), {"uid": "a", "scan_id": 1}
    run("start", start)
    with pytest.raises(TypeError):
        run.get()["scan_id"] = 2
    assert start == {"uid": "a", "scan_id": 1}


def test_a_day_s_folder_with_scan_ids(run_engine, make_camera, source, run, tmp_path):
    from datetime import date

    days = TemplatePathProvider(
        tmp_path / "{today:%Y/%m/%d}", "{scan_id:05d}", run.get, create_dir_depth=-3, today=lambda: date(2026, 3, 1)
    )
    run_engine(bp.count([make_camera(source, path_provider=days)]))
    assert (tmp_path / "2026" / "03" / "01" / "00001.h5").is_file()
    own = DatedPathProvider(
        lambda datakey_name: f"{run.get()['scan_id']:05d}", tmp_path, today=lambda: date(2026, 3, 2)
    )
    run_engine(bp.count([make_camera(source, path_provider=own)]))
    assert (tmp_path / "2026" / "03" / "02" / "00002.h5").is_file()
