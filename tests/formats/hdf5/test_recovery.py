"""What a killed writer left is cleared away: afterwards plain h5py and h5dump read the file."""

import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest
from framestore_handlers import recover
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.hdf5.superblock import Superblock
from framestore_handlers.place import Place
from written import TESTS, Written

from framestore.formats import HDF5

WAYS = [{}, {"compression": "bitshuffle-lz4"}, {"compression": "gzip", "chunk": (16, 16)}]
IMAGE = "/entry/data/data"


def frame(k):
    return np.random.default_rng(k).poisson(20, (40, 40)).astype("uint16")


def killed(path, settings, then=""):
    """Five frames, of which four are flushed, and an end by SIGKILL."""
    code = f"""
import os, signal, sys
sys.path.insert(0, {TESTS!r})
from pathlib import Path
import numpy as np
from framestore.formats import HDF5
from written import Written
writer = Written(HDF5(**{settings!r}), Path(sys.argv[1]), (40, 40), "uint16")
for k in range(5):
    writer.append(np.random.default_rng(k).poisson(20, (40, 40)).astype("uint16"), k, float(k))
    if k == 3:
        writer.flush()
{then}
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code, path], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


def check_plain(path, count, ids=None):
    """By h5py without SWMR, and by h5dump, a library of another version."""
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file[IMAGE][()], [frame(k) for k in range(count)])
        assert file["entry/data/frame_id"][()].tolist() == (ids or list(range(count)))
    shown = subprocess.run(["h5dump", "-d", IMAGE, "-H", path], capture_output=True, text=True, check=True)
    assert f"SIMPLE {{ ( {count}, 40, 40 ) / ( H5S_UNLIMITED, 40, 40 ) }}" in shown.stdout


@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_the_mark_of_a_killed_writer_is_cleared(tmp_path, settings):
    path = tmp_path / "a.h5"
    killed(path, settings)
    with pytest.raises(OSError, match="already open for write"):
        h5py.File(path)
    before = path.read_bytes()
    looked = recover(path, dry_run=True)
    assert path.read_bytes() == before
    assert (looked.frames, looked.mended, looked.found[0]) == (4, False, "its writer ended without closing it")
    mended = recover(path)
    assert (mended.frames, mended.mended, mended.found) == (4, True, looked.found)
    check_plain(path, 4)
    again = recover(path)
    assert (again.frames, again.mended, again.found) == (4, False, ())


def test_h5clear_does_the_same_to_the_head(tmp_path):
    """Bytes of the superblock, its checksum among them."""
    killed(tmp_path / "a.h5", {})
    (tmp_path / "b.h5").write_bytes((tmp_path / "a.h5").read_bytes())
    subprocess.run(["h5clear", "-s", "--increment=0", tmp_path / "b.h5"], check=True, timeout=60)
    recover(tmp_path / "a.h5")
    assert (tmp_path / "a.h5").read_bytes()[:48] == (tmp_path / "b.h5").read_bytes()[:48]


@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_rows_without_frames_are_taken_off(tmp_path, settings):
    """HDF5 would show them as zeros; and numbers without frames go with them."""
    path = tmp_path / "a.h5"
    killed(path, settings, "writer._infos.flush()\nwriter._image._id.set_extent((8, 40, 40))\nwriter._file.flush()")
    found = recover(path)
    assert (found.frames, found.mended) == (5, True)
    assert "3 of 8 frames are not whole: 5, 6, 7" in found.found
    assert "/entry/instrument/detector/frame_id has 5 rows beside 8 frames" in found.found
    check_plain(path, 5)


def test_frames_whose_numbers_were_not_written_stay(tmp_path):
    path = tmp_path / "a.h5"
    killed(path, {}, "writer._file.flush()")
    found = recover(path)
    assert (found.frames, found.mended) == (5, True)
    check_plain(path, 5, [0, 1, 2, 3, -1])
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["entry/data/timestamp"][()], [0, 1, 2, 3, np.nan])


def test_a_damaged_frame_is_told_and_left_where_it_is(tmp_path):
    """Between whole ones: taking it off would give those behind it other numbers."""
    path = tmp_path / "a.h5"
    killed(path, {"compression": "zstd"})
    with h5py.File(path, "r", swmr=True) as file:
        place = file[IMAGE].id.get_chunk_info(1)
    with path.open("r+b") as file:
        file.seek(place.byte_offset)
        file.write(bytes(place.size))
    found = recover(path)
    assert (found.frames, found.mended) == (3, False)
    assert "1 of 4 frames are not whole: 1" in found.found
    with h5py.File(path) as file:
        assert file[IMAGE].shape[0] == 4
        for k in (0, 2, 3):
            np.testing.assert_array_equal(file[IMAGE][k], frame(k))


def test_a_copy_that_broke_off_is_told_and_left_as_it_is(tmp_path):
    path = tmp_path / "a.h5"
    writer = Written(HDF5(), path, (40, 40), "uint16")
    for k in range(5):
        writer.append(frame(k), k, float(k))
    writer.close()
    content = path.read_bytes()
    path.write_bytes(content[:-100])
    found = recover(path)
    assert not found.mended
    assert found.found[0].startswith(f"it is cut off: it has {len(content) - 100} of {len(content)} bytes")
    assert path.read_bytes() == content[:-100]


def test_a_good_file_stays_as_it_is(tmp_path):
    path = tmp_path / "a.h5"
    writer = Written(HDF5(compression="lz4"), path, (40, 40), "uint16")
    for k in range(3):
        writer.append(frame(k), k, float(k))
    writer.close()
    before = path.read_bytes()
    assert (recover(path).frames, recover(path).found) == (3, ())
    assert path.read_bytes() == before


def test_a_file_that_is_being_written_is_refused(tmp_path):
    path = tmp_path / "a.h5"
    writer = Written(HDF5(), path, (40, 40), "uint16")
    writer.append(frame(0))
    writer.flush()
    with pytest.raises(BlockingIOError, match="is being written"):
        recover(path)
    writer.append(frame(1))
    writer.close()
    check_plain(path, 2, [0, 0])


@pytest.mark.parametrize("content", [b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(500)], ids=["short", "zeros"])
def test_what_cannot_be_read_is_refused(tmp_path, content):
    (tmp_path / "a.h5").write_bytes(content)
    with pytest.raises(OSError, match=r"a\.h5 cannot be read as HDF5"):
        recover(tmp_path / "a.h5")
    assert (tmp_path / "a.h5").read_bytes() == content


@pytest.mark.parametrize("step", ["Image", "describe"])
@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_a_file_whose_writer_was_killed_while_it_made_it_is_removed(tmp_path, settings, step):
    """Nobody can read it, h5py neither: there is nothing in it yet."""
    path = tmp_path / "a.h5"
    code = f"""
