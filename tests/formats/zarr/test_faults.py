"""Zarr stores, and disks that are full, processes that are killed, and what is to be on the disk."""

import os
import signal
import subprocess
import sys
import zlib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import zarr
from framestore_handlers.place import Place
from framestore_handlers.zarr import ZarrFrames
from framestore_handlers.zarr.recovery import recover
from slow import slow
from written import TESTS, Written

from framestore.formats import Zarr

KINDS = [{"shard": shard, "compression": compression} for shard in (False, True) for compression in (None, "zstd")]

ENDLESS = """
import sys
sys.path.insert(0, sys.argv[2])
import numpy as np
from pathlib import Path
from written import Written
from framestore.formats import Zarr
shard, compression = sys.argv[3] == "True", sys.argv[4] if sys.argv[4] != "None" else None
settings = Zarr(shard=shard, compression=compression)
writer = Written(settings, Path(sys.argv[1]), (300, 300), np.dtype("u2"), frames_per_point=3)
count = turn = 0
while True:
    for _ in range(3):
        frame = np.random.default_rng(count).poisson(9, (300, 300)).astype("u2")
        writer.append(frame, 100 + count, float(count))
        count += 1
    writer.flush()
    print(count, flush=True)
    turn += 1
    if turn % 5 == 0:
        count -= 6
        print(count, flush=True)
        writer.remove(count, 6)
"""


def expected(k):
    return np.random.default_rng(k).poisson(9, (300, 300)).astype("u2")


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("seed", [0, *slow(1, 2, 3)])
def test_killed_at_any_moment_every_flushed_frame_comes_back(tmp_path, kind, seed):
    """Also while frames are taken back; without repair, by the handler and by zarr-python."""
    path = tmp_path / "a.zarr"
    arguments = [sys.executable, "-c", ENDLESS, path, TESTS, str(kind["shard"]), str(kind["compression"])]
    lines = np.random.default_rng(seed).integers(1, 60)
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(lines):
            acknowledged = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        acknowledged = int([acknowledged, *process.stdout.read().splitlines()][-1])
    file = ZarrFrames(place=Place.of(path / "data"), frames_per_event=3)
    held = file.frames()
    assert acknowledged <= held
    assert held % 3 == 0
    out = np.empty((held, 300, 300), "u2")
    file.read_into(out, 0)
    group = zarr.open_group(path, mode="r")
    np.testing.assert_array_equal(group["data"][...].reshape(out.shape), out)
    np.testing.assert_array_equal(group["frame_id"][...].ravel()[:held], 100 + np.arange(held))
    for k in range(held):
        np.testing.assert_array_equal(out[k], expected(k))
    assert recover(path, dry_run=False).mended
    assert recover(path, dry_run=False).found == ()
    file.read_into(out, 0)
    np.testing.assert_array_equal(out[-1], expected(held - 1))


class Filling:
    """Frames into a store until the disk is full, in points of four."""

    def __init__(self, writer):
        self.writer = writer
        self.appended = self.flushed = 0

    def fill(self, frames):
        for frame in frames[self.appended :]:
            self.writer.append(frame, 100 + self.appended, 1.0)
            self.appended += 1
            if self.appended % 4 == 0:
                self.writer.flush()
                self.flushed = self.appended


def fill_up(path):
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_disk_that_fills_up_is_the_error_and_flushed_points_stay(small_disk, kind):
    frames = np.random.default_rng(1).integers(0, 2**16, (60, 120, 120), "u2")
    filling = Filling(Written(Zarr(**kind), small_disk / "a.zarr", (120, 120), "u2", frames_per_point=4))
    for _ in range(2):  # the second time, the disk is full already
        with pytest.raises(OSError, match="No space left") as caught:
            filling.fill(frames)
        assert caught.value.errno == 28
    assert filling.flushed >= 16
    filling.writer.remove(filling.flushed, filling.appended - filling.flushed)
    filling.writer.flush()
    filling.writer.close()
    group = zarr.open_group(small_disk / "a.zarr", mode="r")
    np.testing.assert_array_equal(group["data"][...].reshape(-1, 120, 120), frames[: filling.flushed])
    assert group["frame_id"][...].ravel().tolist() == list(range(100, 100 + filling.flushed))
    left = [path.name for path in (small_disk / "a.zarr").rglob(".*")]
    assert left == [], "what did not fit takes no room"


