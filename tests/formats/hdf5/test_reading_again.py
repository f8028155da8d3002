"""A frame at a time out of a file that rests: what was looked at is not looked at again, until the file changes."""

import os
import pickle
from itertools import count

import h5py
import numpy as np
import pytest
from framestore_handlers import HDF5Handler, UntrustedPathError
from framestore_handlers.hdf5 import HDF5Frames, again, handler
from framestore_handlers.place import MissingFileError, Place, resolved

DATA = "/entry/data/data"
FRAMES = np.random.default_rng(7).poisson(20, (6, 32, 48)).astype("u2")
TIMES = count(1_700_000_000)
LAYOUTS = {
    "frames": {"chunks": (1, 32, 48)},
    "several": {"chunks": (2, 32, 48)},
    "tiles": {"chunks": (1, 16, 48)},
    "one-piece": {},
    "gzip": {"chunks": (1, 32, 48), "compression": "gzip"},
    "swapped": {"chunks": (1, 32, 48), "dtype": ">u2"},
}


def write(path, frames=FRAMES, **settings):
    """A file of frames that nobody has changed for a long time."""
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        file.create_dataset(DATA, data=frames, **({"chunks": (1, *frames.shape[1:])} | settings))
    return rested(path)


def rested(path):
    """Each time with another time of change."""
    os.utime(path, (next(TIMES),) * 2)
    return path


def read(frames, number, shape=(32, 48), dtype="u2"):
    out = np.full((1, *shape), 99, dtype)
    frames.read_into(out, number)
    return out[0]


@pytest.fixture
def looks(monkeypatch):
    """Names of the datasets that were looked at from their file on."""
    found, trusted = [], handler.trusted
    monkeypatch.setattr(handler, "trusted", lambda file, name, place: found.append(name) or trusted(file, name, place))
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_frames_one_at_a_time_are_those_of_the_file(tmp_path, layout):
    dtype = LAYOUTS[layout].get("dtype", "u2")
    frames = HDF5Frames(place=Place.of(write(tmp_path / "a.h5", **{"chunks": None} | LAYOUTS[layout])))
    for number in (*range(6), 3, 3):
        np.testing.assert_array_equal(read(frames, number, dtype=dtype), FRAMES[number])


def test_points_of_a_file_that_rests_have_it_looked_at_once(tmp_path, looks):
    points = HDF5Handler(write(tmp_path / "a.h5"))
    points(0)
    looks.clear()
    for number in range(6):
        np.testing.assert_array_equal(np.asarray(points(number))[0], FRAMES[number])
    assert looks == [DATA]
    rested(tmp_path / "a.h5")
    for number in range(6):
        np.testing.assert_array_equal(np.asarray(points(number))[0], FRAMES[number])
    assert looks == [DATA, DATA]


def test_a_file_that_was_just_changed_is_looked_at_each_time(tmp_path, looks):
    """It may change again without another time of change."""
    path = write(tmp_path / "a.h5")
    os.utime(path)
    frames = HDF5Frames(place=Place.of(path))
    for number in range(3):
        read(frames, number)
    assert looks == [DATA] * 3


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda path: write(path, FRAMES + 1), None),
        (lambda path: write(path, FRAMES.reshape(6, 48, 32)), r"a\.h5: .* holds frames of \(48, 32\) uint16"),
        (lambda path: write(path, FRAMES.view("i2")), r"a\.h5: .* holds frames of \(32, 48\) int16"),
        (lambda path: write(path, FRAMES[:3]), r"a\.h5: .* holds 3 frames, its documents name frames up to 6"),
        (lambda path: os.truncate(path, path.stat().st_size - 100), r"a\.h5 is cut off"),
        (lambda path: path.unlink(), r"a\.h5"),
        (lambda path: write(path.with_name("b.h5"), FRAMES.view("i2")).replace(path), "holds .* int16"),
    ],
    ids=["pixels", "shape", "dtype", "fewer", "cut", "gone", "replaced"],
)
def test_a_file_that_changes_is_looked_at_again(tmp_path, change, error):
    frames = HDF5Frames(place=Place.of(write(tmp_path / "a.h5")))
    for number in range(6):
        read(frames, number)
    change(tmp_path / "a.h5")
    if error is None:
        np.testing.assert_array_equal(read(frames, 5), FRAMES[5] + 1)
        return
    with pytest.raises(MissingFileError if not (tmp_path / "a.h5").exists() else OSError, match=error):
        read(frames, 5)


