"""The HDF5 writer, read by plain h5py, in other processes, and by nexusformat."""

import os
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest
from written import TESTS, Written

from framestore.formats import HDF5

DTYPES = ["bool", "uint8", "int8", "uint16", ">u2", "int32", "uint64", "float32", "float64"]
SHAPES = [(1, 1), (3, 5), (4, 6, 3), (9,)]


def frames_of(dtype, shape, count):
    random = np.random.default_rng(1)
    return (random.random((count, *shape)) * 200).astype(dtype)


def write(path, frames, **kwargs):
    writer = Written(HDF5(), path, frames.shape[1:], frames.dtype)
    for k, frame in enumerate(frames):
        writer.append(np.ascontiguousarray(frame), 100 + k, 1e9 + k)
    return writer


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_plain_h5py_reads_what_was_written(tmp_path, dtype, shape):
    frames = frames_of(dtype, shape, 5)
    write(tmp_path / "a.h5", frames).close()
    with h5py.File(tmp_path / "a.h5") as file:
        data = file["/entry/data/data"]
        assert data.dtype == np.dtype(dtype)
        assert data.chunks == (1, *shape)
        np.testing.assert_array_equal(data[()], frames)
        np.testing.assert_array_equal(file["/entry/instrument/detector/frame_id"][()], 100 + np.arange(5))
        np.testing.assert_array_equal(file["/entry/instrument/detector/timestamp"][()], 1e9 + np.arange(5))


@pytest.mark.parametrize("count", [1, 6])
def test_a_file_ends_where_its_head_says(tmp_path, count):
    """So whatever is cut off its end is missed: HDF5 itself leaves bytes there that it does not need."""
    path = tmp_path / "a.h5"
    frames = frames_of("uint16", (12, 16), count)
    writer = Written(HDF5(), path, (12, 16), frames.dtype)
    for k, frame in enumerate(frames):
        writer.append(frame, k, 1e9 + k)
        writer.flush()
    writer.close()
    content = path.read_bytes()
    assert len(content) == int.from_bytes(content[28:36], "little")
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["/entry/data/data"][()], frames)
    path.write_bytes(content[:-1])
    with pytest.raises(OSError, match="truncated file"):
        h5py.File(path)


def test_another_process_reads_along(tmp_path):
    """A reader that stays open sees each flushed frame, and never more rows than were flushed."""
    code = """
import sys, h5py
file = h5py.File(sys.argv[1], "r", swmr=True)
data, ids = file["/entry/data/data"], file["/entry/instrument/detector/frame_id"]
print("open", flush=True)
for line in sys.stdin:
    data.refresh(); ids.refresh()
    print(data.shape[0], ids.shape[0], int(data[-1].sum()) if data.shape[0] else -1, flush=True)
"""
    frames = frames_of("uint16", (8, 8), 4)
    path = tmp_path / "a.h5"
    writer = Written(HDF5(), path, (8, 8), frames.dtype)
    with subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:

        def look():
            reader.stdin.write("\n")
            reader.stdin.flush()
            return [int(word) for word in reader.stdout.readline().split()]

        assert reader.stdout.readline() == "open\n"
        assert look() == [0, 0, -1]
        for k, frame in enumerate(frames):
            writer.append(frame, k, 0.0)
            assert look()[0] <= k + 1
            writer.flush()
            assert look() == [k + 1, k + 1, int(frame.sum())]
        writer.remove(2, 2)
        assert look() == [2, 2, int(frames[1].sum())]
        writer.append(frames[3], 3, 0.0)
        writer.flush()
        assert look() == [3, 3, int(frames[3].sum())]
        writer.close()
        reader.stdin.close()


@pytest.mark.parametrize("keep", [0, 1, 3, 4, 6])
def test_the_last_frames_are_taken_back_flushed_or_not(tmp_path, keep):
    frames = frames_of("uint16", (3, 4), 6)
    writer = Written(HDF5(), tmp_path / "a.h5", (3, 4), frames.dtype)
    for k, frame in enumerate(frames):
        writer.append(frame, k, float(k))
        if k == 3:
            writer.flush()
    writer.remove(keep, 6 - keep)
    writer.append(frames[5] + 1, 77, 7.7)
    writer.close()
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file["entry/data/data"][()], [*frames[:keep], frames[5] + 1])
        assert file["entry/data/frame_id"][()].tolist() == [*range(keep), 77]
        assert file["entry/data/timestamp"][()].tolist() == [*map(float, range(keep)), 7.7]


