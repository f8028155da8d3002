"""What all tests share: a source whose frames are known, a recorder that checks documents, cameras, a RunEngine."""

import copy
import json
import os
import signal
import subprocess
import threading
from contextlib import contextmanager
from importlib.util import find_spec

import event_model
import pytest
from fronts_of import OPHYD, OPHYD_ASYNC
from numbered import NumberedSource
from ways import FEW, WAYS

from framestore.paths import StaticPathProvider, UUIDFilenameProvider

# The test run executes these in an environment of their own, the one that has databroker 1.x.
collect_ignore = [] if find_spec("databroker") else ["databroker1"]

# A shell lets what it runs in the background ignore Ctrl-C, and children inherit that: tests send it to theirs.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Recorder:
    """Documents of runs, each valid by event-model's JSON schema and plain JSON, as they were when emitted."""

    def __init__(self):
        self.pairs = []

    def __call__(self, name, doc):
        event_model.schema_validators[event_model.DocumentNames[name]].validate(doc)
        json.dumps(doc)
        self.pairs.append((name, copy.deepcopy(doc)))

    def __iter__(self):
        return iter(self.pairs)

    def clear(self):
        self.pairs.clear()

    def of(self, *names):
        return [doc for name, doc in self if name in names]

    @property
    def names(self):
        return [name for name, _ in self]

    def by_run(self):
        """One Recorder a run, in order."""
        runs = []
        for name, doc in self:
            if name == "start":
                runs.append(Recorder())
            runs[-1].pairs.append((name, doc))
        return runs


@pytest.fixture
def source():
    return NumberedSource()


@pytest.fixture
def numbered_source():
    return NumberedSource


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "frames"


@pytest.fixture(params=FEW)
def way(request):
    """A way of frames into files, with frames of (8, 16) uint8 that are known; ``every_way`` marks tests of all."""
    return WAYS[request.param](NumberedSource((8, 16), "uint8"))


@pytest.fixture
def documents():
    return Recorder()


@pytest.fixture
def run_engine():
    from bluesky import RunEngine

    engine = RunEngine({}, call_returns_result=True)
    engine.subscribe(Recorder())  # every document of every plan is checked, whatever the test looks at
    yield engine
    if engine.state != "idle":
        engine.halt()
    engine.loop.call_soon_threadsafe(engine.loop.stop)


@pytest.fixture
def front(request):
    """The front of the cameras; `fronts_of.fronts` marks tests of others than ophyd's."""
    return getattr(request, "param", OPHYD)


@pytest.fixture
def make_camera(request, folder, front):
    """Cameras in one folder, unstaged at the end; no thread of theirs may be left then."""
    if front is OPHYD_ASYNC:
        request.getfixturevalue("run_engine")  # they are unstaged before it ends
    cameras = []

    def make(source, **settings):
        provider = settings.pop("path_provider", StaticPathProvider(UUIDFilenameProvider(), folder))
        camera = settings.pop("kind_of_camera", front.make)(source, provider, **settings)
        cameras.append(camera)
        return camera

    yield make
    for camera in cameras:
        front.unstage(camera)
    assert not camera_threads(), "a camera left a thread behind"


def camera_threads():
    endings = (" reader", " writer", " statistics")
    return [thread.name for thread in threading.enumerate() if thread.name.endswith(endings)]


@pytest.fixture
def threads_of_cameras():
    return camera_threads


@pytest.fixture
def files(folder):
    """The data files that there are."""
    return lambda: sorted(folder.glob("*.h5"))


@pytest.fixture
def read_only(tmp_path):
    """A folder that nobody can write to: root cannot either, on a file system mounted read-only."""
    place = tmp_path / "read_only"
    place.mkdir()
    if os.geteuid() != 0:
        place.chmod(0o555)
        yield place
        place.chmod(0o755)
        return
    with mounted(place, "ro,size=1m"):
        yield place


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of 1 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    with mounted(place, "size=1m"):
        yield place


@pytest.fixture
def mount():
    """Mount a file system in memory, for as long as a `with` block lasts."""
    return mounted


@contextmanager
def mounted(place, options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", place], check=True)
