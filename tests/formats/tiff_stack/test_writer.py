"""Stacks of TIFF pages, read by tifffile, Pillow, libtiff's tools and ImageMagick, also while they grow."""

import contextlib
import errno
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from framestore_handlers.place import Place
from framestore_handlers.tiff_stack import TIFFStackFrames
from PIL import Image
from slow import slow
from written import TESTS, Written

from framestore.formats import TIFFStack

COMPRESSIONS = [None, "deflate", "zstd", "lzw"]


def frames_of(shape, count, dtype="u2"):
    dtype = np.dtype(dtype)
    random = np.random.default_rng(1)
    if dtype.kind == "f":
        return random.normal(0, 1000, (count, *shape)).astype(dtype)
    limits = np.iinfo(dtype)
    return random.integers(limits.min, limits.max, (count, *shape), dtype.newbyteorder("="), endpoint=True).astype(
        dtype
    )


def write(path, frames, settings=None, **contents):
    writer = Written(settings or TIFFStack(), path, frames.shape[1:], frames.dtype, **contents)
    for k, frame in enumerate(frames):
        writer.append(frame, 100 + k, 1.7e9 + k / 4, 0.02)
    return writer


def ids(path):
    """Frame ids of the pages, by tifffile."""
    with tifffile.TiffFile(path) as file:
        return [page.tags[65001].value for page in file.pages]


def read(path, count, shape, dtype="u2", start=0):
    """By our reader."""
    out = np.empty((count, *shape), dtype)
    TIFFStackFrames(place=Place.of(path)).read_into(out, start)
    return out


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", ">u2", ">f8"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (1, 7, 3), (16, 24, 3)], ids=str)
@pytest.mark.parametrize("count", [1, 4])
def test_tifffile_and_our_reader_read_it_along(tmp_path, shape, dtype, compression, count):
    path, frames = tmp_path / "stack.tiff", frames_of(shape, count, dtype)
    writer = write(path, frames, TIFFStack(compression=compression))
    writer.flush()
    for _ in ("growing", "closed"):
        with tifffile.TiffFile(path) as file:
            assert file.is_bigtiff
            assert [page.shape for page in file.pages] == [shape] * count
            assert len(file.series) == 1
            whole = file.asarray()
        assert (whole.shape, whole.dtype) == (frames.shape if count > 1 else shape, frames.dtype.newbyteorder("="))
        np.testing.assert_array_equal(whole.reshape(frames.shape), frames)
        np.testing.assert_array_equal(read(path, count, shape, dtype), frames)
        writer.close()


@pytest.mark.parametrize("compression", [None, "deflate", "lzw"])
@pytest.mark.parametrize(("shape", "dtype"), [((3, 5), "u2"), ((4, 6, 3), "u1")], ids=str)
def test_pillow_libtiff_and_imagemagick_read_it(tmp_path, shape, dtype, compression):
    path, frames = tmp_path / "stack.tiff", frames_of(shape, 4, dtype)
    write(path, frames, TIFFStack(compression=compression)).close()
    with Image.open(path) as image:
        for k, frame in enumerate(frames):
            image.seek(k)
            np.testing.assert_array_equal(np.asarray(image), frame)
        assert image.n_frames == 4
    info = subprocess.run(["tiffinfo", path], capture_output=True, text=True, check=True).stdout
    assert info.count("=== TIFF directory") == 4
    subprocess.run(["tiffcp", "-c", "none", path, tmp_path / "copied.tiff"], capture_output=True, check=True)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "copied.tiff"), frames)
    depth, raw = 8 * frames.dtype.itemsize, "rgb:-" if len(shape) == 3 else "gray:-"
    command = ["convert", path, "-depth", str(depth), "-endian", "LSB", raw]
    pixels = subprocess.run(command, capture_output=True, check=True).stdout
    np.testing.assert_array_equal(np.frombuffer(pixels, dtype).reshape(frames.shape), frames)


