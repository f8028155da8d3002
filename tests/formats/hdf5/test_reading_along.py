"""Other processes read a file while it grows, shrinks, and its frames are taken anew."""

import json
import random
import subprocess
import sys
from contextlib import contextmanager

import h5py
import numpy as np
import pytest
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place
from written import Written

from framestore.formats import HDF5

SIZE = 64
WAYS = [
    {},
    {"compression": "bitshuffle-lz4"},
    {"compression": "gzip"},
    {"compression": "zstd", "chunk": (16, 16)},
    {"chunk": (16, 16)},
]
WHOLE = [settings for settings in WAYS if "chunk" not in settings]

# Frames that tell whether they are whole: a ramp from a number on, or that number in every pixel. So some compress to
# another size than others. A reader looks at the last rows until its standard input ends, and counts what it saw.
READER = """
import json, sys, threading
from pathlib import Path
import h5py, hdf5plugin, numpy as np
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place

path, kind = Path(sys.argv[1]), sys.argv[2]
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
ours = HDF5Frames(place=Place.of(path))
data = h5py.File(path, "r", swmr=True)["/entry/data/data"] if kind == "plain" else None
shape = ours.frame_type()[0]
ramp = np.arange(np.prod(shape), dtype="u2").reshape(shape)
seen = {"whole": 0, "blank": 0, "mixed": 0, "refused": 0, "errors": []}

def plain(back, out):
    data.refresh()
    if data.shape[0] > back:
        data.read_direct(out, np.s_[data.shape[0] - 1 - back])
        return True

def by_handler(back, out):
    frames = ours.frames()
    if frames > back:
        ours.read_into(out[None], frames - 1 - back)
        return True

read = {"plain": plain, "handler": by_handler}[kind]
out = np.empty(shape, "u2")
print("open", flush=True)
turn = 0
while not ended.is_set():
    turn += 1
    try:
        if not read(turn % 3, out):
            continue
    except OSError as error:
        refused = "not in it" in str(error) or "holds" in str(error) or "anew" in str(error)
        seen["refused"] += refused
        if not refused:
            seen["errors"].append(str(error))
        continue
    first = out[0, 0]
    if first and np.array_equal(out, ramp * (first % 7 == 0) + first):
        seen["whole"] += 1
    else:
        seen["mixed" if out.any() else "blank"] += 1
print(json.dumps(seen), flush=True)
"""
RAMP = np.arange(SIZE * SIZE, dtype="u2").reshape(SIZE, SIZE)


def frame(number):
    return (RAMP * (number % 7 == 0) + number).astype("u2")


