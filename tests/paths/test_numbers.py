"""Names and folders that are numbered."""

import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import PureWindowsPath

import bluesky.plans as bp
import numpy as np
import pytest

from framestore.paths import AutoIncrementFilenameProvider, AutoIncrementingPathProvider, StaticPathProvider


def one_name(datakey_name=None):
    return "frames"


def test_names_count_up():
    names = AutoIncrementFilenameProvider("scan", max_digits=3, starting_value=8, increment=2, inc_delimeter="-")
    assert [names("camera_image") for _ in range(3)] == ["scan-008", "scan-010", "scan-012"]


@pytest.mark.parametrize("kind", ["names", "folders"])
def test_without_a_base_nothing_stands_before_the_number(tmp_path, kind):
    if kind == "names":
        assert AutoIncrementFilenameProvider()() == "00000"
    else:
        assert AutoIncrementingPathProvider(one_name, tmp_path)().directory_path == tmp_path / "00000"


def test_numbers_end_with_the_digits_that_they_may_have():
    names = AutoIncrementFilenameProvider("scan", max_digits=1, starting_value=9)
    assert names() == "scan_9"
    for _ in range(2):
        with pytest.raises(ValueError, match="number 10 .* more than max_digits=1 digits; allow more, or begin"):
            names()


@pytest.mark.parametrize(
    "taken",
    [["scan_000.h5", "scan_1.h5"], ["scan_000_000001.jpg", "scan_001_000000.jpg"], ["scan_0.h5", "scan_001 old.h5"]],
)
def test_numbers_of_files_that_are_there_are_passed_over(tmp_path, taken):
    for name in [*taken, "other_002.h5", "002.h5", "scan_.h5", "scan_x2.h5"]:
        (tmp_path / name).touch()
    names = AutoIncrementFilenameProvider("scan", 3, directory_path=tmp_path)
    assert [names(), names()] == ["scan_002", "scan_003"]


def test_a_folder_that_is_not_there_yet_has_no_numbers(tmp_path):
    assert AutoIncrementFilenameProvider("scan", directory_path=tmp_path / "a" / "b")() == "scan_00000"


@pytest.mark.parametrize("kind", ["hdf5", "jpeg"])
def test_a_session_that_is_started_again_goes_on(run_engine, make_camera, tmp_path, kind):
    for _ in range(2):
        names = AutoIncrementFilenameProvider("scan", 3, directory_path=tmp_path)
        camera = make_camera(
            lambda: np.zeros((8, 16), "uint8"),
            path_provider=StaticPathProvider(names, tmp_path),
            format=kind,
            name="camera",
        )
        for _ in range(2):
            run_engine(bp.count([camera]))
    assert [path.name[:8] for path in sorted(tmp_path.iterdir())] == [f"scan_{k:03d}" for k in range(4)]


def test_a_number_that_another_one_took_meanwhile_is_an_error_and_the_next_is_free(run_engine, make_camera, tmp_path):
    names = AutoIncrementFilenameProvider("scan", 3, directory_path=tmp_path)
    provider = StaticPathProvider(names, tmp_path)

    def too_late_once(datakey_name):
        info = provider(datakey_name)
        if info.filename == "scan_000":
            (tmp_path / f"{info.filename}.h5").write_bytes(b"theirs")
        return info

    camera = make_camera(lambda: np.zeros((8, 16), "uint8"), path_provider=too_late_once)
    with pytest.raises(FileExistsError, match=r"scan_000\.h5 exists already"):
        camera.stage(), camera.trigger().wait(10)
    camera.unstage()
    run_engine(bp.count([camera]))
    assert (tmp_path / "scan_000.h5").read_bytes() == b"theirs"
    assert (tmp_path / "scan_001.h5").stat().st_size > len(b"theirs")


