"""The path providers pass the suite that users inherit for theirs."""

from itertools import count

import ophyd_async.core
import pytest

from framestore.paths import (
    AutoIncrementFilenameProvider,
    AutoIncrementingPathProvider,
    DatedPathProvider,
    StaticPathProvider,
    TemplatePathProvider,
    UUIDFilenameProvider,
)
from framestore.testing import PathProviderTests


class TestStaticFolderWithUUIDs(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        return StaticPathProvider(UUIDFilenameProvider(), tmp_path, create_dir_depth=-1)

    @pytest.fixture
    def script(self, tmp_path):
        return (
            "from framestore.paths import StaticPathProvider, UUIDFilenameProvider\n"
            f"provider = StaticPathProvider(UUIDFilenameProvider(), {str(tmp_path)!r})"
        )


class TestStaticFolderWithNumbers(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        numbers = count()
        return StaticPathProvider(lambda datakey_name=None: f"scan_{next(numbers):05d}", tmp_path / "of a day")


class TestStaticFolderElsewhere(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        return StaticPathProvider(UUIDFilenameProvider(), tmp_path, directory_uri="file://localhost/mnt/beamline")


class TestCountedNames(PathProviderTests):
    names = 5000

    @pytest.fixture
    def provider(self, tmp_path):
        return StaticPathProvider(AutoIncrementFilenameProvider("scan"), tmp_path)


class TestCountedNamesOfAFolder(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        return StaticPathProvider(AutoIncrementFilenameProvider("scan", directory_path=tmp_path), tmp_path)


class TestNumberedFolders(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        return AutoIncrementingPathProvider(lambda datakey_name=None: "frames", tmp_path, create_dir_depth=-1)

    @pytest.fixture
    def script(self, tmp_path):
        return (
            "from framestore.paths import AutoIncrementingPathProvider\n"
            f"provider = AutoIncrementingPathProvider(lambda datakey_name=None: 'frames', {str(tmp_path)!r})"
        )


class TestNumberedFoldersOfManyFiles(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        names = AutoIncrementFilenameProvider()
        return AutoIncrementingPathProvider(names, tmp_path, "file://localhost/mnt", num_calls_per_inc=7, base_name="a")

    @pytest.fixture
    def script(self, tmp_path):
        return (
            "from framestore.paths import AutoIncrementFilenameProvider, AutoIncrementingPathProvider\n"
            "names = AutoIncrementFilenameProvider()\n"
            f"provider = AutoIncrementingPathProvider(names, {str(tmp_path)!r}, num_calls_per_inc=7)"
        )


class TestDays(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        return DatedPathProvider(UUIDFilenameProvider(), tmp_path)

    @pytest.fixture
    def script(self, tmp_path):
        return (
            "from framestore.paths import DatedPathProvider, UUIDFilenameProvider\n"
            f"provider = DatedPathProvider(UUIDFilenameProvider(), {str(tmp_path)!r})"
        )


class TestTemplates(PathProviderTests):
    names = 5000

    @pytest.fixture
    def provider(self, tmp_path):
        metadata = {"scan_id": 7, "proposal": "in-1234"}
        folder = f"{tmp_path}/{{proposal}}/{{today:%Y/%m/%d}}"
        uri = "file://localhost/mnt/{proposal}/{today:%Y/%m/%d}"
        return TemplatePathProvider(folder, "{scan_id:05d}", lambda: metadata, directory_uri=uri)


class TestATemplateOfNamesAlone(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        return TemplatePathProvider(tmp_path, "{scan_id:05d}", lambda: {"scan_id": 7})


class TestOneName(PathProviderTests):
    repeats_names = True

    @pytest.fixture
    def provider(self, tmp_path):
        return StaticPathProvider(lambda datakey_name=None: "knife-edge", tmp_path)


class TestOphydAsync(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        return ophyd_async.core.StaticPathProvider(ophyd_async.core.UUIDFilenameProvider(), tmp_path)


class TestOphydAsyncWithDates(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        names = ophyd_async.core.UUIDFilenameProvider()
        return ophyd_async.core.YMDPathProvider(names, tmp_path, create_dir_depth=-4)


class TestOphydAsyncWithIncrementingFolders(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        return ophyd_async.core.AutoIncrementingPathProvider(ophyd_async.core.UUIDFilenameProvider(), tmp_path)


class TestOphydAsyncWithOneName(PathProviderTests):
    repeats_names = True

    @pytest.fixture
    def provider(self, tmp_path):
        return ophyd_async.core.StaticPathProvider(ophyd_async.core.StaticFilenameProvider("knife-edge"), tmp_path)


class TestOphydAsyncWithTheHighestNumber(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        base = ophyd_async.core.StaticPathProvider(ophyd_async.core.StaticFilenameProvider("scan"), tmp_path)
        return ophyd_async.core.AutoMaxIncrementingPathProvider(base)


class TestOphydAsyncWithNumbers(PathProviderTests):
    @pytest.fixture
    def provider(self, tmp_path):
        names = ophyd_async.core.AutoIncrementFilenameProvider("scan")
        return ophyd_async.core.StaticPathProvider(names, tmp_path)
