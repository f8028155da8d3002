"""The PNG handler by itself, on files that others wrote."""

import re
import struct
import zlib

import magick
import numpy as np
import pytest
from framestore_handlers import MissingFileError, PNGHandler
from framestore_handlers.png import read_frame
from memory import little_memory
from PIL import Image, ImageFile


def frames_of(shape, dtype):
    raw = np.random.default_rng(1).integers(0, 256, (6, *shape, np.dtype(dtype).itemsize), "uint8")
    return raw.view(dtype)[..., 0]


@pytest.fixture
def pixels(tmp_path):
    """Six files of a series, by Pillow, and what is in them."""
    frames = frames_of((40, 50), "uint8")
    for k, frame in enumerate(frames):
        Image.fromarray(frame).save(tmp_path / f"shot_{k:06d}.png")
    return frames


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_header(content, **changes):
    """A file whose header says something else, with a right checksum."""
    names = ["width", "height", "bits", "colour", "compression", "filter", "interlace"]
    header = dict(zip(names, struct.unpack_from(">IIBBBBB", content, 16), strict=True)) | changes
    return content[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", *header.values())) + content[33:]


def test_points_are_lazy(tmp_path, pixels):
    handler = PNGHandler(tmp_path, "%s%s_%6.6d.png", "shot", frame_per_point=2)
    point = handler(point_number=1)
    assert (point.shape, point.dtype) == ((2, 40, 50), np.uint8)
    np.testing.assert_array_equal(point.compute(), pixels[2:4])
    files = handler.get_file_list([{"point_number": 0}, {"point_number": 2}])
    assert files == [str(tmp_path / f"shot_00000{k}.png") for k in (0, 1, 4, 5)]


@pytest.mark.parametrize("interlace", ["None", "PNG"])
@pytest.mark.parametrize("shape", [(1, 1), (13, 27), (1, 1, 3), (13, 27, 3)], ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_files_of_libpng_are_exact(tmp_path, dtype, shape, interlace):
    frames = frames_of(shape, dtype)[:1]
    magick.write(tmp_path / "shot_000000.png", frames[0], "-interlace", interlace)
    point = PNGHandler(tmp_path, "%s%s_%6.6d.png", "shot")(0)
    assert (point.shape, point.dtype) == (frames.shape, frames.dtype)
    np.testing.assert_array_equal(point.compute(), frames)


def test_black_and_white_is_bool(tmp_path):
    frame = frames_of((9, 13), "uint8")[0] > 100
    Image.fromarray(frame).save(tmp_path / "a.png")
    read = read_frame(tmp_path / "a.png")
    assert read.dtype == bool
    np.testing.assert_array_equal(read, frame)


def test_a_point_that_is_not_there(tmp_path, pixels):
    with pytest.raises(MissingFileError, match=r"shot_000006\.png"):
        PNGHandler(tmp_path, "%s%s_%6.6d.png", "shot")(6)


def test_a_frame_of_another_shape_is_refused_before_it_is_decoded(tmp_path, pixels):
    """12 million pixels, which nobody asked for, take 36 MB."""
    Image.new("RGB", (4000, 3000)).save(tmp_path / "shot_000001.png")
    point = PNGHandler(tmp_path, "%s%s_%6.6d.png", "shot", frame_per_point=2)(0)
    message = r"shot_000001.png holds frames of (3000, 4000, 3) uint8, its documents say"
    with little_memory(2**23), pytest.raises(OSError, match=re.escape(message)):
        point.compute()


def test_a_frame_of_another_dtype_is_an_error_not_a_cast(tmp_path, pixels):
    magick.write(tmp_path / "shot_000001.png", pixels[1].astype("uint16"))
    point = PNGHandler(tmp_path, "%s%s_%6.6d.png", "shot", frame_per_point=2)(0)
    message = r"shot_000001.png holds frames of (40, 50) uint16, its documents say (40, 50) uint8"
    with pytest.raises(OSError, match=re.escape(message)):
        point.compute()


@pytest.mark.parametrize(("shape", "dtype"), [((6, 7), "uint8"), ((6, 7), "uint16"), ((4, 5, 3), "uint16")], ids=str)
def test_a_file_that_is_cut_off_anywhere_is_refused_never_read_as_something_else(tmp_path, shape, dtype):
    """Also where its size is right, but zeros stand instead of its end, which a crash may leave."""
    path = tmp_path / "shot_000000.png"
    frame = frames_of(shape, dtype)[0]
    magick.write(path, frame)
    whole = path.read_bytes()
    for length in range(len(whole)):
        for content in (whole[:length], whole[:length] + bytes(len(whole) - length)):
            if content == whole:
                continue
            path.write_bytes(content)
            with pytest.raises(OSError, match=r"shot_000000\.png (is|cannot)"):
                read_frame(path)
    for padding in (b"", bytes(512), b"what some cameras append"):
        path.write_bytes(whole + padding)
        np.testing.assert_array_equal(read_frame(path), frame)


def test_a_file_any_of_whose_bits_is_another_is_refused(tmp_path):
    """Pillow itself does not look at the checksum of the pixels."""
    path = tmp_path / "shot_000000.png"
    Image.fromarray(frames_of((3, 4), "uint8")[0]).save(path)
    whole = path.read_bytes()
    for k in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[k // 8] ^= 1 << k % 8
        path.write_bytes(damaged)
        with pytest.raises(OSError, match=r"shot_000000\.png is (cut off or damaged|not PNG)"):
            read_frame(path)


@pytest.mark.parametrize("stream", [None, b"", b"no zlib stream", zlib.compress(bytes(72))[:-9]])
def test_a_file_whose_pixels_are_none_is_refused(tmp_path, stream):
    """All of its checksums are right."""
    path = tmp_path / "a.png"
    Image.fromarray(frames_of((8, 8), "uint8")[0]).save(path)
    data = b"" if stream is None else chunk(b"IDAT", stream)
    path.write_bytes(path.read_bytes()[:33] + data + chunk(b"IEND", b""))
    with pytest.raises(OSError, match=r"a\.png cannot be read as PNG"):
        read_frame(path)


def test_a_file_without_a_header_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""))
    with pytest.raises(OSError, match=r"a\.png is not PNG: it has no header"):
        read_frame(tmp_path / "a.png")


def test_a_setting_that_hides_damage_is_refused(tmp_path, pixels, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(OSError, match="LOAD_TRUNCATED_IMAGES is set"):
        read_frame(tmp_path / "shot_000000.png")


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "BMP"])
def test_another_format_under_the_name_is_refused(tmp_path, kind):
    Image.new("L", (4, 4)).save(tmp_path / "shot_000000.png", kind)
    with pytest.raises(OSError, match="is not PNG"):
        read_frame(tmp_path / "shot_000000.png")


@pytest.mark.parametrize("mode", ["P", "LA", "RGBA"])
def test_what_would_not_come_back_as_it_is_is_refused(tmp_path, mode):
    """A palette's numbers are no brightness; nobody counts on a channel more."""
    Image.new(mode, (4, 4)).save(tmp_path / "a.png")
    with pytest.raises(OSError, match=r"a\.png is PNG of \d bit a channel and colour type \d, expected grey"):
        read_frame(tmp_path / "a.png")


@pytest.mark.parametrize(("bits", "colour"), [(2, 0), (4, 0), (16, 4), (16, 6)])
def test_kinds_that_pillow_scales_are_refused(tmp_path, bits, colour):
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(with_header((tmp_path / "a.png").read_bytes(), bits=bits, colour=colour))
    with pytest.raises(OSError, match=rf"a\.png is PNG of {bits} bit a channel and colour type {colour}, expected"):
        read_frame(tmp_path / "a.png")
