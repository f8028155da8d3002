"""``framestore-handlers recover`` as one meets it: what it prints, what it returns, what it leaves behind."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import framestore_handlers
import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from framestore_handlers import Recovery
from framestore_handlers.cli import main
from framestore_handlers.live import check_not_live
from framestore_handlers.remains import remains
from written import TESTS, Written

from framestore.formats import FORMATS, HDF5, chosen

SCRIPT = [str(Path(sys.executable).with_name("framestore-handlers"))]
MODULE = [sys.executable, "-m", "framestore_handlers.cli"]

KILLED = """
import os, signal, sys, numpy as np
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from framestore.formats import HDF5
from written import Written
writer = Written(HDF5(), Path(sys.argv[1]), (8, 8), np.dtype("u2"))
for k in range(5):
    writer.append(np.full((8, 8), k, "u2"), k, float(k))
writer.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="session")
def of_a_killed_camera(tmp_path_factory):
    path = tmp_path_factory.mktemp("killed") / "a.h5"
    done = subprocess.run([sys.executable, "-c", KILLED, path, TESTS], check=False)
    assert done.returncode == -signal.SIGKILL
    return path


@pytest.fixture
def killed(of_a_killed_camera, tmp_path):
    """An HDF5 file of 5 frames, of a camera that was killed."""
    return Path(shutil.copy(of_a_killed_camera, tmp_path / "killed.h5"))


@pytest.fixture
def finished(tmp_path):
    """An HDF5 file of 3 frames, closed."""
    path = tmp_path / "finished.h5"
    writer = Written(HDF5(), path, (8, 8), "u2")
    for k in range(3):
        writer.append(np.full((8, 8), k, "u2"))
    writer.close()
    return path


@pytest.fixture
def recover():
    """Call the command in this process."""
    return lambda *arguments: CliRunner().invoke(main, ["recover", *map(str, arguments)])


@pytest.mark.parametrize("command", [SCRIPT, MODULE], ids=["script", "module"])
def test_plain_tools_open_a_file_after_it(command, killed):
    with pytest.raises(OSError, match="already open for|consistency flags"):
        h5py.File(killed)
    done = subprocess.run([*command, "recover", killed], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"{killed} (hdf5): 5 frames can be read"
    assert len(lines) > 2, "what was found"
    assert lines[-1] == "  -> mended"
    assert not done.stderr
    with h5py.File(killed) as file:
        assert file["entry/data/data"][:, 0, 0].tolist() == [0, 1, 2, 3, 4]


def test_what_was_mended_is_in_order(recover, killed):
    recover(killed)
    done = recover(killed)
    assert (done.exit_code, done.output) == (0, f"{killed} (hdf5): 5 frames can be read\n  -> nothing to mend\n")


def test_a_finished_file_is_left_as_it_is(recover, finished):
    before = finished.read_bytes()
    done = recover(finished)
    assert (done.exit_code, done.output) == (0, f"{finished} (hdf5): 3 frames can be read\n  -> nothing to mend\n")
    assert finished.read_bytes() == before


def test_a_dry_run_changes_nothing(recover, killed):
    before = killed.read_bytes()
    done = recover("--dry-run", killed)
    assert done.exit_code == 1, "problems remain"
    assert done.output.endswith("  -> nothing was changed; leave out --dry-run to mend it\n")
    assert killed.read_bytes() == before
    mended = recover(killed)
    assert mended.output.splitlines()[:-1] == done.output.splitlines()[:-1], "it tells what would be mended"


def test_as_json(recover, killed, finished, tmp_path):
    (tmp_path / "notes.txt").touch()
    done = recover("--json", "--dry-run", killed, finished, tmp_path / "notes.txt")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["ok"]) == (1, False)
    broken, whole, other = told["items"]
    assert (broken["path"], broken["format"], broken["frames"], broken["mended"]) == (str(killed), "hdf5", 5, False)
    assert broken["found"]
    assert broken["outcome"] == "nothing was changed; leave out --dry-run to mend it"
    expected = {"frames": 3, "found": [], "mended": False, "outcome": "nothing to mend"}
    assert whole == {"path": str(finished), "format": "hdf5", "ok": True, **expected}
    assert set(other) == {"path", "ok", "error"}
    assert done.stderr == other["error"] + "\n"
    assert json.loads(recover("--json", killed).stdout)["ok"]


