"""The path providers pass the suite that users inherit for theirs."""

from itertools import count

import ophyd_async.core
import pytest

from framestore.paths import StaticPathProvider, UUIDFilenameProvider
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
