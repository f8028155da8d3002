"""The PNG writer, read by Pillow, by libpng, and chunk by chunk."""

import re
import struct
import sys
import zlib

import magick
import numpy as np
import pytest
from framestore_handlers.png import read_frame
from PIL import Image
from written import Written

from framestore.formats import PNG
from framestore.formats.png.deflate import deflater, room

NAME = "shot_{:06d}.png"
SHAPES = [(1, 1), (1, 9), (9, 1), (5, 17), (240, 320), (1, 1, 3), (7, 5, 3), (64, 33, 3)]
KINDS = [
    (shape, dtype) for shape in SHAPES for dtype in ("bool", "uint8", "uint16") if len(shape) == 2 or dtype != "bool"
]


def noise(shape, dtype, seed=1):
    """Every bit is used."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.random.default_rng(seed).integers(0, 256, size, "uint8")
    return (raw & 1).astype(bool).reshape(shape) if dtype == "bool" else raw.view(dtype).reshape(shape)


def write(folder, frames, settings=None):
    writer = Written(settings or PNG(), folder / NAME, frames[0].shape, frames[0].dtype)
    for k, frame in enumerate(frames):
        writer.append(frame, 100 + k, np.float64(1e9 + k / 4))
    writer.flush()
    return writer


def chunks(path):
    """Kind and data of each chunk; the checksums are right, and nothing is between and behind."""
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = [], 8
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        data = content[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", content, at + 8 + length) == (zlib.crc32(kind + data),)
        found.append((kind, data))
        at += 12 + length
    assert at == len(content)
    return found


@pytest.mark.parametrize(("shape", "dtype"), KINDS, ids=str)
def test_frames_come_back_exactly(tmp_path, shape, dtype):
    frames = [noise(shape, dtype, seed) for seed in range(3)]
    write(tmp_path, frames).close()
    for k, frame in enumerate(frames):
        path = tmp_path / NAME.format(k)
        read = read_frame(path)
        assert read.dtype == frame.dtype
        np.testing.assert_array_equal(read, frame)
    by_libpng = magick.read(path, shape, dtype)
    np.testing.assert_array_equal(by_libpng, frame * np.uint8(255) if dtype == "bool" else frame)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16"])
def test_pillow_reads_mono(tmp_path, dtype):
    frame = noise((30, 41), dtype)
    write(tmp_path, [frame]).close()
    with Image.open(tmp_path / NAME.format(0), formats=["PNG"]) as image:
        np.testing.assert_array_equal(np.asarray(image), frame)


def test_pillow_reads_colour(tmp_path):
    frame = noise((30, 41, 3), "uint8")
    write(tmp_path, [frame]).close()
    with Image.open(tmp_path / NAME.format(0), formats=["PNG"]) as image:
        np.testing.assert_array_equal(np.asarray(image), frame)


@pytest.mark.parametrize("installed", [True, False], ids=["imagecodecs", "zlib alone"])
@pytest.mark.parametrize("level", range(10))
def test_every_level_is_lossless_with_and_without_imagecodecs(tmp_path, monkeypatch, level, installed):
    if not installed:
        monkeypatch.setitem(sys.modules, "imagecodecs", None)
    smooth = np.add.outer(np.arange(200), np.arange(300)).astype("uint16") * 7
    frames = [smooth, noise((200, 300), "uint16"), np.zeros((200, 300), "uint16")]
    write(tmp_path, frames, PNG(level=level)).close()
    for k, frame in enumerate(frames):
        np.testing.assert_array_equal(read_frame(tmp_path / NAME.format(k)), frame)
    np.testing.assert_array_equal(magick.read(tmp_path / NAME.format(0), smooth.shape, "uint16"), smooth)
    size = (tmp_path / NAME.format(0)).stat().st_size
    assert size > smooth.nbytes if level == 0 else size < smooth.nbytes / 10


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("size", [1, 100, 5000, 65_536, 1_000_001])
def test_there_is_room_for_what_does_not_compress(monkeypatch, level, size):
    data = noise((size,), "uint8")
    out = np.empty(room(size), np.uint8)
    assert zlib.decompress(deflater(level)(data, out)) == data.tobytes()
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    assert len(deflater(level)(data, out)) <= room(size)


def test_frames_of_one_scratch_are_independent_of_each_other(tmp_path):
    """A frame that compresses well comes after one that does not."""
    frames = [noise((50, 60), "uint16"), np.zeros((50, 60), "uint16"), noise((50, 60), "uint16", 2)]
    write(tmp_path, frames).close()
    for k, frame in enumerate(frames):
        np.testing.assert_array_equal(read_frame(tmp_path / NAME.format(k)), frame)


@pytest.mark.parametrize(("exposure_time", "more"), [(0.0, {}), (0.02, {"exposure_time": "0.02"})])
def test_what_is_known_of_a_frame_stands_in_texts(tmp_path, exposure_time, more):
    writer = Written(PNG(), tmp_path / NAME, (4, 4), np.dtype("u1"))
    writer.append(noise((4, 4), "uint8"), -7, np.float64(1e9 + 0.25), exposure_time)
    writer.close()
    expected = {"frame_id": "-7", "timestamp": "1000000000.25", **more}
    with Image.open(tmp_path / NAME.format(0)) as image:
        assert image.text == expected
    found = chunks(tmp_path / NAME.format(0))
    assert [kind for kind, _ in found] == [b"IHDR", *[b"tEXt"] * len(expected), b"IDAT", b"IEND"]
    assert dict(data.decode("latin-1").split("\0") for kind, data in found if kind == b"tEXt") == expected


@pytest.mark.parametrize("level", [-1, 10, 1.0, True, "1", None, np.int64(1)])
def test_a_level_out_of_range_is_refused(level):
    with pytest.raises(ValueError, match=re.escape(f"level must be a whole number from 0 to 9, not {level!r}")):
        PNG(level=level)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((4, 4), "uint32"),
        ((4, 4), "int8"),
        ((4, 4), "int16"),
        ((4, 4), "float32"),
        ((4, 4), ">u2"),
        ((4, 4, 3), "bool"),
        ((4,), "uint8"),
        ((4, 4, 4), "uint8"),
        ((0, 4), "uint8"),
        ((1_000_001, 1), "uint8"),
        ((20_000, 10_000), "uint8"),
        ((2, 4, 4, 3), "uint8"),
        ((), "uint8"),
    ],
    ids=str,
)
def test_what_png_cannot_hold_is_refused(shape, dtype):
    with pytest.raises(ValueError, match=re.escape(f"cannot hold frames of shape {shape} and dtype {dtype}")):
        PNG().check(shape, np.dtype(dtype))


@pytest.mark.parametrize(("shape", "dtype"), KINDS, ids=str)
def test_what_png_can_hold_is_not(shape, dtype):
    PNG().check(shape, np.dtype(dtype))


@pytest.mark.parametrize("shape", [(1, 1_000_000), (1_000_000, 1)])
def test_the_largest_side_can_be_written(tmp_path, shape):
    frame = noise(shape, "uint8")
    PNG().check(shape, frame.dtype)
    write(tmp_path, [frame]).close()
    with Image.open(tmp_path / NAME.format(0)) as image:
        np.testing.assert_array_equal(np.asarray(image), frame)


def test_png_says_that_it_is_lossless():
    assert PNG().lossy is False