def test_as_a_function(killed):
    look = framestore_handlers.recover(str(killed), dry_run=True)
    assert (look.path, look.frames, look.mended) == (killed, 5, False)
    assert look.found
    done = framestore_handlers.recover(killed)
    assert (done.found, done.mended) == (look.found, True)
    assert framestore_handlers.recover(killed).found == ()


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]], ids=["mend", "look"])
@pytest.mark.parametrize("name", FORMATS)
def test_what_a_camera_writes_is_refused(recover, tmp_path, name, dry_run):
    settings, frame = chosen(name), np.ones((8, 8), "u1")
    writer = Written(settings, tmp_path / settings.layout.file_name("a"), frame.shape, frame.dtype)
    writer.append(frame)
    writer.flush()
    before = contents(tmp_path)
    done = recover(tmp_path, *dry_run)
    assert done.exit_code == 1
    assert re.search(r"is (being written|in use by a camera)[;,]? .*unstage", done.output), done.output
    assert str(tmp_path) in done.output
    assert contents(tmp_path) == before
    writer.append(frame)
    writer.close()
    assert recover(tmp_path).exit_code == 0


def test_a_reader_does_not_count_as_a_camera(recover, killed):
    with h5py.File(killed, "r", swmr=True), killed.open("rb"):
        check_not_live(killed)
    assert recover(killed).exit_code == 0


def test_a_file_opened_by_another_process_counts(tmp_path):
    path = tmp_path / "a.bin"
    code = "import sys; file = open(sys.argv[1], 'wb'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"open\n"
        with pytest.raises(BlockingIOError, match="is being written") as raised:
            check_not_live(path)
        assert raised.value.filename == str(path)
        writer.stdin.close()
        writer.wait(20)
    check_not_live(path)


def test_looking_does_not_disturb_one_who_opens_the_file_at_that_moment(tmp_path):
    """A lease that is broken sends a signal, which must not end this process, and the opener must not wait long."""
    path = tmp_path / "a.bin"
    path.touch()
    code = """
import sys
print("ready", flush=True)
for _ in range(20_000):
    open(sys.argv[1], "ab").close()
"""
    refused = 0
    with subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE) as opener:
        assert opener.stdout.readline() == b"ready\n"
        while opener.poll() is None:
            try:
                check_not_live(path)
            except BlockingIOError:
                refused += 1
    assert opener.returncode == 0
    assert refused, "they met"


def test_several_files_at_once_each_with_its_own_outcome(recover, killed, finished, tmp_path):
    live = tmp_path / "live.h5"
    writer = Written(HDF5(), live, (8, 8), "u2")
    other = tmp_path / "notes.txt"
    other.write_text("the shutter was open")
    done = recover(finished, other, live, killed)
    writer.close()
    assert done.exit_code == 1
    assert f"{finished} (hdf5): 3 frames" in done.output
    assert f"{other} is none, and holds none, of the files that framestore writes" in done.output
    assert f"{live} (hdf5): is being written" in done.output
    assert f"{killed} (hdf5): 5 frames" in done.output
    h5py.File(killed).close()


def test_a_folder_of_data(recover, killed, finished):
    (killed.parent / "notes.txt").write_text("the shutter was open")
    done = recover(killed.parent)
    assert done.exit_code == 0
    assert re.findall(r"^(\S+) \(hdf5\)", done.output, re.MULTILINE) == [str(finished), str(killed)]
    with pytest.raises(ValueError, match=r"holds 2 things that can be recovered, such as finished.h5 \(hdf5\)"):
        framestore_handlers.recover(killed.parent)


def test_a_folder_of_nothing(recover, tmp_path):
    done = recover(tmp_path)
    assert done.exit_code == 1
    assert "is none, and holds none, of the files that framestore writes" in done.output


def test_a_file_that_is_not_there(recover, tmp_path):
    done = recover(tmp_path / "a.h5")
    assert done.exit_code == 2
    assert "does not exist" in done.output
    with pytest.raises(FileNotFoundError) as raised:
        framestore_handlers.recover(tmp_path / "a.h5")
    assert (raised.value.errno, raised.value.filename) == (errno.ENOENT, str(tmp_path / "a.h5"))


def test_a_file_that_cannot_be_mended_because_it_cannot_be_written(recover, mount, of_a_killed_camera, tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    with mount(place, "size=1m"):
        killed = Path(shutil.copy(of_a_killed_camera, place / "killed.h5"))
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        done = recover(killed)
        assert recover("--dry-run", killed).exit_code == 1
    assert done.exit_code == 1
    assert f"{killed} (hdf5): {os.strerror(errno.EROFS)}" in done.output


@pytest.mark.parametrize("content", [b"\x89HDF\r\n\x1a\n", bytes(4096)], ids=["head only", "zeros"])
def test_a_file_that_is_no_file_is_a_problem_that_remains(recover, tmp_path, content):
    path = tmp_path / "a.h5"
    path.write_bytes(content)
    done = recover(path)
    assert done.exit_code == 1, done.output
    assert str(path) in done.output
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"", bytes(2**16)], ids=["empty", "room for its head"])
def test_a_file_whose_writer_was_killed_before_hdf5_wrote_anything_goes(recover, tmp_path, content):
    path = tmp_path / "a.h5"
    path.write_bytes(content)
    done = recover(path)
    assert done.exit_code == 0, done.output
    assert "it was never finished: it holds no frame" in done.output
    assert not path.exists()