def test_id_timestamp_exposure_and_pixel_size_stand_in_each_page(tmp_path):
    path = tmp_path / "stack.tiff"
    write(path, frames_of((4, 4), 3), camera="the camera", pixel_size=(6.5e-6, 1.3e-5)).close()
    with tifffile.TiffFile(path) as file:
        for k, page in enumerate(file.pages):
            tags = {tag.code: tag.value for tag in page.tags}
            lines = [line.rstrip() for line in tags[270].splitlines()]
            assert lines == [
                f"frame_id={100 + k}",
                f"timestamp={1.7e9 + k / 4!r}",
                "exposure_time=0.02",
                "camera=the camera",
            ]
            assert (tags[65001], tags[65000], tags[33434]) == (100 + k, 1.7e9 + k / 4 - 631152000, (1, 50))
            across, down = (tags[code][0] / tags[code][1] for code in (282, 283))
            assert (0.01 / across, 0.01 / down) == (pytest.approx(1.3e-5), pytest.approx(6.5e-6))


@pytest.mark.parametrize("frame_id", [-(2**63), 2**63 - 1])
def test_numbers_of_frames_of_any_length_leave_pages_as_long_as_the_others(tmp_path, frame_id):
    path, frames = tmp_path / "stack.tiff", frames_of((4, 4), 3)
    writer = Written(TIFFStack(), path, (4, 4), frames.dtype)
    for k, frame in enumerate(frames):
        writer.append(frame, [0, frame_id, 1][k], [1.7e9, -1.7976931348623157e308, 0.0][k], [0.0, 1 / 3, 1e-300][k])
    writer.close()
    with tifffile.TiffFile(path) as file:
        offsets = [page.offset for page in file.pages]
        assert file.pages[1].description.startswith(f"frame_id={frame_id}\ntimestamp=-1.7976931348623157e+308\n")
    assert offsets[2] - offsets[1] == offsets[1] - offsets[0]
    np.testing.assert_array_equal(read(path, 3, (4, 4)), frames)


def test_a_frame_id_without_end_is_refused_and_the_stack_goes_on(tmp_path):
    path, frames = tmp_path / "stack.tiff", frames_of((4, 4), 2)
    writer = write(path, frames[:1])
    with pytest.raises(OverflowError, match="frame_id 1000.* is too large"):
        writer.append(frames[1], 10**400)
    writer.append(frames[1], 7)
    writer.close()
    assert ids(path) == [100, 7]


def test_a_file_that_is_there_is_not_touched(tmp_path):
    path = tmp_path / "stack.tiff"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match=r"stack\.tiff"):
        write(path, frames_of((4, 4), 1))
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("end", ["close", "discard"])
def test_a_stack_without_a_frame_leaves_no_file(tmp_path, end):
    writer = write(tmp_path / "stack.tiff", frames_of((4, 4), 2))
    writer.remove(0, 2)
    getattr(writer, end)()
    writer.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", [(4, 4, 4), (4,), (), (0, 4)])
def test_what_tiff_cannot_hold_is_refused(shape):
    with pytest.raises(ValueError, match=re.escape(f"format 'tiff_stack' cannot hold frames of shape {shape}")):
        TIFFStack().check(shape, np.dtype("u1"))


@pytest.mark.parametrize("settings", [{"compression": "gzip"}, {"level": 1}, {"durable": 1}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        TIFFStack(**settings)


@pytest.mark.parametrize("compression", [None, "zstd"])
@pytest.mark.parametrize("durable", ["readable", "synced"])
@pytest.mark.parametrize("seed", range(8))
def test_frames_are_taken_out_anywhere_with_a_reader_along(tmp_path, seed, durable, compression):
    """A reader that has opened the file before goes on seeing whole frames of then, never a mix."""
    random = np.random.default_rng(seed)
    path, shape = tmp_path / "stack.tiff", (9, 11)
    frames = np.array([random.poisson(1 + 40 * k, shape) for k in range(60)], "u2")  # compressed to different lengths
    writer = Written(TIFFStack(compression=compression, durable=durable), path, shape, frames.dtype)
    held, taken = [], 0
    for _ in range(12):
        for _ in range(random.integers(1, 5)):
            writer.append(frames[taken], taken)
            held.append(taken)
            taken += 1
        if random.random() < 0.7:
            writer.flush()
            with tifffile.TiffFile(path) as reader:
                pages, before = list(reader.pages), list(held)
                first = int(random.integers(len(held)))
                count = int(random.integers(1, len(held) - first + 1))
                writer.remove(first, count)
                del held[first : first + count]
                writer.append(frames[taken], taken)
                held.append(taken)
                taken += 1
                writer.flush()
                for page, number in zip(pages, before, strict=True):
                    np.testing.assert_array_equal(page.asarray(), frames[number])
            assert ids(path) == held
            np.testing.assert_array_equal(read(path, len(held), shape), frames[held])
            for row in random.integers(len(held), size=3).tolist():
                np.testing.assert_array_equal(read(path, 1, shape, start=row)[0], frames[held[row]])
    writer.close()
    assert ids(path) == held
    with tifffile.TiffFile(path) as file:
        np.testing.assert_array_equal(file.asarray(), frames[held])


@pytest.mark.parametrize("compression", [None, "zstd"])
def test_frames_are_copied_to_another_stack(tmp_path, compression):
    frames = frames_of((8, 8), 5)
    writer = write(tmp_path / "one.tiff", frames, TIFFStack(compression=compression))
    other = Written(TIFFStack(compression=compression), tmp_path / "two.tiff", (8, 8), frames.dtype)
    writer.copy_to(other, 2)
    writer.remove(2, 3)
    writer.close()
    other.close()
    assert (ids(tmp_path / "one.tiff"), ids(tmp_path / "two.tiff")) == ([100, 101], [102, 103, 104])
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "two.tiff"), frames[2:])
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "one.tiff"), frames[:2])