@pytest.mark.parametrize("count", [5, 700])
@pytest.mark.parametrize(("first", "removed"), [(0, 1), (1, 2), (2, 3), (500, 20), (511, 1), (512, 100), (0, 600)])
def test_frames_in_the_middle_are_taken_out_and_those_behind_move_up(tmp_path, count, first, removed):
    """Ids and timestamps have 512 values in a chunk."""
    if first + removed > count:
        first, removed = 1, 3
    frames = frames_of("uint16", (2, 3), count)
    writer = Written(HDF5(), tmp_path / "a.h5", (2, 3), frames.dtype)
    for k, frame in enumerate(frames):
        writer.append(frame, 100 + k, float(k))
        if k == count // 2:
            writer.flush()
    writer.remove(first, removed)
    writer.append(frames[0] + 1, 77, 7.5)
    writer.close()
    kept = [*range(first), *range(first + removed, count)]
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file["entry/data/data"][()], [*frames[kept], frames[0] + 1])
        assert file["entry/data/frame_id"][()].tolist() == [*(100 + k for k in kept), 77]
        assert file["entry/data/timestamp"][()].tolist() == [*map(float, kept), 7.5]


@pytest.mark.parametrize("count", [4, 1100])
@pytest.mark.parametrize("first", [0, 1, 3, 511, 512, 513, 1024])
def test_frames_are_copied_to_another_file(tmp_path, count, first):
    frames = frames_of("float32", (2, 3), count)
    first = min(first, count - 1)
    writer, other = (Written(HDF5(), tmp_path / name, (2, 3), frames.dtype) for name in ("a.h5", "b.h5"))
    for k, frame in enumerate(frames):
        writer.append(frame, 100 + k, float(k))
    writer.copy_to(other, first)
    writer.remove(first, count - first)
    writer.close()
    other.close()
    with h5py.File(tmp_path / "b.h5") as file:
        np.testing.assert_array_equal(file["entry/data/data"][()], frames[first:])
        assert file["entry/data/frame_id"][()].tolist() == list(range(100 + first, 100 + count))
        assert file["entry/data/timestamp"][()].tolist() == list(range(first, count))
    assert (tmp_path / "a.h5").exists() == (first > 0), "a file that holds no frame is removed"


@pytest.mark.parametrize("end", ["close", "discard"])
def test_a_file_without_frames_gives_its_name_back(tmp_path, end):
    path = tmp_path / "a.h5"
    writer = Written(HDF5(), path, (2, 2), np.dtype("u1"))
    if end == "discard":
        writer.append(np.zeros((2, 2), "u1"), 0, 0.0)
        writer.flush()
    getattr(writer, end)()
    assert not path.exists()
    Written(HDF5(), path, (2, 2), np.dtype("u1")).close()


def test_a_file_that_hdf5_cannot_make_gives_its_name_back(tmp_path, monkeypatch):
    """As on a share that does not lock files."""

    def fail(*args, **kwargs):
        raise BlockingIOError(37, "No locks available")

    monkeypatch.setattr(h5py, "File", fail)
    with pytest.raises(BlockingIOError):
        Written(HDF5(), tmp_path / "a.h5", (2, 2), np.dtype("u1"))
    assert not (tmp_path / "a.h5").exists()


def test_a_file_that_somebody_else_has_put_there_is_not_removed(tmp_path):
    path = tmp_path / "a.h5"
    writer = Written(HDF5(), path, (2, 2), np.dtype("u1"))
    path.unlink()
    path.write_bytes(b"precious")
    writer.close()
    assert path.read_bytes() == b"precious"


def test_killed_writer_leaves_what_was_flushed(tmp_path):
    code = """
import os, signal, sys, numpy as np
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from framestore.formats import HDF5
from written import Written
writer = Written(HDF5(), Path(sys.argv[1]), (64, 64), np.dtype("u2"))
for k in range(10):
    writer.append(np.full((64, 64), k, "u2"), k, float(k))
    if k == 6:
        writer.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.h5", TESTS], check=False)
    assert done.returncode == -signal.SIGKILL
    with h5py.File(tmp_path / "a.h5", "r", swmr=True) as file:
        data = file["entry/data/data"]
        assert data.shape[0] >= 7
        assert [int(frame[0, 0]) for frame in data] == list(range(data.shape[0])), "rows that hold no frame"


@pytest.mark.parametrize("left", [0, 4, 8, 16, 64, 128])
def test_a_disk_that_is_full_from_the_beginning(small_disk, left):
    """In a process of its own: HDF5 itself crashes when it cannot write the head of a file."""
    code = """
import sys, numpy as np
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from framestore.formats import HDF5
from written import Written
try:
    writer = Written(HDF5(), Path(sys.argv[1]), (512, 512), np.dtype("u2"))
except OSError as error:
    print("made:", error.errno)
    sys.exit()
try:
    writer.append(np.ones((512, 512), "u2"), 0, 0.0)
except OSError as error:
    print("appended:", error.errno)
