"""Reading TIFF files, also those that others wrote, and refusing those that are not whole."""

import re

import numpy as np
import pytest
import tifffile
from framestore_handlers import MissingFileError, TIFFHandler
from framestore_handlers.place import Place
from framestore_handlers.registry import by_spec
from framestore_handlers.tiff import read_frame
from PIL import Image
from written import Written

from framestore.formats import TIFF


def written(folder, frame, **settings):
    """A file that framestore wrote."""
    writer = Written(TIFF(**settings), folder / "shot_{:06d}.tiff", frame.shape, frame.dtype)
    writer.append(frame, 7, 1.7e9, 0.1)
    writer.close()
    return folder / "shot_000000.tiff"


@pytest.mark.parametrize("compression", [None, "deflate", "zstd", "lzw"])
@pytest.mark.parametrize(("shape", "dtype"), [((5, 7), "u2"), ((4, 3, 3), "u1"), ((1, 1), "f8")])
def test_a_file_that_is_cut_off_anywhere_is_refused_never_read_as_something_else(tmp_path, shape, dtype, compression):
    """tifffile itself makes zeros of pixels that are missing; and a crash may leave zeros instead of a file's end."""
    frame = np.random.default_rng(1).integers(1, 200, shape).astype(dtype)
    path = written(tmp_path, frame, compression=compression)
    whole = path.read_bytes()
    cuts = [whole[:length] for length in range(len(whole))]
    ended_by_zeros = [cut + bytes(len(whole) - len(cut)) for cut in cuts[:-1]]  # the last byte is 0
    for content in cuts + ended_by_zeros:
        path.write_bytes(content)
        with pytest.raises(OSError, match=r"shot_000000\.tiff (is|cannot)"):
            read_frame(path)
    path.write_bytes(whole)
    np.testing.assert_array_equal(read_frame(path), frame)


@pytest.mark.parametrize(("compression", "planar"), [(None, "contig"), ("zlib", "contig"), ("lzw", "separate")])
def test_a_file_of_others_that_is_cut_off_is_refused(tmp_path, compression, planar):
    path = tmp_path / "foreign.tif"
    shape = (3, 16, 24) if planar == "separate" else (16, 24, 3)
    frame = np.random.default_rng(1).integers(1, 200, shape, "u2")
    tifffile.imwrite(path, frame, photometric="rgb", planarconfig=planar, compression=compression, rowsperstrip=4)
    whole = path.read_bytes()
    np.testing.assert_array_equal(read_frame(path), frame)
    for length in range(0, len(whole) - 16, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(OSError, match=r"foreign\.tif (is|cannot)"):
            read_frame(path)


OPTIONS = {
    "strips": {"rowsperstrip": 3},
    "tiles": {"tile": (16, 16)},
    "predictor": {"compression": "zlib", "predictor": True},
    "lzw in strips": {"compression": "lzw", "rowsperstrip": 5},
    "big-endian": {"byteorder": ">"},
    "bigtiff": {"bigtiff": True},
    "imagej": {"imagej": True},
    "white is zero": {"photometric": "miniswhite"},
    "description": {"description": "detector # 1", "metadata": None},
}


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_files_of_others_are_read_as_tifffile_reads_them(tmp_path, dtype, options):
    frame = np.random.default_rng(1).integers(1, 200, (32, 48)).astype(dtype)
    path = tmp_path / "foreign.tif"
    tifffile.imwrite(path, frame, **OPTIONS[options])
    read = read_frame(path)
    assert read.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(read, tifffile.imread(path))
    np.testing.assert_array_equal(read, frame)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "I;16", "F"])
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_files_of_pillow_are_read_as_tifffile_reads_them(tmp_path, mode, compression):
    path = tmp_path / "foreign.tif"
    Image.new("L", (24, 16), 77).convert(mode).save(path, compression=compression)
    read, expected = read_frame(path), tifffile.imread(path)
    assert read.dtype == expected.dtype
    np.testing.assert_array_equal(read, expected)