def test_each_format_has_its_own_recovery():
    from importlib import import_module

    for name in FORMATS:
        assert callable(import_module(f"framestore_handlers.{name}.recovery").recover)


class Stub:
    """A format's recovery that finds what the test says."""

    def __init__(self, *, found=(), mended=False, frames=7):
        self.found, self.mended, self.frames, self.calls = found, mended, frames, []

    def recover(self, path, *, dry_run):
        self.calls.append((path, dry_run))
        return Recovery(path=path, frames=self.frames, found=self.found, mended=self.mended)


@pytest.fixture
def stub(monkeypatch):
    def make(name, **kwargs):
        stub, module = Stub(**kwargs), ModuleType("recovery")
        module.recover = stub.recover
        monkeypatch.setitem(sys.modules, f"framestore_handlers.{name}.recovery", module)
        return stub

    return make


@pytest.mark.parametrize(
    ("found", "mended", "code", "outcome"),
    [
        ((), False, 0, "nothing to mend"),
        (("It was marked.",), True, 0, "mended"),
        (("It was marked.", "A frame is gone."), False, 1, "not all of this could be mended"),
    ],
)
def test_what_is_printed(recover, stub, killed, found, mended, code, outcome):
    given = stub("hdf5", found=found, mended=mended, frames=1)
    done = recover(killed)
    assert done.exit_code == code
    said = [f"{killed} (hdf5): 1 frame can be read", *(f"  {sentence}" for sentence in found), f"  -> {outcome}"]
    assert done.output.splitlines() == said
    assert given.calls == [(killed, False)]


HEADS = {
    "hdf5": ("scan.nxs", b"\x89HDF\r\n\x1a\n"),
    "tiff_stack": ("scan.tif", b"II+\0\x08\0\0\0"),
    "jpeg": ("scan_000000.jpeg", b"\xff\xd8\xff\xe0"),
    "png": ("scan_000000.png", b"\x89PNG\r\n\x1a\n"),
    "tiff": ("scan_000000.tiff", b"II*\0\x08\0\0\0"),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_format_is_known_by_how_its_files_begin(tmp_path, name):
    file, head = HEADS[name]
    (tmp_path / file).write_bytes(head)
    assert [(item.format, item.path) for item in remains(tmp_path / file)] == [(name, tmp_path / file)]
    series = name in {"jpeg", "png", "tiff"}
    assert [item.path for item in remains(tmp_path)] == [tmp_path if series else tmp_path / file]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("a.h5", "hdf5"),
        ("a_000007.jpg", "jpeg"),
        (".0123.png", "png"),
        ("a_000007.tiff", "tiff"),
        (".0123.tiff", "tiff"),
        ("a.tiff", "tiff_stack"),
    ],
)
def test_a_format_is_known_by_the_name_of_a_file_that_was_only_just_begun(tmp_path, file, name):
    (tmp_path / file).touch()
    assert [item.format for item in remains(tmp_path / file)] == [name]
    (tmp_path / file).rename(tmp_path / "a.txt")
    with pytest.raises(ValueError, match="is none, and holds none"):
        remains(tmp_path / "a.txt")


def test_a_store_is_a_folder(tmp_path):
    store = tmp_path / "scan.zarr"
    store.mkdir()
    assert [(item.format, item.path) for item in remains(store)] == [("zarr", store)]
    assert [(item.format, item.path) for item in remains(tmp_path)] == [("zarr", store)]
    other = tmp_path / "other"
    other.mkdir()
    (other / "zarr.json").write_text("{}")
    assert [(item.format, item.path) for item in remains(other)] == [("zarr", other)]


def test_all_that_a_folder_holds(tmp_path):
    for file, head in HEADS.values():
        (tmp_path / file).write_bytes(head)
    (tmp_path / "scan_000001.png").write_bytes(HEADS["png"][1])
    (tmp_path / "scan.zarr").mkdir()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.h5").write_bytes(HEADS["hdf5"][1])
    assert sorted(item.format for item in remains(tmp_path)) == ["hdf5", "jpeg", "png", "tiff", "tiff_stack", "zarr"]


def test_help_says_what_it_does(recover):
    assert "No whole frame is changed or removed" in " ".join(recover("--help").output.split())
    assert recover().exit_code == 2
    assert CliRunner().invoke(main, ["--version"]).output.startswith("framestore-handlers ")