"""
    (small_disk / "filler").write_bytes(bytes(2**20 - left * 1024 - 4096))
    done = subprocess.run(
        [sys.executable, "-c", code, small_disk / "a.h5", TESTS],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.splitlines()[0] == ("made: 28" if left < 64 else "appended: 28"), done.stderr
    if left < 64:
        assert [path.name for path in small_disk.iterdir()] == ["filler"], "no half-made file stays"


def test_an_existing_file_is_not_touched(tmp_path):
    path = tmp_path / "a.h5"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        Written(HDF5(), path, (2, 2), np.dtype("u1"))
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("dtype", ["complex64", "S4", "O", [("a", "u1")], "M8[s]"])
def test_what_hdf5_cannot_hold_is_refused(dtype):
    with pytest.raises(ValueError, match="format 'hdf5' cannot hold frames of shape"):
        HDF5().check((4, 4), np.dtype(dtype))


@pytest.mark.parametrize("shape", [(), (0, 4)])
def test_empty_frames_are_refused(shape):
    with pytest.raises(ValueError, match="at least one dimension and one pixel"):
        HDF5().check(shape, np.dtype("u1"))


@pytest.mark.parametrize("shape", [(6, 7), (6, 7, 3)], ids=str)
def test_nexus_tools_find_the_image(tmp_path, shape):
    with np.printoptions():  # which it changes for everybody when it is imported
        from nexusformat.nexus import nxload

    frames = frames_of("uint16", shape, 3)
    write(tmp_path / "a.h5", frames).close()
    root = nxload(tmp_path / "a.h5")
    assert root.get_default().nxpath == "/entry/data"
    assert root.plottable_data.nxsignal.shape == frames.shape
    assert root.entry.nxclass == "NXentry"
    assert root.entry.instrument.detector.nxclass == "NXdetector"
    assert root.entry.instrument.detector.local_name.nxvalue == "camera"


@pytest.mark.parametrize(
    "settings",
    [{}, {"compression": "gzip", "chunk": (4, 4)}, {"compression": "bitshuffle-lz4"}, {"checksum": "xxh3"}],
    ids=str,
)
def test_nexus_validation_finds_no_error(tmp_path, settings):
    writer = Written(HDF5(**settings), tmp_path / "a.h5", (6, 7), "uint16", pixel_size=(5.5e-6, 3.45e-6))
    for k, frame in enumerate(frames_of("uint16", (6, 7), 3)):
        writer.append(frame, k, float(k), 0.25)
    writer.close()
    code = "import sys; from nexusformat.nexus.validate import validate_file; validate_file(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.h5"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    text = done.stdout + done.stderr
    assert "Total number of errors: 0" in text, text


def test_pixel_sizes_stand_in_the_detector_where_they_are_known(tmp_path):
    for name, size in {"a.h5": (5.5e-6, 3.45e-6), "b.h5": None}.items():
        writer = Written(HDF5(), tmp_path / name, (4, 4), "u1", pixel_size=size)
        writer.append(np.zeros((4, 4), "u1"))
        writer.close()
    with h5py.File(tmp_path / "a.h5") as file:
        detector = file["entry/instrument/detector"]
        assert (detector["y_pixel_size"][()], detector["x_pixel_size"][()]) == (5.5e-6, 3.45e-6)
        assert (detector["y_pixel_size"].attrs["units"], detector["x_pixel_size"].attrs["units"]) == ("m", "m")
    with h5py.File(tmp_path / "b.h5") as file:
        assert not {"x_pixel_size", "y_pixel_size"} & set(file["entry/instrument/detector"])


@pytest.mark.parametrize(
    ("exposures", "expected"),
    [
        ([0, 0, 0, 0, 0], []),
        ([0.5, 0.25, 0.5, 1, 2], [0.5, 0.25, 0.5, 2]),
        ([0, 0.25, 0, 0, 2], [np.nan, 0.25, np.nan, 2]),
        ([0, 0, 0, 0.5, 0], [np.nan] * 4),
        ([0, 0, 0, 0, 2], [np.nan, np.nan, np.nan, 2]),
    ],
    ids=str,
)
def test_exposures_stand_beside_their_frames(tmp_path, exposures, expected):
    """Nothing while none is known, else a number or NaN for each; the fourth frame is taken out."""
    writer = Written(HDF5(), tmp_path / "a.h5", (4, 4), "u1")
    other = Written(HDF5(), tmp_path / "b.h5", (4, 4), "u1")
    for k, exposure in enumerate(exposures):
        writer.append(np.zeros((4, 4), "u1"), k, float(k), exposure)
        writer.flush()
    writer.remove(3, 1)
    writer.copy_to(other, 1)
    writer.close()
    other.close()
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file["entry/instrument/detector/count_time"][()], expected)
        assert file["entry/instrument/detector/count_time"].attrs["units"] == "s"
    with h5py.File(tmp_path / "b.h5") as file:
        expected = expected[1:] if np.isfinite(expected[1:]).any() else []
        np.testing.assert_array_equal(file["entry/instrument/detector/count_time"][()], expected)
