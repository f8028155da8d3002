"""Files that a full disk lets nobody close: the process that has them goes on, reads others, and ends in peace.

Each is in a process of its own: HDF5 crashes where anybody comes near what it has left of such a file.
"""

import errno
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest
from written import TESTS, Written

from framestore.formats import HDF5

SIZE = 512

SHARED = f"""
import os, sys
sys.path.insert(0, {TESTS!r})
from pathlib import Path
import h5py
import numpy as np
from framestore_handlers import recover
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place
from framestore.formats import HDF5
from written import Written

disk, good = Path(sys.argv[1]), Path(sys.argv[2])

def said(action):
    try:
        action()
    except OSError as error:
        return error.errno

def files():
    return h5py.h5f.get_obj_count(h5py.h5f.OBJ_ALL, h5py.h5f.OBJ_FILE)

def fill():
    left = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes(left.f_bavail * left.f_frsize))

def read():
    frame = np.empty((1, 4, 4), "uint16")
    HDF5Frames(place=Place.of(good)).read_into(frame, 0)
    return int(frame.sum())
"""

FULL = f"""
writer = Written(HDF5(), disk / "a.h5", ({SIZE}, {SIZE}), "uint16")
def append():
    for k in range(20):
        writer.append(np.zeros(({SIZE}, {SIZE}), "uint16"), k, float(k))
        if k % 2:
            writer.flush()
print("failed", said(append), said(writer.close), files())
print("read", read())
print("again", said(writer.close), said(writer.discard), files())
"""
"""Numbers of the frames have no room, nor has what closes the file."""

ANOTHER = """
file = h5py.File(disk / "a.h5", "w")
fill()
for k in range(2000):
    file.create_group(str(k))
try:
    file.close()
except (OSError, RuntimeError):
    print("failed", files())
print("read", read())
"""
"""A file that is none of ours, and whose owner keeps what h5py has left of it."""

MEND = """
fill()
path = disk / "a.h5"
print("failed", said(lambda: recover(path)), files())
print("read", read())
(disk / "filler").unlink()
print("mended", recover(path).frames, files())
"""


@pytest.fixture
def good(tmp_path):
    """A file on another disk, of one frame whose pixels add up to 120."""
    writer = Written(HDF5(), tmp_path / "good.h5", (4, 4), "uint16")
    writer.append(np.arange(16, dtype="uint16").reshape(4, 4))
    writer.close()
    return tmp_path / "good.h5"


@pytest.fixture
def told(small_disk, good):
    """Run code in a process of its own, and hear what it says; it ends as it should, or else the test says how."""

    def run(code):
        command = [sys.executable, "-X", "faulthandler", "-c", SHARED + code, small_disk, good]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        ending = signal.Signals(-done.returncode).name if done.returncode < 0 else done.returncode
        assert ending == 0, f"it ended with {ending} after {done.stdout!r}: {done.stderr}"
        return done.stdout.splitlines()

    return run


def test_a_writer_on_a_full_disk(told):
    """It says the first error once, and leaves nothing open; whoever closes it again, or discards it, may."""
    full = errno.ENOSPC
    assert told(FULL) == [f"failed {full} {full} 0", "read 120", "again None None 0"]


def test_a_file_of_another_that_failed_to_close(told):
    """It stays open, as far as HDF5 knows; what asks which files are open leaves it alone."""
    assert told(ANOTHER) == ["failed 1", "read 120"]


def test_recovery_on_a_full_disk(told, small_disk):
    """It fails; with room for what it writes, it succeeds in the same process."""
    path = small_disk / "a.h5"
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        file.create_dataset("/entry/data/data", (600, 1), "u1", maxshape=(None, 1), chunks=(1, 1))[:] = 1
        for name in ("frame_id", "timestamp", "count_time"):
            file.create_dataset(f"/entry/instrument/detector/{name}", (1,), "f8", maxshape=(None,), chunks=(512,))
    assert told(MEND) == [f"failed {errno.ENOSPC} 0", "read 120", "mended 600 0"]
    with h5py.File(path) as file:
        assert file["/entry/instrument/detector/frame_id"].shape == (600,)
    assert list(small_disk.iterdir()) == [path]
