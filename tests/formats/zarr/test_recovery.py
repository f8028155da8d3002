"""Recovery of stores whose writer was killed, with plain zarr-python as the judge."""

import signal
import subprocess
import sys

import numpy as np
import pytest
import zarr
from framestore_handlers import MissingFileError
from framestore_handlers.place import Place
from framestore_handlers.zarr import ZarrFrames
from framestore_handlers.zarr.recovery import recover
from written import TESTS, Written

from framestore.formats import Zarr

KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
import numpy as np
from pathlib import Path
from written import Written
from framestore.formats import Zarr
shard, frames, flushed = sys.argv[3] == "True", int(sys.argv[4]), int(sys.argv[5])
writer = Written(Zarr(shard=shard), Path(sys.argv[1]), (8, 8), np.dtype("u2"), frames_per_point=2)
for k in range(frames):
    writer.append(np.full((8, 8), k + 1, "u2"), 100 + k, float(k))
    if k + 1 == flushed:
        writer.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(path, *, shard=False, frames=9, flushed=6):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, path, TESTS, str(shard), str(frames), str(flushed)], check=False
    )
    assert done.returncode == -signal.SIGKILL


def files(path):
    return {str(found.relative_to(path)): found.read_bytes() for found in path.rglob("*") if found.is_file()}


def frames_in(path):
    return zarr.open_array(path / "data", mode="r")[..., 0, 0].ravel().tolist()


@pytest.mark.parametrize("shard", [False, True])
def test_what_a_killed_writer_left_is_cleared_away(tmp_path, shard):
    path = tmp_path / "a.zarr"
    killed(path, shard=shard)
    assert frames_in(path) == [1, 2, 3, 4, 5, 6], "nothing is needed to read it"
    before = files(path)
    looked = recover(path, dry_run=True)
    assert (looked.frames, looked.mended, files(path) == before) == (6, False, True)
    assert any("files of points that nobody was told of" in sentence for sentence in looked.found)
    done = recover(path / "data", dry_run=False)
    assert (done.frames, done.found, done.mended) == (6, looked.found, True)
    assert frames_in(path) == [1, 2, 3, 4, 5, 6]
    after = files(path)
    kept = {name for name in after if name.startswith("data/c.")}
    assert kept == {f"data/c.{event}.{frame}.0.0" for event in range(3) for frame in range(1 if shard else 2)}
    assert all(after[name] == before[name] for name in after)
    assert not [name for name in after if name.rpartition("/")[2].startswith(".")]
    again = recover(path, dry_run=False)
    assert (again.frames, again.found, again.mended) == (6, (), True)


def test_a_store_that_is_in_order(tmp_path):
    path = tmp_path / "a.zarr"
    writer = Written(Zarr(), path, (2, 2), "u1")
    writer.append(np.ones((2, 2), "u1"))
    writer.close()
    before = files(path)
    assert recover(path, dry_run=False).found == ()
    assert files(path) == before


@pytest.mark.parametrize("shard", [False, True])
@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_shape_that_is_ahead_of_the_chunks_is_taken_back(tmp_path, shard, damage):
    """As a power failure may leave it."""
    path = tmp_path / "a.zarr"
    killed(path, shard=shard, frames=8, flushed=8)
    for lost in path.glob("data/c.[23].0.0.0"):
        lost.unlink() if damage == "gone" else lost.write_bytes(b"")
    (path / "data/zarr.json").chmod(0o640)
    done = recover(path, dry_run=False)
    assert (done.frames, done.mended) == (4, True)
    assert any("is said to hold 4 events, but lacks the frames of the last ones: 2 are whole" in s for s in done.found)
    group = zarr.open_group(path, mode="r")
    assert group["data"][..., 0, 0].tolist() == [[1, 2], [3, 4]]
    assert group["frame_id"][...].tolist() == [[100, 101], [102, 103]]
    assert group["timestamp"].shape == group["exposure_time"].shape == (2, 2)
    assert (path / "data/zarr.json").stat().st_mode & 0o777 == 0o640
    assert recover(path, dry_run=False).found == ()


def test_a_hole_is_told_and_what_is_behind_it_stays(tmp_path):
    path = tmp_path / "a.zarr"
    killed(path, frames=8, flushed=8)
    (path / "data/c.1.1.0.0").unlink()
    done = recover(path, dry_run=False)
    assert (done.frames, done.mended) == (6, False)
    assert any("lacks frames of event 1; copy them" in sentence for sentence in done.found)
    out = np.empty((4, 8, 8), "u2")
    ZarrFrames(place=Place.of(path)).read_into(out, 4)
    assert out[:, 0, 0].tolist() == [5, 6, 7, 8]


def test_numbers_that_are_ahead_of_the_image(tmp_path):
    """They are written first; between the two, a writer may be killed."""
    path = tmp_path / "a.zarr"
    killed(path)
    description = (path / "frame_id/zarr.json").read_text().replace(f"{3:16d}", f"{4:16d}")
    (path / "frame_id/zarr.json").write_text(description)
    assert zarr.open_array(path / "frame_id").shape == (4, 2)
    done = recover(path, dry_run=False)
    assert any("frame_id is said to hold 4 events, but the image does not: 3 are whole" in s for s in done.found)
    assert zarr.open_array(path / "frame_id")[...].tolist() == [[100, 101], [102, 103], [104, 105]]


def test_a_store_that_is_being_written_is_left_alone(tmp_path):
    path = tmp_path / "a.zarr"
    writer = Written(Zarr(), path, (2, 2), "u1")
    for _ in range(2):
        writer.append(np.ones((2, 2), "u1"))
        before = files(path)
        for dry_run in (True, False):
            with pytest.raises(OSError, match=r"is in use by a camera; unstage it.*a\.zarr"):
                recover(path, dry_run=dry_run)
        assert files(path) == before
        writer.flush()
    writer.close()
    assert recover(path, dry_run=False).found == ()


@pytest.mark.parametrize(
    "made", [[], ["zarr.json"], ["zarr.json", "frame_id/zarr.json", "timestamp/.zarr.json"]], ids=str
)
def test_a_store_whose_writer_was_killed_while_it_made_it(tmp_path, made):
    path = tmp_path / "a.zarr"
    path.mkdir()
    for name in made:
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text("{")
    looked = recover(path, dry_run=True)
    assert (looked.frames, looked.mended) == (0, False)
    assert path.exists()
    (path / "precious").write_bytes(b"precious")
    with pytest.raises(OSError, match="holds no array of frames, but precious; it was not made by framestore"):
        recover(path, dry_run=False)
    (path / "precious").unlink()
    done = recover(path, dry_run=False)
    assert (done.found, done.mended) == ((f"{path} was never finished: it holds no frame",), True)
    assert not path.exists()


def test_what_is_no_store(tmp_path):
    with pytest.raises(MissingFileError):
        recover(tmp_path / "a.zarr", dry_run=True)
    zarr.create_group(tmp_path / "b.zarr").create_array("other", shape=(3,), dtype="u1")
    with pytest.raises(OSError, match="holds no array of frames, but other"):
        recover(tmp_path / "b.zarr", dry_run=False)
    assert [found.name for found in tmp_path.iterdir()] == ["b.zarr"]
