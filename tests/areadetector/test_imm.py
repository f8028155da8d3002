"""IMM files, written by hand and by a detector."""

import importlib.resources
import struct
import time

import framestore_handlers
import numpy as np
import pytest
from area_detector_handlers.handlers import IMMHandler as Theirs
from framestore_handlers import MissingFileError, UntrustedPathError, handler_registry
from framestore_handlers.areadetector.imm import IMMHandler
from resources import run_of

SAMPLE = "B020_bluesky_demo_00001-00021.imm"


@pytest.fixture(scope="module")
def sample():
    """What a detector of the APS wrote; it comes with area-detector-handlers."""
    with importlib.resources.as_file(importlib.resources.files("area_detector_handlers.tests") / "data") as folder:
        yield folder / SAMPLE


def header(shape, numbers, compression=6, nbytes=2):
    head = bytearray(1024)
    struct.pack_into("<ii", head, 0, 2, compression)
    struct.pack_into("<iii", head, 108, *shape, nbytes)
    struct.pack_into("<i", head, 152, numbers)
    return bytes(head)


def sparse(frame):
    places = np.flatnonzero(frame).astype("<u4")
    values = frame.reshape(-1)[places]
    return header(frame.shape, len(places), 6, frame.itemsize) + places.tobytes() + values.tobytes()


def dense(frame):
    return header(frame.shape, frame.size, 0, frame.itemsize) + frame.tobytes()


def some(frames, shape=(6, 9), dtype="<u2"):
    values = np.random.default_rng(3).poisson(0.3, (frames, *shape))
    return (values * 1000 % (np.iinfo(dtype).max + 1)).astype(dtype)


def write(path, frames, encode=sparse):
    path.write_bytes(b"".join(encode(frame) for frame in frames))
    return path


def test_a_detector_s_file_is_read_as_by_area_detector_handlers(sample):
    ours, theirs = IMMHandler(sample, frames_per_point=7), Theirs(sample, frames_per_point=7)
    for index in range(3):
        point, expected = ours(index=index), theirs(index=index)
        assert (point.shape, point.dtype) == (expected.shape, expected.dtype) == ((7, 516, 1556), np.uint32)
        np.testing.assert_array_equal(point.compute(), expected.compute())
    assert ours.get_file_list(iter([{"index": 0}, {"index": 2}])) == [str(sample)]
    assert ours.get_file_sizes([{"index": 0}]) == [22692]


@pytest.mark.parametrize("encode", [sparse, dense])
@pytest.mark.parametrize("dtype", ["|u1", "<u2", "<u4"])
def test_frames_of_every_kind(tmp_path, encode, dtype):
    frames = some(6, dtype=dtype)
    write(tmp_path / "a.imm", frames, encode)
    point = IMMHandler(tmp_path / "a.imm", 3)(index=1)
    assert point.dtype == np.uint32
    np.testing.assert_array_equal(point.compute(), frames[3:])
    if encode is sparse and dtype == "<u2":
        np.testing.assert_array_equal(Theirs(tmp_path / "a.imm", 3)(1).compute(), frames[3:])


def test_frames_of_both_kinds_and_without_a_pixel_in_one_file(tmp_path):
    frames = some(3)
    frames[1] = 0
    (tmp_path / "a.imm").write_bytes(sparse(frames[0]) + sparse(frames[1]) + dense(frames[2]))
    np.testing.assert_array_equal(IMMHandler(tmp_path / "a.imm", 3)(0).compute(), frames)


