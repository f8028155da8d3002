"""What framestore relies on in a path provider."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path, PurePath
from typing import ClassVar, TypeVar

import numpy as np
import pytest

from framestore.paths import PathInfo, PathProvider, SettledFolder
from framestore.paths.info import PathInfoLike

from .known import KnownSource
from .recorder import Recorder
from .round_trip import read
from .thread import OneThread

T = TypeVar("T")

_KEYS = (None, "camera_image", "camera", "Kamera 2")
"""Names of data keys, as the two fronts have them; ophyd-async asks without one, too."""

_NAMES = """
import sys
{script}
print("ready", flush=True)
sys.stdin.readline()
for _ in range({count}):
    info = provider("camera_image")
    print(info.directory_path / info.filename)
"""


class PathProviderTests:
    """Tests that a `PathProvider` passes: inherit, and return yours from a fixture ``provider``.

    Its folder should be one that the test may write to, such as pytest's ``tmp_path``. One that names files after the
    run that is open is to be given metadata of the test's: most tests ask for names without a run.
    """

    repeats_names: ClassVar[bool] = False
    """Whether it may give a name twice, as one does whose user chooses each name."""
    names: ClassVar[int] = 200
    """How many names a test asks for."""

    @pytest.fixture
    def provider(self) -> PathProvider:
        """A path provider; each test has its own."""
        msg = "return your path provider from a fixture named 'provider' of the class that inherits PathProviderTests"
        raise NotImplementedError(msg)

    @pytest.fixture
    def script(self) -> str | None:
        """Python code that makes the ``provider``, where two processes may use the same folder; None: they may not."""
        return None

    @pytest.mark.parametrize("key", _KEYS)
    def test_it_names_a_file(self, provider: PathProvider, key: str | None) -> None:
        """An absolute folder and a name, both of which documents and file systems can carry."""
        _checked(provider(key))

    def test_it_can_be_called_without_a_data_key(self, provider: PathProvider) -> None:
        """As ophyd-async's detectors may."""
        _checked(provider())

    def test_no_name_comes_twice(self, provider: PathProvider) -> None:
        """Whatever the data key."""
        self._skip_where_names_repeat()
        _check_unique([_file(provider(_KEYS[k % len(_KEYS)])) for k in range(self.names)])

    def test_no_name_comes_twice_to_two_threads(self, provider: PathProvider) -> None:
        """Cameras may ask at the same time."""
        self._skip_where_names_repeat()
        together = threading.Barrier(2, timeout=10)

        def ask() -> list[PurePath]:
            together.wait()
            return [_file(provider("camera_image")) for _ in range(self.names)]

        _check_unique(_both(ask))

    def test_no_name_comes_twice_to_two_processes(self, script: str | None) -> None:
        """Where a script makes the provider in each."""
        self._skip_where_names_repeat()
        if script is None:
            pytest.skip("there is no script that makes it in another process")
        code = _NAMES.format(script=script, count=self.names)
        _check_unique([PurePath(line) for line in _run_two(code)])

    def test_its_folder_is_the_one_that_staging_checks(self, provider: PathProvider) -> None:
        """Where it has ``directory_path`` and ``create_dir_depth``, they are those of the files that it names."""
        if not isinstance(provider, SettledFolder):
            pytest.skip("it does not know its folder before a name is asked for")
        info = provider("camera_image")
        assert Path(provider.directory_path) == Path(info.directory_path), (
            f"directory_path is {provider.directory_path}, the file goes to {info.directory_path}"
        )
        assert provider.create_dir_depth == info.create_dir_depth, (
            f"create_dir_depth is {provider.create_dir_depth}, that of the file {info.create_dir_depth}"
        )

    def test_a_camera_writes_where_it_says(self, provider: PathProvider) -> None:
        """In a run of a real RunEngine; the documents name the file, and its frames are read back."""
        plans = pytest.importorskip("bluesky.plans", reason="it needs bluesky: pip install 'framestore[ophyd]'")
        fronts = pytest.importorskip("framestore.ophyd", reason="it needs ophyd: pip install 'framestore[ophyd]'")
        from .detector.engine import Engine  # noqa: PLC0415 - it imports bluesky, which the other tests do not need

        asked: list[PathInfoLike] = []

        def noted(datakey_name: str | None = None) -> PathInfoLike:
            asked.append(provider(datakey_name))
            return asked[-1]

        source, documents = KnownSource(), Recorder()
        with Engine() as engine:
            engine.run(plans.count([fronts.Camera(source, noted, name="camera")], 2), documents)
        documents.check()
        assert len(asked) == 1, f"a run of one file asked for {len(asked)} names"
        info = _checked(asked[0])
        file = Path(info.directory_path) / f"{info.filename}.h5"
        assert file.is_file(), f"the provider said {file}, where no file is"
        assert [resource["uri"] for resource in documents.of("stream_resource")] == [f"{info.directory_uri}{file.name}"]
        np.testing.assert_array_equal(read(file).images, [source.frame(k) for k in range(2)])

    def _skip_where_names_repeat(self) -> None:
        if self.repeats_names:
            pytest.skip("it says repeats_names = True")


def _checked(given: PathInfoLike) -> PathInfo:
    """What a camera makes of it; it may be another class of the same form, such as ophyd-async's."""
    return PathInfo(
        directory_path=given.directory_path,
        filename=given.filename,
        create_dir_depth=given.create_dir_depth,
        directory_uri=given.directory_uri,
    )


def _file(info: PathInfoLike) -> PurePath:
    return info.directory_path / info.filename


def _check_unique(files: list[PurePath]) -> None:
    twice = [file for file, times in Counter(files).items() if times > 1]
    assert not twice, f"{len(twice)} of {len(files)} files were named more than once, such as {twice[0]}"


def _both(ask: Callable[[], list[T]]) -> list[T]:
    """What two threads get, that ask at the same time."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads take turns as often as they can
    try:
        with OneThread("one asks") as one, OneThread("another asks") as another:
            futures: list[Future[list[T]]] = [thread.begin(ask) for thread in (one, another)]
            return [name for future in futures for name in future.result(30)]
    finally:
        sys.setswitchinterval(interval)


def _run_two(code: str) -> list[str]:
    """What two processes print that run ``code`` at the same time, each after a line that says that it is ready."""
    command = [sys.executable, "-c", code]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - own code
        for _ in range(2)
    ]
    try:
        for process in processes:
            assert process.stdout is not None, "it is a pipe"
            assert process.stdout.readline() == "ready\n", "the script failed; see what it printed"
        printed: list[str] = []
        for process in processes:
            assert process.stdin is not None, "it is a pipe"
            process.stdin.write("\n")
            process.stdin.flush()
        for process in processes:
            printed += process.communicate(timeout=30)[0].split("\n")[:-1]
            assert process.returncode == 0, "the script failed; see what it printed"
        return printed
    finally:
        for process in processes:
            process.kill()
            process.wait()