@pytest.mark.parametrize("settings", [{"base_filename": "a/b"}, {"inc_delimeter": ":"}, {"base_filename": "ä" * 118}])
def test_a_base_that_makes_no_name_is_refused_at_once(settings):
    with pytest.raises(ValueError, match="file name .* is refused"):
        AutoIncrementFilenameProvider(**{"base_filename": "a"} | settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_digits": 0}, "max_digits must be a whole number from 1 to 240, not 0"),
        ({"max_digits": 10**9}, "max_digits must be"),
        ({"starting_value": -1}, "starting_value must be a whole number from 0 on, not -1"),
        ({"increment": 0}, "increment must be a whole number from 1 on, not 0"),
        ({"increment": 0.5}, "increment must be a whole number from 1 on, not 0.5"),
    ],
)
def test_numbers_that_do_not_count(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        AutoIncrementFilenameProvider(**settings)
    with pytest.raises(ValueError, match=message):
        AutoIncrementingPathProvider(one_name, tmp_path, **settings)


def test_a_folder_of_windows_cannot_be_looked_into_here():
    with pytest.raises(ValueError, match="is a path of Windows, and this machine"):
        AutoIncrementFilenameProvider("scan", directory_path="D:/data")


def test_a_folder_for_each_file(tmp_path):
    provider = AutoIncrementingPathProvider(one_name, tmp_path, "file://localhost/mnt", max_digits=3)
    infos = [provider("camera") for _ in range(2)]
    assert [info.directory_path for info in infos] == [tmp_path / "camera_000", tmp_path / "camera_001"]
    assert [info.directory_uri for info in infos] == [f"file://localhost/mnt/camera_00{k}/" for k in range(2)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["camera_000", "camera_001"]


def test_a_folder_for_several_files(tmp_path):
    provider = AutoIncrementingPathProvider(one_name, tmp_path, num_calls_per_inc=3, increment=5, base_name="day")
    folders = [provider(key).directory_path.name for key in ("a", "b", None, "a")]
    assert folders == ["day_00000", "day_00000", "day_00000", "day_00005"]


def test_a_folder_of_each_camera_for_several_files(tmp_path):
    provider = AutoIncrementingPathProvider(one_name, tmp_path, num_calls_per_inc=4)
    folders = [provider(key).directory_path.name for key in ("a", "b", "a", "b", "a")]
    assert folders == ["a_00000", "b_00000", "a_00000", "b_00000", "a_00001"]


def test_two_threads_fill_each_folder():
    provider = AutoIncrementingPathProvider(one_name, "D:\\data", num_calls_per_inc=3)
    together, interval = threading.Barrier(2, timeout=10), sys.getswitchinterval()

    def ask():
        together.wait()
        return [provider("camera").directory_path.name for _ in range(1500)]

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(2) as threads:
            futures = [threads.submit(ask) for _ in range(2)]
            counted = Counter(folder for future in futures for folder in future.result(30))
    finally:
        sys.setswitchinterval(interval)
    assert counted == {f"camera_{k:05d}": 3 for k in range(1000)}


@pytest.mark.parametrize("what", ["folder", "file", "link to nowhere"])
def test_folders_that_are_there_are_passed_over(tmp_path, what):
    for number in range(50):
        path = tmp_path / f"day_{number:05d}"
        if what == "folder":
            path.mkdir()
        elif what == "file":
            path.touch()
        else:
            path.symlink_to(tmp_path / "gone")
    provider = AutoIncrementingPathProvider(one_name, tmp_path, base_name="day")
    assert provider("camera").directory_path == tmp_path / "day_00050"


def test_the_numbered_folder_is_the_last_that_may_be_made(tmp_path):
    assert AutoIncrementingPathProvider(one_name, tmp_path, create_dir_depth=-1)().directory_path.is_dir()
    with pytest.raises(FileNotFoundError, match="create_dir_depth=-1 allows to make only the last 1 of its parts"):
        AutoIncrementingPathProvider(one_name, tmp_path / "a", create_dir_depth=-1)()
    assert not (tmp_path / "a").exists()


def test_a_place_that_cannot_be_written_to(read_only):
    with pytest.raises(OSError, match="write permission"):
        AutoIncrementingPathProvider(one_name, read_only)()


def test_a_file_where_the_folders_should_be(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(NotADirectoryError, match="a file is in the way"):
        AutoIncrementingPathProvider(one_name, tmp_path / "a")()


def test_folders_of_windows_are_counted_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    provider = AutoIncrementingPathProvider(one_name, "D:\\data", base_name="day")
    infos = [provider("camera") for _ in range(2)]
    assert [info.directory_path for info in infos] == [PureWindowsPath(f"D:/data/day_0000{k}") for k in range(2)]
    assert infos[0].directory_uri == "file://localhost/D:/data/day_00000/"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("base", ["a/b", "..", "a:", "x" * 240])
def test_a_base_name_that_makes_no_folder_is_refused_at_once(tmp_path, base):
    with pytest.raises(ValueError, match=r"numbered folder .* is refused"):
        AutoIncrementingPathProvider(one_name, tmp_path, base_name=base, inc_delimeter="/" if base == ".." else "_")


def test_a_folder_for_no_file(tmp_path):
    with pytest.raises(ValueError, match="num_calls_per_inc must be a whole number from 1 on, not 0"):
        AutoIncrementingPathProvider(one_name, tmp_path, num_calls_per_inc=0)
