"""Series of files as files, in every format that has one a frame: what a kill, a power cut or a full disk leaves."""

import errno
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from framestore_handlers.layout import SeriesLayout
from written import TESTS, Written

from framestore.formats import FORMATS, chosen

SERIES = [name for name in FORMATS if isinstance(chosen(name).layout, SeriesLayout)]
SHAPE = (96, 128)
UUID = "0123456789abcdef" * 2


@pytest.fixture(params=SERIES)
def series(request, tmp_path):
    return Series(request.param, tmp_path)


def frame(k):
    return np.random.default_rng(k).integers(0, 255, SHAPE, "uint8")


class Series:
    """A format of one file a frame, and a folder."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        self.format = chosen(name)
        self.template = self.format.layout.file_name("shot")
        self.suffix = self.format.layout.suffix

    def recover(self, path, *, dry_run):
        return import_module(f"framestore_handlers.{self.name}.recovery").recover(path, dry_run=dry_run)

    def writer(self, **settings):
        return Written(FORMATS[self.name](**settings), self.folder / self.template, SHAPE, np.dtype("u1"))

    def write(self, frames, **settings):
        writer = self.writer(**settings)
        for k in range(frames):
            writer.append(frame(k), k, float(k))
        writer.flush()
        return writer

    def path(self, k):
        return self.folder / self.template.format(k)

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def expected(self, frames):
        return [self.template.format(k) for k in range(frames)]

    def leave_behind(self):
        """What a killed writer and a killed camera leave, and what only looks like it."""
        (self.folder / f".{UUID}{self.suffix}").write_bytes(b"half a frame")
        (self.folder / f".saving-{UUID}").mkdir()
        (self.folder / f".saving-{UUID}" / self.template.format(0)).write_bytes(b"of a camera")
        others = [f".{UUID}.txt", f"{UUID}{self.suffix}", f".{UUID[1:]}{self.suffix}", ".saving-mine"]
        for name in others:
            (self.folder / name).write_bytes(b"of somebody else")
        return sorted(others)


KILLED = """
import sys, numpy as np
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from framestore.formats import FORMATS
from written import Written
writer = Written(FORMATS[sys.argv[2]](), Path(sys.argv[3]), (96, 128), np.dtype("u1"))
for k in range(10**6):
    writer.append(np.random.default_rng(k).integers(0, 255, (96, 128), "uint8"), k, float(k))
    writer.flush()
    print(k, flush=True)
