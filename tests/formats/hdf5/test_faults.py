"""A writer that is killed, a disk that is full, a file that may not grow: what was flushed stays, the error is real."""

import errno
import os
import random
import stat
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place
from written import TESTS, Written

from framestore.formats import HDF5

WAYS = [{}, {"compression": "bitshuffle-lz4"}, {"compression": "zstd", "chunk": (100, 100)}]
SIZE = 256

# A writer in a process of its own: it says how many frames are flushed, after each third one.
WRITER = f"""
import os, resource, signal, sys
sys.path.insert(0, {TESTS!r})
from pathlib import Path
import numpy as np
from framestore.formats import HDF5
from written import Written

path, settings, limit, end = Path(sys.argv[1]), eval(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
writer = Written(HDF5(**settings), path, ({SIZE}, {SIZE}), "uint16")
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
print("flushed", 0, flush=True)
try:
    for k in range(10**6):
        writer.append(np.random.default_rng(k).integers(0, 2**12, ({SIZE}, {SIZE}), "uint16"), k, float(k), 0.5)
        if k % 3 == 2:
            writer.flush()
            print("flushed", k + 1, flush=True)
except OSError as error:
    print("failed", error.errno, flush=True)
if end == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
try:
    writer.close()
    print("closed", 0)
except OSError as error:
    print("close", error.errno)
"""


def frame(k):
    return np.random.default_rng(k).integers(0, 2**12, (SIZE, SIZE), "uint16")


def writer_process(path, settings, limit=0, end="kill"):
    command = [sys.executable, "-c", WRITER, path, repr(settings), str(limit), end]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def said(lines):
    """The last number that came with each word."""
    return {word: int(number) for word, number in (line.split() for line in lines)}


def frames_by_handler(path):
    frames = HDF5Frames(place=Place.of(path))
    for k in range(frames.frames()):
        out = np.empty((1, SIZE, SIZE), "uint16")
        frames.read_into(out, k)
        yield out[0]


def frames_by_h5py(path, *, swmr):
    with h5py.File(path, "r", swmr=swmr) as file:
        yield from file["entry/data/data"]


def check(frames, at_least):
    """They are the writer's, in order, and as many as were flushed, or more: never one that was not written."""
    count = 0
    for count, found in enumerate(frames, 1):
        np.testing.assert_array_equal(found, frame(count - 1))
    assert count >= at_least


@pytest.mark.parametrize("settings", WAYS, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_a_random_moment(tmp_path, settings, seed):
    dice = random.Random(seed)  # noqa: S311 - no secret
    lines = []
    with writer_process(tmp_path / "a.h5", settings) as process:
        lines += [process.stdout.readline() for _ in range(dice.randint(1, 12))]
        for _ in range(dice.randint(0, 200_000)):  # a moment, which is not the same in any two runs
            pass
        process.kill()
        lines += process.stdout.readlines()
    flushed = said(line for line in lines if line.endswith("\n"))["flushed"]
    check(frames_by_handler(tmp_path / "a.h5"), flushed)
    check(frames_by_h5py(tmp_path / "a.h5", swmr=True), flushed)


@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_a_disk_that_becomes_full(small_disk, settings):
    """The real error, and a file that every tool reads."""
    path = small_disk / "a.h5"
    with writer_process(path, settings, end="close") as process:
        words = said(process.stdout)
    assert process.returncode == 0
    assert (words["failed"], words["flushed"] > 0) == (errno.ENOSPC, True)
    check(frames_by_handler(path), words["flushed"])
    check(frames_by_h5py(path, swmr="close" in words), words["flushed"])


@pytest.mark.parametrize("end", ["close", "kill"])
@pytest.mark.parametrize("settings", WAYS, ids=str)
@pytest.mark.parametrize("limit", [500_000, 700_001, 1_000_000])
def test_a_file_that_may_not_grow(tmp_path, settings, limit, end):
    """As with a quota: not even its end can be set. Closed, it is a plain file of what was flushed."""
    path = tmp_path / "a.h5"
    with writer_process(path, settings, limit, end) as process:
        words = said(process.stdout)
    assert words["failed"] == errno.EFBIG
    check(frames_by_handler(path), words["flushed"])
    check(frames_by_h5py(path, swmr=True), words["flushed"])
    if end == "close":
        assert words.get("close", errno.EFBIG) == errno.EFBIG, "the first error, not HDF5's"
        check(frames_by_h5py(path, swmr=False), words["flushed"])


@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_frames_that_have_no_room_to_move_up_stay(small_disk, settings):
    """Those behind the ones that are taken out would need new places: they are tried for before anything changes."""
    path = small_disk / "a.h5"
    writer = Written(HDF5(**settings), path, (SIZE, SIZE), "uint16")
    for k in range(4):
        writer.append(frame(k), k, float(k))
    writer.flush()
    left = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(bytes((left.f_bavail - 1) * left.f_frsize))
    with pytest.raises(OSError, match="No space left") as raised:
        writer.remove(0, 1)
    assert raised.value.errno == errno.ENOSPC
    check(frames_by_handler(path), 4)
    (small_disk / "filler").unlink()
    writer.remove(3, 1)
    writer.close()
    check(frames_by_h5py(path, swmr=False), 3)


@pytest.mark.parametrize("durable", ["readable", "synced"])
def test_what_is_flushed_is_on_the_disk_where_that_is_wanted(tmp_path, monkeypatch, durable):
    """Each `fsync` is looked at: which file it is of, and how many frames another reader finds there by then."""
    synced = []
    fsync = os.fsync

    def looked_at(file):
        place = str(Path(f"/proc/self/fd/{file}").readlink())
        fsync(file)
        synced.append(
            (place, HDF5Frames(place=Place.of(path)).frames() if place == str(path) and path.stat().st_size else 0)
        )

    path = tmp_path / "a.h5"
    monkeypatch.setattr(os, "fsync", looked_at)
    writer = Written(HDF5(durable=durable), path, (4, 4), "uint8")
    for k in range(2):
        writer.append(np.zeros((4, 4), "uint8"), k)
        writer.flush()
    writer.close()
    expected = [(str(tmp_path), 0), (str(path), 1), (str(path), 2), (str(path), 2), (str(path), 2)]
    assert synced == (expected if durable == "synced" else [])


def test_permissions_and_group(tmp_path):
    group = next((number for number in os.getgroups() if number != os.getegid()), os.getegid())
    writer = Written(HDF5(mode=0o640, group=group), tmp_path / "a.h5", (4, 4), "uint8")
    writer.append(np.zeros((4, 4), "uint8"))
    for _ in range(2):
        status = (tmp_path / "a.h5").stat()
        assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o640, group)
        writer.close()
