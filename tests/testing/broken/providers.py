"""Path providers with one fault each."""

import time
from types import SimpleNamespace

import pytest

from framestore.paths import PathInfo, StaticPathProvider, UUIDFilenameProvider
from framestore.testing import PathProviderTests


class Counting:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    def __call__(self, datakey_name=None):
        number = self.count
        time.sleep(0)  # lets the other thread in
        self.count = number + 1
        return PathInfo(directory_path=self.folder, filename=f"scan_{number:05d}")


class TestRepeatsNames(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        return StaticPathProvider(lambda datakey_name=None: "scan", tmp_path)


class TestCountsWithoutALock(PathProviderTests):
    names = 2000

    @pytest.fixture
    def provider(self, tmp_path):
        return Counting(tmp_path)


class TestCountsInEachProcess(PathProviderTests):
    names = 20

    @pytest.fixture
    def provider(self, tmp_path):
        return StaticPathProvider(UUIDFilenameProvider(), tmp_path)

    @pytest.fixture
    def script(self):
        return (
            "import itertools\n"
            "from framestore.paths import StaticPathProvider\n"
            "numbers = itertools.count()\n"
            "provider = StaticPathProvider(lambda datakey_name=None: str(next(numbers)), '/data')"
        )


class TestGivesARelativeFolder(PathProviderTests):
    @pytest.fixture
    def provider(self):
        names = UUIDFilenameProvider()
        given = {"directory_path": "frames", "create_dir_depth": 0, "directory_uri": None}
        return lambda datakey_name=None: SimpleNamespace(filename=names(), **given)


class TestNamesByTheClock(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        names = UUIDFilenameProvider()
        given = {"directory_path": tmp_path, "create_dir_depth": 0, "directory_uri": None}
        return lambda datakey_name=None: SimpleNamespace(filename=f"10:30 {names()}", **given)


class TestGivesNoNumberOfFolders(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        names = UUIDFilenameProvider()
        given = {"directory_path": tmp_path, "create_dir_depth": None, "directory_uri": None}
        return lambda datakey_name=None: SimpleNamespace(filename=names(), **given)


class TestNeedsADataKey(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        names = UUIDFilenameProvider()
        return lambda datakey_name=None: PathInfo(tmp_path / datakey_name.upper(), names())


class TestCallsItsFolderOtherwise(PathProviderTests):
    class Kind(StaticPathProvider):
        def __call__(self, datakey_name=None):
            return PathInfo(self.directory_path / "today", super().__call__(datakey_name).filename)

    @pytest.fixture
    def provider(self, tmp_path):
        return self.Kind(UUIDFilenameProvider(), tmp_path)