def test_a_file_of_several_pages_is_read_as_tifffile_reads_it(tmp_path):
    path = tmp_path / "foreign.tif"
    frames = np.arange(60, dtype="u2").reshape(3, 4, 5)
    tifffile.imwrite(path, frames, photometric="minisblack")
    np.testing.assert_array_equal(read_frame(path), frames)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_another_format_under_the_name_is_refused(tmp_path, kind):
    Image.new("L", (4, 4)).save(tmp_path / "shot_000000.tiff", kind)
    with pytest.raises(OSError, match="is not TIFF"):
        read_frame(tmp_path / "shot_000000.tiff")


@pytest.mark.parametrize("compression", [None, "deflate", "lzw", "zstd"])
def test_damage_anywhere_is_an_error_that_names_the_file_or_harmless(tmp_path, compression):
    """Any byte may be any other: no crash, no endless loop, no huge allocation, no other exception."""
    path = written(tmp_path, np.arange(35, dtype="u2").reshape(5, 7), compression=compression)
    whole, messages = path.read_bytes(), []
    for seed in range(300):
        random = np.random.default_rng(seed)
        content = bytearray(whole)
        for _ in range(random.integers(1, 5)):
            content[random.integers(len(content))] = random.integers(256)
        path.write_bytes(content)
        try:
            read_frame(path)
        except OSError as error:
            messages.append(str(error))
    assert len(messages) > 30
    assert all("shot_000000.tiff" in message for message in messages)


@pytest.mark.parametrize("compression", ["deflate", "zstd"])
def test_compressed_pixels_that_are_damaged_are_refused(tmp_path, compression):
    frame = np.random.default_rng(1).poisson(50, (40, 50)).astype("u2")
    path = written(tmp_path, frame, compression=compression)
    content = bytearray(path.read_bytes())
    content[8:40] = bytes(32)
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"shot_000000\.tiff cannot be decompressed"):
        read_frame(path)


def test_points_are_lazy_and_only_the_first_file_is_looked_at(tmp_path):
    frames = np.arange(4 * 35, dtype="u2").reshape(4, 5, 7)
    writer = Written(TIFF(), tmp_path / "shot_{:06d}.tiff", (5, 7), frames.dtype)
    for frame in frames:
        writer.append(frame)
    writer.close()
    handler = TIFFHandler(tmp_path, "%s%s_%6.6d.tiff", "shot", frame_per_point=2)
    point = handler(point_number=1)
    assert (point.shape, point.dtype) == ((2, 5, 7), np.uint16)
    np.testing.assert_array_equal(point.compute(), frames[2:])
    (tmp_path / "shot_000003.tiff").unlink()
    with pytest.raises(MissingFileError, match=r"shot_000003\.tiff"):
        handler(point_number=1).compute()


def test_a_frame_of_another_dtype_is_an_error_not_a_cast(tmp_path):
    written(tmp_path, np.zeros((5, 7), "u2"))
    tifffile.imwrite(tmp_path / "shot_000001.tiff", np.zeros((5, 7), "f4"))
    point = TIFFHandler(tmp_path, "%s%s_%6.6d.tiff", "shot", frame_per_point=2)(0)
    message = "shot_000001.tiff holds frames of (5, 7) float32, its documents say (5, 7) uint16"
    with pytest.raises(OSError, match=re.escape(message)):
        point.compute()


@pytest.mark.parametrize("dtype", [">u2", "<u2", ">f4"])
def test_frames_come_back_in_the_byte_order_that_the_documents_say(tmp_path, dtype):
    """TIFF has both byte orders: files hold the camera's numbers as they were."""
    frame = np.arange(35).reshape(5, 7).astype(dtype)
    written(tmp_path, frame)
    series = by_spec["AD_TIFF"](Place.of(tmp_path), TIFF().layout.resource_kwargs("shot", 1))
    out = np.empty((1, 5, 7), dtype)
    series.read_into(out, 0)
    np.testing.assert_array_equal(out[0], frame)
