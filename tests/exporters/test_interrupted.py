"""Exports that are killed, interrupted, or run out of disk: nothing incomplete is seen, and the same call completes."""

import errno
import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tifffile
from slow import slow

from framestore.exporters import export_tiff
from framestore.exporters.journal import PREFIX

EXPORT = """
import json, sys
from framestore.exporters import export_tiff
print("ready", flush=True)
path, out, *words = sys.argv[1:]
result = export_tiff(path, out, progress=False, overwrite="overwrite" in words, stack="stack" in words)
print(json.dumps([len(result.files), result.written, result.kept]))
"""


@pytest.fixture
def many(make_run, tmp_path):
    """A run of 300 frames, and its documents in a file."""
    made = make_run(events=150, shape=(64, 64))
    made.path = tmp_path / "documents.jsonl"
    lines = [json.dumps({"name": name, "doc": document}) for name, document in made.documents]
    made.path.write_text("\n".join([*lines, ""]))
    return made


def begun(made, out, *arguments):
    command = [sys.executable, "-c", EXPORT, str(made.path), str(out), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finals(out):
    return sorted(path for path in out.glob("*.tiff") if not path.name.startswith("."))


def wait_for(files, out, process):
    deadline = time.monotonic() + 60
    while len(finals(out)) < files:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline


def kept(out):
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in finals(out)}


def check_whole(made, out, files=300):
    """Each file that has a final name holds its frame."""
    found = finals(out)
    assert len(found) == files
    for path in found:
        event, frame = map(int, path.stem.rsplit("_", 2)[1:])
        assert np.array_equal(tifffile.imread(path), made.images["primary", "det_image"][event - 1, frame])


@pytest.mark.parametrize("files", [60, *slow(1, 240)])
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
def test_killed_export_is_completed_by_the_same_call(many, out, hidden, files, by):
    process = begun(many, out)
    wait_for(files, out, process)
    process.send_signal(by)
    process.communicate(timeout=60)
    assert process.returncode != 0
    done = kept(out)
    assert len(done) < 300
    check_whole(many, out, len(done))
    left = hidden(out)
    assert [name for name in left if name.endswith(".jsonl")] == [name for name in left if name.startswith(PREFIX)][-1:]
    if by == signal.SIGINT:
        assert len(left) == 1  # what it could, it has removed itself
    listed = export_tiff(str(many.path), out, dry_run=True)
    assert listed.kept == len(done)
    result = export_tiff(str(many.path), out)
    assert (len(result.files), result.written, result.kept) == (300, 300 - len(done), len(done))
    assert kept(out).items() >= done.items()  # nothing was done again
    check_whole(many, out)
    assert hidden(out) == []
    with pytest.raises(FileExistsError):  # it is finished: the same call is a new one now
        export_tiff(str(many.path), out)


def test_killed_while_it_overwrites(many, out, hidden):
    out.mkdir()
    for seq_num in range(1, 151):
        (out / f"7_primary_det_image_{seq_num:05d}_0.tiff").write_text("old")
    process = begun(many, out, "overwrite")
    wait_for(151 + 60, out, process)
    process.kill()
    process.communicate(timeout=60)
    new = {path: stat for path, stat in kept(out).items() if path.read_bytes()[:3] != b"old"}
    result = export_tiff(str(many.path), out, overwrite=True)
    assert result.kept == len(new)
    assert kept(out).items() >= new.items()
    check_whole(many, out)
    assert hidden(out) == []


def test_killed_stack_is_never_seen(many, out, hidden):
    """The process is killed when the file that it writes has begun to grow."""
    process = begun(many, out, "stack")
    deadline = time.monotonic() + 60
    while not any(path.stat().st_size for path in out.glob(f"{PREFIX}*.tiff")):
        assert time.monotonic() < deadline
    process.kill()
    process.communicate(timeout=60)
    assert finals(out) == []
    result = export_tiff(str(many.path), out, stack=True)
    assert np.array_equal(tifffile.imread(result.files[0]), many.frames())
    assert hidden(out) == []