import os, signal, sys
sys.path.insert(0, {TESTS!r})
from pathlib import Path
import framestore.formats.hdf5.writer as module
from framestore.formats import HDF5
from written import Written
module.{step} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
Written(HDF5(**{settings!r}), Path(sys.argv[1]), (40, 40), "uint16")
"""
    done = subprocess.run([sys.executable, "-c", code, path], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(OSError, match="Unable to"):
        h5py.File(path, swmr=True)
    looked = recover(path, dry_run=True)
    assert (looked.frames, looked.mended, path.exists()) == (0, False, True)
    assert looked.found == ("it was never finished: it holds no frame",)
    assert recover(path).mended
    assert not path.exists()


def test_a_small_file_of_another_that_was_killed_stays(tmp_path):
    path = tmp_path / "a.h5"
    code = """
import os, signal, sys
import h5py
file = h5py.File(sys.argv[1], "w", libver="latest")
file["x"] = 1
file.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code, path], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert Superblock.of(Place.of(path)).being_written
    before = path.read_bytes()
    with pytest.raises(OSError, match="it was not written by framestore"):
        recover(path)
    assert path.read_bytes() == before


def test_another_s_file_is_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(OSError, match="has no frames in chunks at /entry/data/data: it was not written by framestore"):
        recover(tmp_path / "a.h5")


def test_no_recovery_is_needed_to_read(tmp_path):
    killed(tmp_path / "a.h5", {})
    assert Superblock.of(Place.of(tmp_path / "a.h5")).being_written
    out = np.empty((4, 40, 40), "uint16")
    HDF5Frames(place=Place.of(tmp_path / "a.h5")).read_into(out, 0)
    np.testing.assert_array_equal(out, [frame(k) for k in range(4)])