@contextmanager
def reader(path, kind):
    command = [sys.executable, "-c", READER, path, kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "open\n"
        seen = {}
        yield seen
        process.stdin.close()
        seen.update(json.loads(process.stdout.readline()))


def take_and_take_back(writer, steps, seed=1):
    """Frames in small bursts; now and then some of the last, or of the middle, are taken out. Gives what stays."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    numbers, number = [], 0
    for _ in range(steps):
        for _ in range(dice.randint(1, 3)):
            number = number % 60_000 + 1
            numbers.append(number)
            writer.append(frame(number), number)
        writer.flush()
        if dice.random() < 0.5:
            frames = dice.randint(1, min(3, len(numbers)))
            last = len(numbers) - frames
            first = dice.choice([last, dice.randint(max(last - 5, 0), last)])
            writer.remove(first, frames)
            del numbers[first : first + frames]
        if len(numbers) > 40:
            writer.remove(4, len(numbers) - 4)
            del numbers[4:]
    return numbers


@pytest.mark.parametrize("settings", WHOLE, ids=str)
def test_a_reader_that_stays_open_never_sees_parts_of_frames(tmp_path, settings):
    """A row that is gone when it is read can be blank, as HDF5 has it; what is there is whole, old or new."""
    writer = Written(HDF5(**settings), tmp_path / "a.h5", (SIZE, SIZE), "uint16")
    with reader(tmp_path / "a.h5", "plain") as seen:
        numbers = take_and_take_back(writer, 600)
    writer.close()
    assert (seen["mixed"], seen["refused"], seen["errors"]) == (0, 0, [])
    assert seen["whole"] > 0
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file["entry/data/data"][()], [frame(number) for number in numbers])
        assert file["entry/data/frame_id"][()].tolist() == numbers


@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_our_handler_gives_whole_frames_or_says_that_they_are_gone(tmp_path, settings):
    """Also where a frame has many chunks, of which some could be older than others."""
    writer = Written(HDF5(**settings), tmp_path / "a.h5", (SIZE, SIZE), "uint16")
    writer.append(frame(1), 1)
    writer.flush()
    writer.remove(0, 1)
    with reader(tmp_path / "a.h5", "handler") as seen:
        take_and_take_back(writer, 600)
    writer.close()
    assert (seen["mixed"], seen["blank"], seen["errors"]) == (0, 0, [])
    assert seen["whole"] > 0


@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_what_was_taken_out_is_never_written_over(tmp_path, settings):
    """The reason for the above: who reads by an index from before finds the frame of before."""
    path = tmp_path / "a.h5"
    writer = Written(HDF5(**settings), path, (SIZE, SIZE), "uint16")
    for number in range(1, 7):
        writer.append(frame(number), number)
    writer.flush()
    before = [*places(path)]
    writer.remove(1, 2)
    for number in range(7, 12):
        writer.append(frame(number), number)
    writer.flush()
    after = [*places(path)]
    kept = len(before) // 6  # chunks of the first frame, which stayed where it was
    assert after[:kept] == before[:kept]
    old = sorted(before)
    assert all(begin >= max(end for _, end in old) for begin, _ in after[kept:])
    writer.close()


def places(path):
    """Where each chunk begins and ends in the file."""
    with h5py.File(path, "r", swmr=True) as file:
        dataset = file["entry/data/data"]
        for k in range(dataset.id.get_num_chunks()):
            info = dataset.id.get_chunk_info(k)
            yield info.byte_offset, info.byte_offset + info.size


@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_each_flushed_frame_is_read_by_another_process(tmp_path, settings):
    """The reader opened the file before there was a frame."""
    code = """
import sys, h5py, hdf5plugin
data = h5py.File(sys.argv[1], "r", swmr=True)["/entry/data/data"]
print("open", flush=True)
for line in sys.stdin:
    data.refresh()
    print(data.shape[0], int(data[-1].sum()), flush=True)
"""
    writer = Written(HDF5(**settings), tmp_path / "a.h5", (SIZE, SIZE), "uint16")
    command = [sys.executable, "-c", code, tmp_path / "a.h5"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "open\n"
        for k, number in enumerate([3, 7, 4, 14]):
            writer.append(frame(number), number)
            writer.flush()
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline().split() == [str(k + 1), str(frame(number).sum(dtype=int))]
        process.stdin.close()
    writer.close()


def test_the_handler_reads_compressed_frames_without_having_imported_a_library(tmp_path):
    """It imports hdf5plugin by itself, and names it where it is missing."""
    writer = Written(HDF5(compression="bitshuffle-lz4"), tmp_path / "a.h5", (SIZE, SIZE), "uint16")
    writer.append(frame(7), 7)
    writer.close()
    code = """
import sys
from pathlib import Path
import numpy as np
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place
assert "hdf5plugin" not in sys.modules
frames, out = HDF5Frames(place=Place.of(Path(sys.argv[1]))), np.empty((1, 64, 64), "u2")
sys.modules["hdf5plugin"] = None
try:
    frames.read_into(out, 0)
except ModuleNotFoundError as error:
    print(error)
del sys.modules["hdf5plugin"]
frames.read_into(out, 0)
print(out.sum())
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.h5"], capture_output=True, text=True, check=True, timeout=60
    )
    message, total = done.stdout.splitlines()
    assert message.startswith(f"{tmp_path / 'a.h5'}: /entry/data/data is compressed with filter 32008 (bitshuffle")
    assert message.endswith("needs hdf5plugin: pip install 'framestore-handlers[compression]'")
    assert int(total) == frame(7).sum(dtype=int)


@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_a_frame_that_is_not_in_the_file_is_named(tmp_path, settings):
    """What a killed writer can leave: a row whose chunks were never written. HDF5 itself reads it as zeros."""
    writer = Written(HDF5(**settings), tmp_path / "a.h5", (SIZE, SIZE), "uint16")
    writer.append(frame(7), 7)
    writer._image._id.set_extent((2, SIZE, SIZE))
    writer._file.flush()
    out = np.empty((1, SIZE, SIZE), "u2")
    frames = HDF5Frames(place=Place.of(tmp_path / "a.h5"))
    frames.read_into(out, 0)
    np.testing.assert_array_equal(out[0], frame(7))
    with pytest.raises(OSError, match="is cut off: frame 1 of /entry/data/data is not in it"):
        frames.read_into(out, 1)
    writer.discard()


@pytest.mark.parametrize("cut", [1, 5000])
def test_a_copy_that_broke_off_is_refused(tmp_path, cut):
    """Opened with swmr=True, HDF5 itself would not notice, or look for what is missing for minutes."""
    writer = Written(HDF5(compression="zstd"), tmp_path / "a.h5", (SIZE, SIZE), "uint16")
    for number in (7, 14, 21):
        writer.append(frame(number), number)
    writer.flush()
    content = (tmp_path / "a.h5").read_bytes()
    writer.close()
    (tmp_path / "b.h5").write_bytes(content[:-cut])
    with pytest.raises(OSError, match="is cut off: it has"):
        HDF5Frames(place=Place.of(tmp_path / "b.h5")).read_into(np.empty((1, SIZE, SIZE), "u2"), 0)
