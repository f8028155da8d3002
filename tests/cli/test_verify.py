"""What ``verify`` prints and returns, by either command line."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from slow import slow


@pytest.fixture
def gone(recorded):
    """A file of a frame of the first run."""
    texts = recorded.file(0).read_text()
    path = next(path for path in sorted((recorded.folder / "frames").glob("*_000001.tiff")) if path.name[:36] in texts)
    path.unlink()
    return path


@pytest.mark.parametrize("deep", [[], ["--deep"]], ids=["fast", "deep"])
def test_a_whole_run(command, recorded, moved, deep):
    done = command("verify", recorded.file(0), *moved, *deep)
    assert (done.exit_code, done.stderr) == (0, "")
    head, *fields = done.stdout.splitlines()
    assert head.startswith(f"run {recorded.uids[0]}: OK; ")
    assert fields == ["  primary hdf5_image: OK; 2 frames in 1 file", "  primary tiff_image: OK; 2 frames in 2 files"]


def test_a_file_that_is_gone(command, recorded, moved, gone):
    done = command("verify", recorded.file(0), *moved)
    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout.startswith(f"run {recorded.uids[0]}: FAILED")
    assert str(gone) in done.stdout
    assert "load(" not in done.stdout


def test_the_same_as_json(command, recorded, moved, gone):
    done = command("verify", recorded.file(0), "--json", *moved)
    told = json.loads(done.stdout)
    assert (done.exit_code, told["ok"], told["frames"]) == (1, False, 4)
    (finding,) = told["findings"]
    assert (finding["kind"], finding["field"], finding["path"]) == ("missing", "tiff_image", str(gone))
    assert json.loads(command("verify", recorded.file(1), "--json", *moved).stdout)["ok"]


@pytest.mark.parametrize("name", ["framestore-handlers", *slow("framestore")])
def test_a_bar_on_a_terminal_only(recorded, moved, name):
    ours, its = pty.openpty()
    script = Path(sys.executable).with_name(name)
    done = subprocess.run(
        [script, "verify", recorded.file(0), "--deep", "--json", *moved],
        stdout=subprocess.PIPE,
        stderr=its,
        check=False,
        env=os.environ | {"TERM": "xterm"},
    )
    os.close(its)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # all is read, and nobody else has it open
        pass
    os.close(ours)
    assert json.loads(done.stdout)["ok"]
    assert "100%" in shown.decode()
