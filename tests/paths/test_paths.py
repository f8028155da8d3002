"""Path providers and folders."""

import uuid
from pathlib import PurePosixPath, PureWindowsPath

import pytest

from framestore.paths import PathInfo, StaticPathProvider, UUIDFilenameProvider, ensure_folder


def test_static_folder_with_uuid_names(tmp_path):
    provider = StaticPathProvider(UUIDFilenameProvider(), tmp_path)
    infos = [provider("camera_image") for _ in range(3)]
    assert {info.directory_path for info in infos} == {tmp_path}
    assert len({uuid.UUID(info.filename) for info in infos}) == 3


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\0b", "50%", "a#1", "a?"])
def test_names_that_documents_or_file_systems_cannot_carry_are_refused(name):
    with pytest.raises(ValueError, match="file name") as error:
        PathInfo(directory_path=PurePosixPath("/data"), filename=name)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize("folder", ["/data/50%", "/da#ta", "/data/a?b/c"])
def test_folders_that_documents_cannot_carry_are_refused_at_once(folder):
    with pytest.raises(ValueError, match="is refused"):
        StaticPathProvider(UUIDFilenameProvider(), folder)


def test_a_relative_folder_is_refused():
    with pytest.raises(ValueError, match="must be absolute, got 'data'"):
        StaticPathProvider(UUIDFilenameProvider(), "data")


@pytest.mark.parametrize(
    ("depth", "made"), [(0, True), (-3, True), (-2, True), (-1, False)], ids=["no limit", "-3", "-2", "-1"]
)
def test_depth_counts_from_the_end(tmp_path, depth, made):
    folder = tmp_path / "a" / "b"
    if made:
        assert ensure_folder(folder, depth) == folder
        assert folder.is_dir()
    else:
        with pytest.raises(FileNotFoundError, match="create_dir_depth=-1 allows to make only the last 1"):
            ensure_folder(folder, depth)
        assert not folder.parent.exists()


def test_depth_counts_from_the_root(tmp_path):
    folder = tmp_path / "a" / "b"
    index_of_a = len(tmp_path.parts) - 1  # the root has no index
    with pytest.raises(FileNotFoundError):
        ensure_folder(folder, index_of_a + 1)
    assert ensure_folder(folder, index_of_a).is_dir()


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "a").write_text("")
    for folder in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(NotADirectoryError, match="a file is in the way"):
            ensure_folder(folder)


def test_a_read_only_place(read_only):
    with pytest.raises(OSError, match="write permission") as error:
        ensure_folder(read_only)
    assert str(read_only) in str(error.value)
    with pytest.raises(OSError, match="write permission") as error:
        ensure_folder(read_only / "new")
    assert str(read_only / "new") in str(error.value)


@pytest.mark.parametrize(
    ("folder", "given", "uri"),
    [
        ("/data", "file://localhost/mnt/x", "file://localhost/mnt/x/"),
        ("/data", "file://server/x/", "file://server/x/"),
        ("/data/2026", None, "file://localhost/data/2026/"),
        ("/", None, "file://localhost/"),
        (PureWindowsPath("D:/data"), None, "file://localhost/D:/data/"),
    ],
)
def test_directory_uri(folder, given, uri):
    assert PathInfo(folder, "a", directory_uri=given).directory_uri == uri


def test_our_providers_fit_ophyd_async_s_detectors(run_engine, tmp_path, documents):
    import bluesky.plans as bp
    import framestore_handlers
    from ophyd_async.core import init_devices
    from ophyd_async.sim import PatternGenerator, SimBlobDetector

    pattern = PatternGenerator()
    pattern._period = 0
    with init_devices():
        blob = SimBlobDetector(StaticPathProvider(UUIDFilenameProvider(), tmp_path), pattern)
    run_engine(bp.count([blob], 2), documents)
    uris = {resource["uri"] for resource in documents.of("stream_resource")}
    assert all(uri.startswith(f"file://localhost{tmp_path}/") for uri in uris)
    assert framestore_handlers.load(documents)["primary"]["blob"].compute().shape == (2, 1, 240, 320)
