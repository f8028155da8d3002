"""Path providers and folders."""

import uuid
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from processes import two_processes

from framestore.paths import PathInfo, StaticPathProvider, UUIDFilenameProvider, ensure_folder
from framestore.paths.folder import makeable


def test_static_folder_with_uuid_names(tmp_path):
    provider = StaticPathProvider(UUIDFilenameProvider(), tmp_path)
    infos = [provider("camera_image") for _ in range(3)]
    assert {info.directory_path for info in infos} == {tmp_path}
    assert len({uuid.UUID(info.filename) for info in infos}) == 3


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


def test_a_link_to_nowhere_is_in_the_way(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "gone")
    with pytest.raises(NotADirectoryError, match="a file is in the way"):
        ensure_folder(tmp_path / "a" / "b")


def test_folders_behind_a_link_are_made_and_keep_its_name(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    assert ensure_folder(tmp_path / "link" / "a", -1) == tmp_path / "link" / "a"
    assert (tmp_path / "disk" / "a").is_dir()


def test_two_processes_that_make_the_same_folders(tmp_path):
    code = (
        "import sys; from pathlib import Path; from framestore.paths import ensure_folder\n"
        "print('ready', flush=True)\n"
        "for line in sys.stdin: ensure_folder(Path(line[:-1])); print('made', flush=True)"
    )
    with two_processes(code) as both:
        for k in range(100):
            folder = tmp_path / f"{k}" / "a" / "b" / "c"
            assert both(f"{folder}") == ["made", "made"]
            assert folder.is_dir()


@pytest.mark.parametrize(("folder", "depth", "count"), [("D:/a/b/c", 0, 3), ("D:/a/b/c", 1, 2), ("D:/a/b/c", -2, 2)])
def test_depth_counts_alike_on_windows(folder, depth, count):
    assert makeable(PureWindowsPath(folder), depth) == makeable(PurePosixPath(folder[2:]), depth) == count


@pytest.mark.parametrize("folder", ["D:\\data", "D:/data", "D:\\", "\\\\server\\share\\data"])
def test_a_path_of_windows_is_one_everywhere(folder):
    info = StaticPathProvider(UUIDFilenameProvider(), folder)("a")
    assert info.directory_path == PureWindowsPath(folder)
    assert info == PathInfo(folder, info.filename)
    assert info == PathInfo(PureWindowsPath(folder), info.filename)


@pytest.mark.parametrize("depth", [None, "1", 1.5])
def test_a_depth_that_is_no_number(depth):
    with pytest.raises(TypeError, match=f"create_dir_depth must be an int .*not {depth!r}"):
        PathInfo("/data", "a", depth)


@pytest.mark.parametrize("folder", [None, 7, b"/data"])
def test_a_folder_that_is_no_path(folder):
    with pytest.raises(TypeError, match=f"directory_path must be a string or a path, not {folder!r}"):
        StaticPathProvider(UUIDFilenameProvider(), folder)


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("/mnt/data", "it is no URI; write it as 'file://localhost/data/'"),
        ("D:/data", "it is no URI"),
        ("file:/data", "it is no URI"),
        ("", "it is no URI"),
        ("file://localhost/my%20data", "it holds '%'; give one that nobody has to decode"),
        ("file://localhost/a#b", "it holds '#'"),
        ("file://localhost/a\nb", r"it holds '\\n'"),
    ],
)
def test_a_directory_uri_that_is_refused(uri, error):
    with pytest.raises(ValueError, match=f"directory_uri .* is refused: {error}"):
        PathInfo("/data", "a", directory_uri=uri)


def test_a_directory_uri_that_is_no_string():
    with pytest.raises(TypeError, match="directory_uri must be a string"):
        PathInfo("/data", "a", directory_uri=Path("/data"))


@pytest.mark.parametrize("settled", [True, False], ids=["at stage", "at the first trigger"])
def test_a_camera_here_does_not_write_into_a_folder_of_windows(make_camera, source, tmp_path, monkeypatch, settled):
    monkeypatch.chdir(tmp_path)
    static = StaticPathProvider(UUIDFilenameProvider(), "D:/data")
    camera = make_camera(source, path_provider=static if settled else static.__call__)
    with pytest.raises(ValueError, match=r"folder 'D:\\\\data' is a path of Windows, .* has paths of POSIX; give"):
        camera.stage() if settled else (camera.stage(), camera.trigger())
    assert not list(tmp_path.iterdir())


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
        ("D:\\", None, "file://localhost/D:/"),
        ("\\\\server\\share\\data", None, "file://localhost//server/share/data/"),
        ("/data", "s3://bucket/x", "s3://bucket/x/"),
    ],
)
def test_directory_uri(folder, given, uri):
    assert PathInfo(folder, "a", directory_uri=given).directory_uri == uri
