"""A folder a day."""

from datetime import date, datetime
from pathlib import PureWindowsPath

import bluesky.plans as bp
import pytest

from framestore.paths import DatedPathProvider, SettledFolder, UUIDFilenameProvider


def test_the_folder_follows_the_calendar(tmp_path):
    days = [date(2026, 1, 2), date(2026, 12, 31), date(2027, 1, 1)]
    provider = DatedPathProvider(UUIDFilenameProvider(), tmp_path, today=lambda: days[0])
    for folder in ("2026/01/02", "2026/12/31", "2027/01/01"):
        assert provider.directory_path == provider("camera").directory_path == tmp_path / folder
        days.pop(0)


def test_the_day_is_this_one_by_default(tmp_path):
    before = datetime.now().astimezone()
    folder = DatedPathProvider(UUIDFilenameProvider(), tmp_path)("camera").directory_path
    assert folder in {tmp_path / f"{day:%Y/%m/%d}" for day in (before, datetime.now().astimezone())}


def test_others_see_it_elsewhere():
    names, today = UUIDFilenameProvider(), date(2026, 11, 21)
    provider = DatedPathProvider(names, "D:\\data", "file://localhost/mnt", today=lambda: today)
    assert provider("camera").directory_path == PureWindowsPath("D:/data/2026/11/21")
    assert provider("camera").directory_uri == "file://localhost/mnt/2026/11/21/"
    assert DatedPathProvider(names, "D:\\", today=lambda: today)().directory_uri == "file://localhost/D:/2026/11/21/"


def test_the_base_has_to_be_there(run_engine, make_camera, source, tmp_path):
    (tmp_path / "data").mkdir()
    run_engine(bp.count([make_camera(source, path_provider=DatedPathProvider(lambda key: "a", tmp_path / "data"))]))
    assert [path.name for path in (tmp_path / "data").glob("*/*/*/*")] == ["a.h5"]
    camera = make_camera(source, path_provider=DatedPathProvider(lambda key: "a", tmp_path / "typo"))
    with pytest.raises(FileNotFoundError, match="typo.* allows to make only the last 3"):
        camera.stage()


def test_staging_knows_the_folder(tmp_path):
    provider = DatedPathProvider(UUIDFilenameProvider(), tmp_path)
    assert isinstance(provider, SettledFolder)
    assert provider.create_dir_depth == -3


@pytest.mark.parametrize("folder", ["data", "/data/50%"])
def test_a_folder_that_is_refused_is_refused_at_once(folder):
    with pytest.raises(ValueError, match="must be absolute|is refused"):
        DatedPathProvider(UUIDFilenameProvider(), folder)