def test_a_file_whose_time_is_put_back_after_a_change_is_looked_at_again(tmp_path):
    """As who copies files with their times does."""
    path = write(tmp_path / "a.h5")
    before = path.stat()
    frames = HDF5Frames(place=Place.of(path))
    read(frames, 5)
    while path.stat().st_ctime_ns == before.st_ctime_ns or path.stat().st_mtime_ns != before.st_mtime_ns:
        write(path, FRAMES.view("i2"))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    with pytest.raises(OSError, match="holds .* int16"):
        read(frames, 5)


def test_frames_that_were_never_written_are_not_made_up(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w", libver=("v110", "v110")) as file:
        file.create_dataset(DATA, (6, 32, 48), "u2", chunks=(1, 32, 48))[:4] = FRAMES[:4] * 0
    frames = HDF5Frames(place=Place.of(rested(tmp_path / "a.h5")))
    for number in (0, 3, 0):
        assert not read(frames, number).any()
        with pytest.raises(OSError, match=r"a\.h5: frame 4 of /entry/data/data was never written"):
            read(frames, 4)
    with h5py.File(tmp_path / "a.h5") as file:
        assert not file[DATA][4].any()  # HDF5 holds zeros of it from now on
        with pytest.raises(OSError, match=r"a\.h5: frame 4 of /entry/data/data was never written"):
            read(frames, 4)


def test_frames_of_one_number_in_a_chunk_each(tmp_path):
    frames = HDF5Frames(place=Place.of(write(tmp_path / "a.h5", np.arange(100.0, 106.0))))
    for number in (*range(6), 3, 3):
        assert read(frames, number, (), "f8") == 100 + number


@pytest.mark.parametrize("count", [1, 6])
def test_what_stands_behind_the_last_frame_is_none(tmp_path, count):
    """HDF5 takes the number behind the last one, of a dataset that cannot grow in a file of its latest kind."""
    frames = HDF5Frames(place=Place.of(write(tmp_path / "a.h5", FRAMES[:count])))
    for _ in range(2):
        np.testing.assert_array_equal(read(frames, 0), FRAMES[0])
        with pytest.raises(OSError, match=rf"holds {count} frames, its documents name frames up to {count + 1}"):
            read(frames, count)


def test_a_writer_may_open_it_at_once_and_what_it_holds_back_is_read(tmp_path):
    frames = HDF5Frames(place=Place.of(write(tmp_path / "a.h5")))
    for _ in range(2):
        read(frames, 5)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file[DATA][5] = 7
        assert (read(frames, 5) == 7).all()


def test_what_leads_to_the_file_is_looked_at_each_time(tmp_path):
    """A folder may become a link at any time, and so may a file that another one links to."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside / "run", outside / "run"):
        folder.mkdir(parents=True)
        write(folder / "a.h5")
    with h5py.File(inside / "main.h5", "w") as file:
        file["entry"] = h5py.ExternalLink("run/a.h5", "/entry")
    ours = [HDF5Frames(place=Place(path=inside / name, roots=resolved([inside]))) for name in ("run/a.h5", "main.h5")]
    rested(inside / "main.h5")
    for frames in ours * 2:
        np.testing.assert_array_equal(read(frames, 2), FRAMES[2])
    (inside / "run").rename(tmp_path / "was")
    (inside / "run").symlink_to(outside / "run")
    for frames in ours:
        with pytest.raises(UntrustedPathError, match=r"outside.run.a\.h5"):
            read(frames, 2)


def test_what_was_seen_is_neither_compared_nor_sent_along(tmp_path):
    frames = HDF5Frames(place=Place.of(write(tmp_path / "a.h5")))
    before = pickle.dumps(frames)
    read(frames, 0)
    assert pickle.dumps(frames) == before
    other = pickle.loads(before)  # noqa: S301 - ours
    assert (other, hash(other)) == (frames, hash(frames))
    np.testing.assert_array_equal(read(other, 1), FRAMES[1])


def test_others_read_the_file_meanwhile(tmp_path, monkeypatch):
    """HDF5 shares what is open within a process, and refuses to open it in another way."""
    path = write(tmp_path / "a.h5")
    frames, found = HDF5Frames(place=Place.of(path)), []
    read(frames, 0)
    read_chunks = again.read_chunks

    def read_meanwhile(*args):
        with h5py.File(path) as file:
            found.append(file[DATA][4])
        return read_chunks(*args)

    monkeypatch.setattr(again, "read_chunks", read_meanwhile)
    np.testing.assert_array_equal(read(frames, 3), FRAMES[3])
    np.testing.assert_array_equal(found, FRAMES[4:5])