def test_what_was_taken_back_last_takes_no_space_in_the_end(tmp_path):
    writer = write(tmp_path / "stack.tiff", frames_of((100, 100), 5))
    writer.remove(2, 3)
    writer.close()
    write(tmp_path / "plain.tiff", frames_of((100, 100), 2)).close()
    assert (tmp_path / "stack.tiff").stat().st_size == (tmp_path / "plain.tiff").stat().st_size


WRITER = """
import sys, numpy as np
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from framestore.formats import TIFFStack
from written import Written
settings = TIFFStack(compression=sys.argv[3] or None, durable=sys.argv[4])
writer = Written(settings, Path(sys.argv[2]), (96, 128), np.dtype("u2"))
for k in range(10**6):
    writer.append(np.full((96, 128), k % 65536, "u2"), k, float(k))
    if k % 3 == 2:
        writer.flush()
        print(k, flush=True)
        if sys.argv[5] == "waits" and not sys.stdin.readline():
            break
"""


def started(path, compression, durable, *, waits):
    """A process that writes, tells what it has flushed, and may wait for a line after each time."""
    command = [sys.executable, "-c", WRITER, TESTS, path, compression or "", durable, "waits" if waits else ""]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("compression", ["deflate", *slow(None)])
@pytest.mark.parametrize("durable", ["readable", *slow("synced")])
def test_a_reader_in_another_process_sees_whole_frames_at_any_moment(tmp_path, durable, compression):
    path = tmp_path / "stack.tiff"
    with started(path, compression, durable, waits=True) as writer:
        for _ in range(60):
            told = int(writer.stdout.readline())
            writer.stdin.write("go on\n" * 2)  # it writes while this reads
            writer.stdin.flush()
            with tifffile.TiffFile(path) as file:
                pages = list(file.pages)
                assert len(pages) > told
                for k in {0, told, len(pages) - 1}:
                    np.testing.assert_array_equal(pages[k].asarray(), k)
            np.testing.assert_array_equal(read(path, 1, (96, 128), start=told)[0], told)
            assert TIFFStackFrames(place=Place.of(path)).frames() > told
        writer.kill()


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("durable", ["readable", "synced"])
@pytest.mark.parametrize("seed", range(4))
def test_a_writer_that_is_killed_at_any_moment_leaves_all_frames_that_it_told_of(tmp_path, seed, durable, compression):
    path, count = tmp_path / "stack.tiff", int(np.random.default_rng(seed).integers(60))
    with started(path, compression, durable, waits=False) as writer:
        for line in writer.stdout:
            if int(line) >= count:
                writer.send_signal(signal.SIGKILL)
                break
        told = [int(line), *map(int, writer.stdout)][-1]
    assert writer.returncode == -signal.SIGKILL
    with tifffile.TiffFile(path) as file:
        pages = file.asarray()
    assert len(pages) > told
    np.testing.assert_array_equal(pages[:, 0, 0], np.arange(len(pages)))
    np.testing.assert_array_equal(pages, read(path, len(pages), (96, 128)))
    assert TIFFStackFrames(place=Place.of(path)).frames() == len(pages)


