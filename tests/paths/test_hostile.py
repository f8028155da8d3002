"""Path providers that are none, that fail, hang, or run out of names, and what the camera says of it."""

import threading

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import numpy as np
import pytest
from flying import check, in_a_run
from plans import fail, works_again

from framestore.paths import (
    AutoIncrementFilenameProvider,
    AutoIncrementingPathProvider,
    DatedPathProvider,
    PathInfo,
    RunMetadata,
    StaticPathProvider,
    TemplatePathProvider,
    UUIDFilenameProvider,
)


class Listed:
    """Gives names, or raises errors, one after another."""

    def __init__(self, folder, *names):
        self._folder, self._names = folder, list(names)

    def __call__(self, datakey_name=None):
        name = self._names.pop(0)
        if isinstance(name, Exception):
            raise name
        return PathInfo(self._folder, name)


@pytest.mark.parametrize("given", ["/data", None, 7, UUIDFilenameProvider, StaticPathProvider])
def test_what_is_no_path_provider_is_refused_when_the_camera_is_made(make_camera, source, given):
    with pytest.raises(TypeError, match="path_provider must be a path provider .* such as StaticPathProvider.*, not"):
        make_camera(source, path_provider=given)


@pytest.mark.parametrize("given", [None, "/data/scan", ("/data", "scan")])
def test_what_is_no_path_info_is_named(run_engine, make_camera, source, documents, given):
    camera = make_camera(source, path_provider=lambda datakey_name=None: given)
    error = fail(run_engine, documents, camera)
    assert type(error) is TypeError
    assert "camera: the path provider <function" in str(error)
    assert f"must return a PathInfo, not {given!r}" in str(error)


def test_a_filename_provider_instead_of_a_path_provider_is_named(run_engine, make_camera, source, documents):
    error = fail(run_engine, documents, make_camera(source, path_provider=UUIDFilenameProvider()))
    assert "camera: the path provider <framestore.paths.filename.UUIDFilenameProvider" in str(error)
    assert "must return a PathInfo, not '" in str(error)


def test_one_that_runs_out_of_names_is_named(run_engine, make_camera, source, documents, folder):
    """bluesky calls it in a coroutine, where a StopIteration is lost."""
    names = iter(["a", "b"])
    camera = make_camera(source, path_provider=StaticPathProvider(lambda datakey_name=None: next(names), folder))
    run_engine(bp.count([camera]))
    run_engine(bp.count([camera]))
    error = fail(run_engine, documents, camera)
    assert type(error) is RuntimeError
    assert str(error).startswith("camera: the path provider <framestore.paths.static.StaticPathProvider")
    assert str(error).endswith("has no more names: it raised StopIteration")


def test_an_error_of_it_bears_the_name_of_the_camera(run_engine, make_camera, source, documents, folder):
    camera = make_camera(source, path_provider=Listed(folder, OSError("the database is down"), "a"))
    error = fail(run_engine, documents, camera)
    assert (type(error), str(error)) == (OSError, "the database is down")
    assert error.__notes__ == ["raised by the path provider of camera 'camera'"]
    works_again(run_engine, camera, documents)


@pytest.mark.parametrize("at", ["stage", "trigger", "prepare"])
def test_one_that_hangs_fails_in_time_and_is_named(make_camera, source, folder, at):
    """It would hold the RunEngine, whose event loop calls it: no Ctrl-C got through."""

    class Stuck(StaticPathProvider):
        where = at
        opened = threading.Event()

        @property
        def directory_path(self):
            assert self.where != "stage" or self.opened.wait(60)
            return super().directory_path

        def __call__(self, datakey_name=None):
            assert self.where == "stage" or self.opened.wait(60)
            return super().__call__(datakey_name)

    camera = make_camera(source, path_provider=Stuck(UUIDFilenameProvider(), folder), frame_timeout=0.2)
    ask = {"stage": camera.stage, "trigger": camera.trigger, "prepare": lambda: camera.prepare(3)}[at]
    if at != "stage":
        camera.stage()
    for _ in range(2 if at != "stage" else 1):  # one thread is enough
        with pytest.raises(TimeoutError, match=r"camera: the path provider <.*Stuck .* has not returned within 0.2 s"):
            ask()
        assert [thread.name for thread in threading.enumerate()].count("camera path provider") == 1
    Stuck.opened.set()
    camera.unstage()
    camera.stage()
    camera.trigger().wait(10)
    assert camera.file_path.get()


def test_a_folder_that_is_known_may_be_a_string(run_engine, make_camera, source, documents, folder):
    """As in a PathInfo; it was called a path of another system."""

    class Mine:
        create_dir_depth = 0

        def __init__(self, directory_path):
            self.directory_path = directory_path

        def __call__(self, datakey_name=None):
            return PathInfo(self.directory_path, "scan")

    camera = make_camera(source, path_provider=Mine(str(folder)))
    run_engine(bp.count([camera]), documents)
    assert (folder / "scan.h5").exists()
    with pytest.raises(ValueError, match="directory_path must be absolute, got 'data'"):
        make_camera(source, path_provider=Mine("data")).stage()