@pytest.mark.parametrize("dtype", ["<u2", "<u4"])
def test_load(tmp_path, dtype):
    """Documents may say what is in the file, or what area-detector-handlers makes of it."""
    frames = some(8)
    path = write(tmp_path / "a.imm", frames)
    datums = [{"index": k} for k in range(4)]
    pairs = run_of("IMM", path, {"frames_per_point": 2}, datums, ((2, 6, 9), dtype))
    stream = framestore_handlers.load(pairs, allowed_roots=[tmp_path], block_bytes=6 * 9 * 4)["primary"]
    assert stream["image"].dtype == dtype
    np.testing.assert_array_equal(stream["image"].compute().reshape(8, 6, 9), frames)
    np.testing.assert_array_equal(stream.read("image", 1, 3).reshape(4, 6, 9), frames[2:6])
    with pytest.raises(UntrustedPathError):
        framestore_handlers.load(pairs, allowed_roots=[tmp_path / "x"])["primary"].read("image")
    path.unlink()
    with pytest.raises(MissingFileError, match=r"a\.imm"):
        stream.read("image")


def test_a_dtype_that_would_lose_nothing_but_was_not_asked_for_is_an_error(tmp_path):
    path = write(tmp_path / "a.imm", some(2))
    pairs = run_of("IMM", path, {"frames_per_point": 2}, [{"index": 0}], ((2, 6, 9), "<i4"))
    with pytest.raises(OSError, match=r"a\.imm holds frames of \(6, 9\) uint32, .* say \(6, 9\) int32"):
        framestore_handlers.load(pairs)["primary"].read("image")


def test_a_file_that_grows_is_seen_to_grow(tmp_path):
    frames = some(4)
    path = write(tmp_path / "a.imm", frames[:2])
    handler = IMMHandler(path, 2)
    np.testing.assert_array_equal(handler(0).compute(), frames[:2])
    with pytest.raises(OSError, match=r"a\.imm holds 2 frames, its documents name frames up to 4"):
        handler(1)
    write(path, frames)
    np.testing.assert_array_equal(handler(1).compute(), frames[2:])


@pytest.mark.parametrize("encode", [sparse, dense])
def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path, encode):
    path = write(tmp_path / "a.imm", some(2, (3, 4)), encode)
    whole, first = path.read_bytes(), len(encode(some(2, (3, 4))[0]))
    for length in [*range(0, first, 97), *range(first - 20, first), *range(first + 1, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(OSError, match=r"a\.imm is cut off"):
            IMMHandler(path, 1)(0)


@pytest.mark.parametrize(
    "head",
    [
        header((0, 9), 0),
        header((6, -9), 3),
        header((6, 9), 55),
        header((6, 9), -1),
        header((6, 9), 53, compression=0),
        header((6, 9), 3, nbytes=3),
        header((2**31 - 1, 2**31 - 1), 3),
        header((2**15, 2**15), 0),
        b"not IMM at all ".ljust(1024, b"x"),
    ],
)
def test_headers_that_cannot_be_are_refused_before_memory_is_taken(tmp_path, head):
    (tmp_path / "a.imm").write_bytes(head + bytes(400))
    with pytest.raises(OSError, match=r"a\.imm is not IMM, or damaged: the header at byte 0 says"):
        IMMHandler(tmp_path / "a.imm", 1)(0)


def test_a_pixel_outside_of_the_frame_is_refused(tmp_path):
    places = np.array([3, 54], "<u4")
    (tmp_path / "a.imm").write_bytes(header((6, 9), 2) + places.tobytes() + bytes(4))
    with pytest.raises(OSError, match=r"a\.imm is damaged: frame 0 has a pixel 54 of 54"):
        IMMHandler(tmp_path / "a.imm", 1)(0).compute()


@pytest.mark.slow
def test_one_of_a_hundred_thousand_frames_is_found_without_reading_pixels(tmp_path):
    frame = some(1)[0]
    path = write(tmp_path / "a.imm", [frame] * 100_000)
    stamp = time.time() - 100
    import os

    os.utime(path, (stamp, stamp))
    handler = IMMHandler(path, 1)
    np.testing.assert_array_equal(handler(99_999).compute(), [frame])


def test_the_spec_is_known():
    assert handler_registry["IMM"] is IMMHandler