"""


@pytest.mark.parametrize("seed", range(5))
def test_a_writer_that_is_killed_at_any_moment_leaves_all_frames_that_it_told_of_and_no_half_one(series, seed):
    count = int(np.random.default_rng(seed).integers(40))
    command = [sys.executable, "-c", KILLED, TESTS, series.name, series.folder / series.template]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        for line in writer.stdout:
            if int(line) == count:
                writer.send_signal(signal.SIGKILL)
                break
        told = [count, *map(int, writer.stdout)][-1]
    assert writer.returncode == -signal.SIGKILL
    numbers = range(sum(not name.startswith(".") for name in series.names()))
    assert len(numbers) > told
    for k in numbers:
        read = series.format.read_back(series.path(k))
        if not series.format.lossy:
            np.testing.assert_array_equal(read, frame(k))
        assert (read.shape, read.dtype) == (SHAPE, np.uint8)
    recovered = series.recover(series.folder, dry_run=False)
    assert recovered.frames == len(numbers)
    assert series.names() == series.expected(len(numbers))


@pytest.mark.parametrize("which", ["folder", "file", "template"])
def test_recovery_clears_away_what_was_left_and_nothing_else(series, which):
    series.write(3).close()
    others = series.leave_behind()
    path = {"folder": series.folder, "file": series.path(1), "template": series.folder / series.template}[which]
    before = {name: series.folder.joinpath(name).stat() for name in series.expected(3)}
    tried = series.recover(path, dry_run=True)
    assert (tried.frames, len(tried.found), tried.mended) == (3, 2, False)
    assert len(series.names()) == 3 + 2 + len(others)
    done = series.recover(path, dry_run=False)
    assert (done.path, done.frames, done.found, done.mended) == (path, 3, tried.found, True)
    assert f".{UUID}{series.suffix} was left by a writer that was killed" in done.found[0]
    assert f".saving-{UUID} was left by a camera that was killed; files in it: 1" in done.found[1]
    assert series.names() == sorted(others + series.expected(3))
    assert {name: series.folder.joinpath(name).stat() for name in series.expected(3)} == before
    again = series.recover(path, dry_run=False)
    assert (again.frames, again.found, again.mended) == (3, (), False)


def test_recovery_tells_of_frames_that_are_not_whole_and_of_gaps_and_leaves_them(series):
    series.write(9).close()
    for k in (2, 4, 5):
        series.path(k).unlink()
    series.path(6).write_bytes(series.path(6).read_bytes()[:-20])
    before = series.path(6).read_bytes()
    done = series.recover(series.path(0), dry_run=False)
    assert (done.frames, done.mended) == (5, False)
    assert str(series.path(6)) in done.found[0]
    names = [series.template.format(k) for k in (2, 4, 5)]
    assert done.found[1:] == (
        f"{series.folder}: {names[0]} is missing",
        f"{series.folder}: {names[1]} to {names[2]} are missing",
    )
    assert series.path(6).read_bytes() == before


def test_recovery_gives_back_a_name_that_was_only_claimed(series):
    """As on a file system without hard links, where the name is claimed by an empty file."""
    series.write(3).close()
    series.path(1).write_bytes(b"")  # not the last one: a power cut has lost what was in it
    series.path(3).touch()
    done = series.recover(series.folder, dry_run=False)
    assert (done.frames, done.mended) == (2, False)
    assert [str(series.path(k)) in sentence for k, sentence in zip((1, 3), done.found, strict=True)] == [True, True]
    assert series.names() == series.expected(3)


def test_recovery_of_a_folder_looks_at_all_series_in_it_and_of_a_file_at_its_own(series):
    series.write(2).close()
    shutil.copy(series.path(0), series.folder / series.format.layout.file_name("a_000001").format(0))
    assert series.recover(series.folder, dry_run=False).frames == 3
    assert series.recover(series.path(1), dry_run=False).frames == 2
    assert series.recover(series.folder / series.format.layout.file_name("a_000001"), dry_run=False).frames == 1


def test_recovery_refuses_a_folder_that_a_writer_has_in_use(series):
    writer = series.write(2)
    others = series.leave_behind()
    for dry_run in (True, False):
        message = f"is in use by a camera; unstage it.*{re.escape(str(series.folder))}"
        with pytest.raises(BlockingIOError, match=message):
            series.recover(series.path(0), dry_run=dry_run)
    assert len(series.names()) == 2 + 2 + len(others)
    writer.append(frame(2), 2, 2.0)
    writer.close()
    assert series.recover(series.path(0), dry_run=False).mended


def test_recovery_of_what_is_not_there_or_none(series):
    with pytest.raises(FileNotFoundError, match=r"shot_000000"):
        series.recover(series.path(0), dry_run=False)
    with pytest.raises(ValueError, match=r"'notes\.txt' is refused"):
        series.recover(series.folder / "notes.txt", dry_run=False)


@pytest.mark.parametrize("end", ["close", "discard"])
def test_a_writer_lets_go_of_its_folder(series, end):
    before = len(list(Path("/proc/self/fd").iterdir()))
    getattr(series.write(1), end)()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


class Recorded:
    """What is asked of the operating system, in order: files are named as they were then."""

    def __init__(self, monkeypatch):
        self.calls = []
        fsync, link = os.fsync, os.link

        def record_fsync(file):
            self.calls.append(("fsync", Path(f"/proc/self/fd/{file}").readlink()))
            fsync(file)

        def record_link(old, new):
            self.calls.append(("link", Path(old), Path(new)))
            link(old, new)

        monkeypatch.setattr(os, "fsync", record_fsync)
        monkeypatch.setattr(os, "link", record_link)


def test_synced_frames_are_on_the_disk_before_they_get_their_name_and_their_names_when_they_are_flushed(
    series, monkeypatch
):
    """A power cut cannot be had in a test: what is asked of the operating system is looked at."""
    writer = series.writer(durable="synced")
    recorded = Recorded(monkeypatch)
    writer.append(frame(0), 0, 0.0)
    (synced, scratch), (linked, old, new) = recorded.calls
    assert (synced, linked, new) == ("fsync", "link", series.path(0))
    assert scratch == old
    writer.flush()
    assert recorded.calls[2:] == [("fsync", series.folder)]


def test_synced_files_of_a_camera_are_on_the_disk_before_they_get_their_name(series, monkeypatch):
    saved = series.folder / "of the camera"
    series.write(1).close()
    series.path(0).rename(saved)
    writer = series.writer(durable="synced")
    recorded = Recorded(monkeypatch)
    writer.adopt(saved)
    assert recorded.calls == [("fsync", saved), ("link", saved, series.path(0))]


def test_readable_frames_wait_for_no_disk(series, monkeypatch):
    recorded = Recorded(monkeypatch)
    series.write(2).close()
    assert {call[0] for call in recorded.calls} == {"link"}


@pytest.mark.parametrize("way", ["append", "adopt", "copy_to"])
def test_files_have_the_mode_and_group_that_were_asked_for(series, way, monkeypatch):
    group = 12345 if os.geteuid() == 0 else os.getgroups()[-1]
    settings = {"mode": 0o604, "group": group}
    before = os.umask(0o077)
    try:
        if way == "append":
            series.write(1, **settings)
        elif way == "adopt":
            series.write(1).close()
            saved = series.path(0).rename(series.folder / "of the camera")
            series.writer(**settings).adopt(saved)
        else:
            elsewhere = Series(series.name, series.folder / "elsewhere")
            elsewhere.folder.mkdir()
            elsewhere.write(1, **settings).copy_to(series.writer(**settings), 0)
    finally:
        os.umask(before)
    status = series.path(0).stat()
    assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o604, group)


def fill(writer):
    for k in range(1000):
        writer.append(frame(k), k, float(k))


@pytest.mark.parametrize("name", SERIES)
def test_a_full_disk_says_so_and_leaves_whole_files_only(small_disk, name):
    series = Series(name, small_disk)
    writer = series.writer()
    with pytest.raises(OSError, match="No space left on device") as raised:
        fill(writer)
    assert raised.value.errno == errno.ENOSPC
    count = len(series.names())
    assert count > 20
    assert series.names() == series.expected(count)
    assert {series.format.read_back(series.path(k)).shape for k in range(count)} == {SHAPE}
    series.path(0).unlink()  # there is room again: the series goes on
    writer.append(frame(count), count, float(count))
    writer.close()
    assert series.format.read_back(series.path(count)).shape == SHAPE