@pytest.mark.parametrize("room", [0, 4, 8, 16, 24, 32, 48, 64])
@pytest.mark.parametrize("shard", [False, True])
def test_a_disk_that_is_full_from_the_beginning(small_disk, room, shard):
    """Whatever fails first, no half-made store stays, and nothing but ENOSPC is said."""
    (small_disk / "filler").write_bytes(bytes(2**20 - room * 1024 - 4096))

    def write():
        with closing(Written(Zarr(shard=shard), small_disk / "a.zarr", (512, 512), "u2")) as writer:
            writer.append(np.ones((512, 512), "u2"))

    with pytest.raises(OSError, match="No space left") as caught:
        write()
    assert caught.value.errno == 28
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_a_folder_that_cannot_be_written_to(read_only):
    with pytest.raises(OSError, match=r"a\.zarr"):
        Written(Zarr(), read_only / "a.zarr", (2, 2), "u1")


@pytest.mark.parametrize("shard", [False, True])
def test_a_disk_that_is_full_when_points_become_visible(small_disk, shard):
    """The description cannot be replaced: the point is not shown, and is when there is room again."""
    writer = Written(Zarr(shard=shard), small_disk / "a.zarr", (8, 8), "u2")
    frames = np.arange(128, dtype="u2").reshape(2, 8, 8) + 1
    writer.append(frames[0])
    writer.flush()
    writer.append(frames[1])
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        fill_up(filler)
    with pytest.raises(OSError, match="No space left"):
        writer.flush()
    array = zarr.open_array(small_disk / "a.zarr/data", mode="r")
    np.testing.assert_array_equal(array[:, 0], frames[:1])
    filler.unlink()
    writer.flush()
    np.testing.assert_array_equal(zarr.open_array(small_disk / "a.zarr/data", mode="r")[:, 0], frames)
    writer.close()


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_synced_means_that_all_a_reader_needs_was_synced_in_order(tmp_path, monkeypatch, kind):
    """Contents before names, and both before the shape that shows them. Watched: nobody can pull the plug here."""
    real_fsync, calls = os.fsync, []

    def fsync(file):
        calls.append(("sync", str(Path(f"/proc/self/fd/{file}").readlink()).removeprefix(f"{tmp_path}/a.zarr")))
        real_fsync(file)

    monkeypatch.setattr(os, "fsync", fsync)
    writer = Written(Zarr(durable="synced", **kind), tmp_path / "a.zarr", (4, 4), "u2", frames_per_point=2)
    assert ("sync", str(tmp_path)) in calls, "the name of the store itself"
    assert ("sync", "") in calls, "and those of its arrays"
    calls.clear()
    for k in range(2):
        writer.append(np.ones((4, 4), "u2"), k)
    written = [path for _, path in calls]
    assert written == (["/data/.shard-0"] if kind["shard"] else ["/data/.c.0.0.0.0", "/data/.c.0.1.0.0"])
    writer.flush()
    synced = [path for _, path in calls[len(written) :]]
    for name in ("frame_id", "timestamp", "exposure_time"):
        assert synced.index(f"/{name}/c.0.0") < synced.index(f"/{name}") < synced.index(f"/{name}/zarr.json")
    assert synced[-3:] == ["/data", "/data/.zarr.json", "/data"]
    calls.clear()
    writer.flush()
    assert calls == [], "nothing new, nothing to sync"
    writer.discard()


def test_readable_syncs_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda file: pytest.fail("fsync"))
    writer = Written(Zarr(), tmp_path / "a.zarr", (4, 4), "u2")
    writer.append(np.ones((4, 4), "u2"))
    writer.close()
    assert zlib.crc32((tmp_path / "a.zarr/data/c.0.0.0.0").read_bytes()) == zlib.crc32(np.ones((4, 4), "u2"))