def append_all(writer, frames):
    for k, frame in enumerate(frames):
        writer.append(frame, k)


def fill(path):
    """Take up all space that there is on a disk."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_full_disk_says_so_and_the_frames_before_stay(small_disk):
    path, frames = small_disk / "stack.tiff", frames_of((100, 100), 100)
    writer = Written(TIFFStack(), path, (100, 100), frames.dtype)
    with pytest.raises(OSError, match="No space left on device") as raised:
        append_all(writer, frames)
    assert raised.value.errno == errno.ENOSPC
    writer.flush()
    written = len(ids(path))
    assert written > 20
    assert ids(path) == list(range(written))
    np.testing.assert_array_equal(tifffile.imread(path), frames[:written])
    writer.remove(written - 2, 2)
    writer.close()
    assert ids(path) == list(range(written - 2))


def test_a_disk_that_has_room_again_is_written_on(small_disk):
    path, frames = small_disk / "stack.tiff", frames_of((100, 100), 3)
    writer = write(path, frames[:2])
    filling = small_disk / "filling"
    fill(filling)
    with pytest.raises(OSError, match="No space left"):
        writer.append(frames[2], 7)
    filling.unlink()
    writer.append(frames[2], 8)
    writer.close()
    assert ids(path) == [100, 101, 8]
    np.testing.assert_array_equal(tifffile.imread(path), frames)


def test_a_disk_that_is_full_from_the_start_leaves_no_file(small_disk):
    fill(small_disk / "filling")
    with pytest.raises(OSError, match="No space left"):
        write(small_disk / "stack.tiff", frames_of((4, 4), 1))
    assert not (small_disk / "stack.tiff").exists()


@pytest.mark.parametrize("how", ["removed", "replaced", "folder gone"])
def test_a_file_that_somebody_takes_away_fails_the_next_flush(tmp_path, how):
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "stack.tiff"
    writer = write(path, frames_of((4, 4), 2))
    path.unlink()
    if how == "replaced":
        path.write_bytes(b"of somebody else")
    elif how == "folder gone":
        folder.rmdir()
    with pytest.raises(FileNotFoundError, match=r"stack\.tiff was removed or replaced"):
        writer.flush()
    writer.discard()
    if how == "replaced":
        assert path.read_bytes() == b"of somebody else"


def test_synced_frames_are_on_the_disk_before_they_are_linked(tmp_path, monkeypatch):
    """A power cut cannot be had in a test: at each call for the disk, what the file shows is looked at."""
    path, seen = tmp_path / "stack.tiff", []
    fsync = os.fsync

    def record(handle):
        if Path(f"/proc/self/fd/{handle}").readlink() == path:
            frames = TIFFStackFrames(place=Place.of(path)).frames()
            seen.append((frames, path.stat().st_size))
        fsync(handle)

    frames = frames_of((8, 8), 4)
    writer = Written(TIFFStack(durable="synced"), path, (8, 8), frames.dtype)
    monkeypatch.setattr(os, "fsync", record)
    for frame in frames[:2]:
        writer.append(frame)
    assert seen == []
    writer.flush()
    assert [frames for frames, _ in seen] == [0, 2]
    assert seen[0][1] == seen[1][1]
    for frame in frames[2:]:
        writer.append(frame)
    writer.flush()
    assert [frames for frames, _ in seen] == [0, 2, 2, 4]
    writer.close()


def test_readable_frames_wait_for_no_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: pytest.fail("nobody asked for it"))
    write(tmp_path / "stack.tiff", frames_of((8, 8), 2)).close()


def test_the_file_has_the_mode_and_group_that_were_asked_for(tmp_path):
    group = 12345 if os.geteuid() == 0 else os.getgroups()[-1]
    writer = write(tmp_path / "stack.tiff", frames_of((8, 8), 1), TIFFStack(mode=0o604, group=group))
    status = (tmp_path / "stack.tiff").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o604, group)
    writer.close()


def test_the_name_of_a_synced_file_is_on_the_disk(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(Path(f"/proc/self/fd/{handle}").readlink()))
    writer = Written(TIFFStack(durable="synced"), tmp_path / "stack.tiff", (4, 4), np.dtype("u1"))
    assert synced == [tmp_path]
    writer.discard()