@pytest.mark.slow
def test_a_file_that_was_changed_meanwhile_is_not_taken_for_done(many, out):
    process = begun(many, out)
    wait_for(60, out, process)
    process.kill()
    process.communicate(timeout=60)
    changed = finals(out)[7]
    changed.write_text("mine now")
    with pytest.raises(FileExistsError, match=changed.name):
        export_tiff(str(many.path), out)
    assert changed.read_text() == "mine now"
    removed = finals(out)[5]
    removed.unlink()
    changed.unlink()
    export_tiff(str(many.path), out)
    check_whole(many, out)


@pytest.mark.slow
def test_another_export_is_not_disturbed_by_remains(many, made, out, hidden):
    process = begun(many, out)
    wait_for(60, out, process)
    process.kill()
    process.communicate(timeout=60)
    done = kept(out)
    (journal,) = out.glob(".*.jsonl")
    (out / f"{journal.stem}-299.tiff").write_bytes(b"half")
    export_tiff(made.run, out, "other_{seq_num}_{frame}.tif")
    assert hidden(out) == [journal.name]  # files that were not whole are gone, and what is done is known
    assert export_tiff(str(many.path), out).kept == len(done)
    check_whole(many, out)


def test_two_at_the_same_export(many, out):
    """The second is refused while the first goes on, and takes nothing away from it."""
    process = begun(many, out)
    wait_for(1, out, process)
    process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(BlockingIOError, match="going on already"):
            export_tiff(str(many.path), out)
        export_tiff(str(many.path), out, "other_{seq_num}_{frame}.tif")  # another export goes on beside it
    finally:
        process.send_signal(signal.SIGCONT)
    assert process.communicate(timeout=60)[0].split("\n")[1] == "[300, 300, 0]"
    check_whole(many, out)


def test_full_disk(make_run, small_disk, hidden):
    made = make_run(events=80, shape=(64, 64), frames=1)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(400_000))
    with pytest.raises(OSError, match="disk is full|No space left") as caught:
        export_tiff(made.run, small_disk, progress=False)
    assert caught.value.errno == errno.ENOSPC
    done = kept(small_disk)
    assert 0 < len(done) < 80
    assert [name for name in hidden(small_disk) if name.endswith(".tiff")] == []
    for path in done:
        assert np.array_equal(tifffile.imread(path), made.frames()[int(path.stem.split("_")[-2]) - 1])
    filler.unlink()
    result = export_tiff(made.run, small_disk, progress=False)
    assert (result.written, result.kept) == (80 - len(done), len(done))
    assert kept(small_disk).items() >= done.items()
    assert hidden(small_disk) == []


def test_read_only_folder(made, read_only):
    with pytest.raises(OSError, match="Read-only|Permission denied"):
        export_tiff(made.run, read_only / "out")


def test_missing_frames_are_reported_and_the_rest_can_follow(many, out, hidden):
    (file,) = many.folder.glob("*.h5")
    file.rename(file.with_suffix(".away"))
    with pytest.raises(FileNotFoundError, match="primary-det_image.h5"):
        export_tiff(many.run, out)
    assert finals(out) == []
    assert hidden(out) == []
    file.with_suffix(".away").rename(file)
    assert export_tiff(many.run, out).written == 300


def test_a_file_that_appears_meanwhile_is_not_replaced(many, out):
    process = begun(many, out)
    wait_for(1, out, process)
    process.send_signal(signal.SIGSTOP)
    last = out / "7_primary_det_image_00150_1.tiff"
    last.write_text("mine")
    process.send_signal(signal.SIGCONT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert f"{last} exist already" in errors
    assert last.read_text() == "mine"
    last.unlink()
    export_tiff(str(many.path), out)
    check_whole(many, out)