@pytest.mark.parametrize(
    ("made_by", "error"),
    [
        ("prepare", OSError("down")),
        ("prepare", ValueError("refused")),
        ("prepare", "taken"),
        ("kickoff", OSError("down")),
        ("kickoff", ValueError("refused")),
    ],
)
def test_a_fly_scan_whose_second_stream_gets_no_name_at_first(
    run_engine, make_camera, source, documents, folder, made_by, error
):
    """The plan may try again, in the same staging; the frames of both streams are where the documents say."""
    folder.mkdir()
    (folder / "taken.h5").write_bytes(b"precious")
    camera = make_camera(source, path_provider=Listed(folder, "first", error, "second"))

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        yield from in_a_run([camera], 3)
        if made_by == "kickoff":
            yield from bps.prepare(camera, 4, wait=True)  # before it is known that there is another stream
        yield from bps.declare_stream(camera, name="second", collect=True)
        with pytest.raises(Exception, match="down|refused|success=False"):
            yield from getattr(bps, made_by)(camera, *([4] if made_by == "prepare" else []), wait=True, group="one")
        if made_by == "prepare":
            with pytest.raises(RuntimeError, match="kickoff before prepare"):
                camera.kickoff()
            yield from bps.prepare(camera, 4, wait=True, group="two")
        yield from bps.kickoff(camera, wait=True)
        yield from bps.collect_while_completing([camera], [camera], flush_period=0.05, stream_name="second")

    run_engine(plan(), documents)
    check(documents)
    run = framestore_handlers.load(documents)
    assert [run[stream]["camera_image"].shape[0] for stream in ("primary", "second")] == [3, 4]
    assert (folder / "taken.h5").read_bytes() == b"precious"


def test_a_second_stream_that_gets_no_name_fails_the_run_and_harms_nothing(
    run_engine, make_camera, source, documents, folder
):
    camera = make_camera(source, path_provider=Listed(folder, "dark", OSError("down"), "again"))

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        for stream in ("dark", "dark", "primary"):
            yield from bps.trigger_and_read([camera], stream)

    with pytest.raises(OSError, match="down"):
        run_engine(plan(), documents)
    check(documents)
    run = framestore_handlers.load(documents)
    assert list(run.streams) == ["dark"]
    assert run["dark"]["camera_image"].shape[0] == 2
    works_again(run_engine, camera, documents)


@pytest.mark.parametrize("given", ["scan", None, UUIDFilenameProvider])
@pytest.mark.parametrize("make", [StaticPathProvider, DatedPathProvider, AutoIncrementingPathProvider])
def test_what_is_no_filename_provider_is_refused_at_once(folder, make, given):
    """Else the first trigger would fail, with "'str' object is not callable"."""
    with pytest.raises(TypeError, match="filename_provider must be a function .* such as UUIDFilenameProvider"):
        make(given, folder)


def test_numbers_of_numpy_count(tmp_path):
    names = AutoIncrementFilenameProvider("scan", np.int64(3), np.uint8(7), np.int32(2))
    assert [names(), names()] == ["scan_007", "scan_009"]
    info = PathInfo(tmp_path, "name", np.int64(-1))
    assert (info.create_dir_depth, type(info.create_dir_depth)) == (-1, int)


@pytest.mark.parametrize("number", [1.5, "2", None])
def test_a_folder_for_so_many_files_that_never_are_is_refused(tmp_path, number):
    """With 1.5, all files went into the first."""
    with pytest.raises(ValueError, match="num_calls_per_inc must be a whole number from 1 on, not"):
        AutoIncrementingPathProvider(UUIDFilenameProvider(), tmp_path, num_calls_per_inc=number)


def test_values_of_numpy_in_templates(tmp_path):
    values = {
        "a": np.int64(3),
        "b": np.float32(2),
        "c": np.bool_(1),
        "d": np.datetime64("2026-11-21"),
        "e": np.str_("x"),
    }
    provider = TemplatePathProvider(tmp_path, "{a:03d}_{b:.1f}_{c}_{d:%d}_{e}", lambda: values)
    assert provider().filename == "003_2.0_True_21_x"


@pytest.mark.parametrize("metadata", [None, "scan", 7, [("scan_id", 1)]])
def test_metadata_that_is_no_mapping_is_named(tmp_path, metadata):
    provider = TemplatePathProvider(tmp_path, "{scan_id}", lambda: metadata)
    with pytest.raises(TypeError, match="metadata must return a mapping of names to values; .* returned"):
        provider()


def test_run_metadata_without_its_get_is_refused_at_once(tmp_path):
    """It can be called, too: with documents."""
    with pytest.raises(TypeError, match=r"such as RunMetadata\(\)\.get, not <framestore.paths.metadata.RunMetadata"):
        TemplatePathProvider(tmp_path, "{scan_id}", RunMetadata())
