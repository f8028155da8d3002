"""Long runs take no more memory, and no more open files, than short ones."""

import json
import subprocess
import sys
import zlib

import h5py
import hdf5plugin  # noqa: F401 - tells HDF5 of the filters
import numpy as np
import pytest
from made_hdf5 import of_files

MIB = 2**20
SHAPE = (1024, 1024)
EXPORT = """
import json, resource, sys
import hdf5plugin, imagecodecs
from framestore.exporters import export_hdf5
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
folder, settings, documents = sys.argv[1], *map(json.loads, sys.argv[2:])
most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = most()
export_hdf5(documents, folder, "out.h5", progress=False, **settings)
print(most() - before)
"""


def write(path, frames):
    """A file of frames, of which frame k is full of the rest of k by 7."""
    contents = [zlib.compress(np.full(SHAPE, number, "u2").tobytes(), 1) for number in range(7)]
    with h5py.File(path, "w") as file:
        made = file.create_dataset("entry/data/data", (frames, *SHAPE), "u2", chunks=(1, *SHAPE), compression="gzip")
        for number in range(frames):
            made.id.write_direct_chunk((number, 0, 0), contents[number % 7])


def run_of(folder, count):
    documents = of_files(folder, [count])
    documents[1][1]["data_keys"]["camera_image"]["shape"] = [1, *SHAPE]
    documents[2][1]["parameters"]["chunk_shape"] = [1, 1, *SHAPE]
    return documents


@pytest.mark.parametrize(
    ("frames", "settings"),
    [
        (600, {}),
        pytest.param(5000, {}, marks=pytest.mark.slow),
        pytest.param(5000, {"link": True}, marks=pytest.mark.slow),
        pytest.param(2000, {"compression": "bitshuffle-lz4"}, marks=pytest.mark.slow),
        pytest.param(200, {"chunks": [100, 1, 64, 64], "compression": "bitshuffle-lz4"}, marks=pytest.mark.slow),
        pytest.param(1000, {"dtype": "f4"}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_memory_does_not_grow_with_the_run(tmp_path, frames, settings):
    write(tmp_path / "0.h5", frames)
    command = [sys.executable, "-c", EXPORT, tmp_path, json.dumps(settings), json.dumps(run_of(tmp_path, frames))]

    grown = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert grown <= 150 * MIB
    with h5py.File(tmp_path / "out.h5") as file:
        found = file["primary/data/camera_image"]
        assert len(found) == frames
        for number in range(0, frames, 197):
            assert (found[number] == number % 7).all()
