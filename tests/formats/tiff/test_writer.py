"""Series of TIFF files, read by tifffile, Pillow, libtiff's tools, ImageMagick and area-detector-handlers."""

import datetime as dt
import re
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from area_detector_handlers.handlers import AreaDetectorTiffHandler
from framestore_handlers import TIFFHandler
from framestore_handlers.tiff import read_frame
from PIL import Image
from written import TESTS, Written

from framestore.formats import TIFF

NAME = "shot_{:06d}.tiff"
DTYPES = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", ">u2", ">f8"]
SHAPES = [(1, 1), (3, 5), (240, 320), (1, 7, 3), (16, 24, 3)]
NAMES = {None: "NONE", "deflate": "ADOBE_DEFLATE", "zstd": "ZSTD", "lzw": "LZW"}
"""tifffile's names of compressions."""


def frames_of(shape, count, dtype="u2"):
    dtype = np.dtype(dtype)
    random = np.random.default_rng(1)
    if dtype.kind == "f":
        return random.normal(0, 1000, (count, *shape)).astype(dtype)
    limits = np.iinfo(dtype)
    return random.integers(limits.min, limits.max, (count, *shape), dtype.newbyteorder("="), endpoint=True).astype(
        dtype
    )


def write(folder, frames, settings=None, **contents):
    writer = Written(settings or TIFF(), folder / NAME, frames.shape[1:], frames.dtype, **contents)
    for k, frame in enumerate(frames):
        writer.append(frame, 100 + k, 1.7e9 + k / 4, 0.02)
    return writer


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def ran(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("compression", NAMES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_tifffile_and_our_reader_read_what_was_written(tmp_path, shape, dtype, compression):
    frames = frames_of(shape, 2, dtype)
    native = frames.dtype.newbyteorder("=")
    write(tmp_path, frames, TIFF(compression=compression)).close()
    assert names(tmp_path) == ["shot_000000.tiff", "shot_000001.tiff"]
    for k, frame in enumerate(frames):
        with tifffile.TiffFile(tmp_path / NAME.format(k)) as file:
            page = file.pages[0]
            assert (len(file.pages), page.shape, page.dtype) == (1, shape, native)
            assert page.compression.name == NAMES[compression]
            assert (file.byteorder, file.is_bigtiff) == (">" if dtype[0] == ">" else "<", False)
            np.testing.assert_array_equal(file.asarray(), frame)
        read = read_frame(tmp_path / NAME.format(k))
        assert (read.shape, read.dtype) == (shape, native)
        np.testing.assert_array_equal(read, frame)


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("frames_per_point", [1, 3])
@pytest.mark.parametrize("shape", [(3, 5), (16, 24, 3)], ids=str)
def test_area_detector_handlers_gives_the_same_as_ours(tmp_path, shape, frames_per_point, compression):
    frames = frames_of(shape, 6)
    writer = write(tmp_path, frames, TIFF(compression=compression))
    kwargs = TIFF().layout.resource_kwargs("shot", frames_per_point)
    theirs, ours = AreaDetectorTiffHandler(str(tmp_path), **kwargs), TIFFHandler(tmp_path, **kwargs)
    for point in range(6 // frames_per_point):
        expected = frames[point * frames_per_point :][:frames_per_point]
        np.testing.assert_array_equal(theirs(point_number=point), expected)
        np.testing.assert_array_equal(ours(point_number=point).compute(), expected)
        assert ours.get_file_list([{"point_number": point}]) == theirs.get_file_list([{"point_number": point}])
    writer.close()


@pytest.mark.parametrize("compression", [None, "deflate", "lzw"])
@pytest.mark.parametrize(("shape", "dtype"), [((3, 5), "u1"), ((3, 5), "u2"), ((3, 5), "f4"), ((4, 6, 3), "u1")])
def test_pillow_reads_what_it_knows(tmp_path, shape, dtype, compression):
    frames = frames_of(shape, 1, dtype)
    write(tmp_path, frames, TIFF(compression=compression)).close()
    with Image.open(tmp_path / NAME.format(0)) as image:
        assert (image.format, image.n_frames) == ("TIFF", 1)
        np.testing.assert_array_equal(np.asarray(image), frames[0])


@pytest.mark.parametrize("compression", [None, "deflate", "lzw"])
@pytest.mark.parametrize(("shape", "dtype"), [((3, 5), "u2"), ((4, 6, 3), "u2"), ((3, 5), ">u2"), ((4, 6, 3), "u1")])
def test_imagemagick_reads_it(tmp_path, shape, dtype, compression):
    frames = frames_of(shape, 1, dtype)
    write(tmp_path, frames, TIFF(compression=compression)).close()
    depth = 8 * frames.dtype.itemsize
    raw = "rgb:-" if len(shape) == 3 else "gray:-"
    command = ["convert", tmp_path / NAME.format(0), "-depth", str(depth), "-endian", "LSB", raw]
    pixels = subprocess.run(command, capture_output=True, check=True).stdout
    np.testing.assert_array_equal(np.frombuffer(pixels, f"<u{depth // 8}").reshape(shape), frames[0])


@pytest.mark.parametrize("compression", [None, "deflate", "lzw"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_libtiffs_tools_read_it(tmp_path, dtype, compression):
    frames = frames_of((16, 24), 1, dtype)
    write(tmp_path, frames, TIFF(compression=compression)).close()
    assert "Image Width: 24 Image Length: 16" in ran("tiffinfo", tmp_path / NAME.format(0))
    ran("tiffcp", "-c", "packbits", tmp_path / NAME.format(0), tmp_path / "copied.tiff")  # it decodes, and encodes anew
    with tifffile.TiffFile(tmp_path / "copied.tiff") as file:
        assert file.pages[0].compression.name == "PACKBITS"
        np.testing.assert_array_equal(file.asarray(), frames[0])


def test_id_timestamp_and_exposure_stand_in_tags_and_in_the_description(tmp_path):
    writer = Written(TIFF(), tmp_path / NAME, (4, 4), np.dtype("u2"), camera="the camera", pixel_size=(6.5e-6, 1.3e-5))
    writer.append(np.zeros((4, 4), "u2"), 7, 1_700_000_000.123456, 0.025)
    writer.close()
    with tifffile.TiffFile(tmp_path / NAME.format(0)) as file:
        tags = {tag.code: tag.value for tag in file.pages[0].tags}
    assert tags[270].splitlines() == [
        "frame_id=7",
        "timestamp=1700000000.123456",
        "exposure_time=0.025",
        "camera=the camera",
    ]
    since_1990 = 1_700_000_000.123456 - dt.datetime(1990, 1, 1, tzinfo=dt.UTC).timestamp()
    assert (tags[65000], tags[65001], tags[65002]) == (since_1990, 7, int(since_1990))
    assert abs(tags[65003] - 123_456_000) < 200  # a float tells a tenth of a microsecond
    assert tags[33434] == (1, 40)
    local = dt.datetime.fromtimestamp(1_700_000_000)  # noqa: DTZ006 - TIFF knows no time zones
    assert tags[306] == local.strftime("%Y:%m:%d %H:%M:%S")
    across, down = (tags[code][0] / tags[code][1] for code in (282, 283))
    assert (0.01 / across, 0.01 / down, tags[296]) == (pytest.approx(1.3e-5), pytest.approx(6.5e-6), 3)
    assert tags[305] == "framestore"


TIME = {65000, 65002, 65003, 306}


@pytest.mark.parametrize(
    ("frame_id", "timestamp", "exposure", "missing"),
    [
        (2**32 - 1, 1.7e9, 0.1, set()),
        (2**32, 1.7e9, 0.1, {65001}),
        (-1, 1.7e9, 0.1, {65001}),
        (1, 0.0, 0.1, TIME),
        (1, float("nan"), 0.1, TIME),
        (1, 1e12, 0.1, TIME),
        (1, 1.7e9, 0.0, {33434}),
        (1, 1.7e9, float("inf"), {33434}),
    ],
)
def test_what_a_tag_cannot_hold_stands_in_the_description_only(tmp_path, frame_id, timestamp, exposure, missing):
    writer = Written(TIFF(), tmp_path / NAME, (4, 4), np.dtype("u2"))
    writer.append(np.ones((4, 4), "u2"), frame_id, timestamp, exposure)
    writer.close()
    with tifffile.TiffFile(tmp_path / NAME.format(0)) as file:
        assert {65001, 33434, *TIME} - {tag.code for tag in file.pages[0].tags} == missing
        text = dict(line.split("=") for line in file.pages[0].description.splitlines())
        np.testing.assert_array_equal(file.asarray(), 1)
    assert (text["frame_id"], text["timestamp"]) == (str(frame_id), repr(timestamp))
    assert text.get("exposure_time", "0.0") == repr(exposure)


@pytest.mark.parametrize("camera", ["Kämera", "two\nlines", "zero\0byte", "", "x" * 3000])
def test_names_of_cameras_do_not_break_the_description(tmp_path, camera):
    write(tmp_path, frames_of((4, 4), 1), camera=camera).close()
    with tifffile.TiffFile(tmp_path / NAME.format(0)) as file:
        lines = file.pages[0].description.splitlines()
    assert lines[0] == "frame_id=100"
    assert lines[-1] == f"camera={camera.replace(chr(10), ' ').replace(chr(0), ' ')}"
    np.testing.assert_array_equal(read_frame(tmp_path / NAME.format(0)), frames_of((4, 4), 1)[0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"compression": "jpeg"}, "compression must be None or one of 'deflate', 'zstd', 'lzw', not 'jpeg'"),
        ({"compression": ""}, "compression must be None"),
        ({"level": 3}, "compression None has no level"),
        ({"compression": "lzw", "level": 1}, "compression 'lzw' has no level"),
        ({"compression": "deflate", "level": 0}, "level of 'deflate' must be a whole number from 1 to 9, not 0"),
        ({"compression": "deflate", "level": 10}, "from 1 to 9"),
        ({"compression": "deflate", "level": True}, "whole number"),
        ({"compression": "zstd", "level": 23}, "from 1 to 22"),
        ({"durable": "maybe"}, "durable"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        TIFF(**settings)


def test_a_level_compresses_harder(tmp_path):
    frames = np.random.default_rng(1).poisson(50, (1, 256, 256)).astype("u2")
    sizes = []
    for level in (1, 9):
        folder = tmp_path / str(level)
        folder.mkdir()
        write(folder, frames, TIFF(compression="deflate", level=level)).close()
        sizes.append((folder / NAME.format(0)).stat().st_size)
    assert frames.nbytes > sizes[0] > sizes[1]


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((4, 4), "bool"),
        ((4, 4), "c8"),
        ((4, 4), "f16"),
        ((4, 4), "S3"),
        ((4, 4), "M8[s]"),
        ((4,), "u1"),
        ((4, 4, 4), "u1"),
        ((3, 4, 4), "u1"),
        ((0, 4), "u1"),
        ((2, 4, 4, 3), "u1"),
        ((2**32, 1), "u1"),
        ((), "u1"),
    ],
    ids=str,
)
def test_what_tiff_cannot_hold_is_refused(shape, dtype):
    with pytest.raises(ValueError, match=re.escape(f"'tiff' cannot hold frames of shape {shape} and dtype")):
        TIFF().check(shape, np.dtype(dtype))


WITHOUT_IMAGECODECS = """
import importlib.util
import sys
from pathlib import Path

find_spec = importlib.util.find_spec
sys.modules["imagecodecs"] = None
importlib.util.find_spec = lambda name, *rest: None if name == "imagecodecs" else find_spec(name, *rest)

import numpy as np
from framestore_handlers.tiff import read_frame

sys.path.insert(0, sys.argv[1])
from written import TESTS, Written

from framestore.formats import TIFF

folder, code = Path(sys.argv[2]), sys.argv[3]
frame = np.load(folder / "frame.npy")


def write():
    writer = Written(TIFF(compression=code), folder / "shot_{:06d}.tiff", frame.shape, frame.dtype)
    writer.append(frame)
    writer.close()
    print("written")


for work in (lambda: print(np.array_equal(read_frame(folder / "whole.tiff"), frame)), write):
    try:
        work()
    except ModuleNotFoundError as error:
        print(error)
"""


@pytest.mark.parametrize("code", ["deflate", "zstd", "lzw"])
def test_without_imagecodecs(tmp_path, code):
    """In a process that cannot import it: deflate works, LZW is read; else the command that mends it is named."""
    frames = frames_of((16, 24), 1)
    np.save(tmp_path / "frame.npy", frames[0])
    write(tmp_path, frames, TIFF(compression=code)).close()
    (tmp_path / NAME.format(0)).rename(tmp_path / "whole.tiff")
    told = ran(sys.executable, "-c", WITHOUT_IMAGECODECS, TESTS, tmp_path, code).splitlines()
    if code == "zstd":
        assert "whole.tiff is compressed by zstd, which needs imagecodecs: pip install" in told[0]
        assert "'framestore-handlers[compression]'" in told[0]
    else:
        assert told[0] == "True"
    if code == "deflate":
        assert told[1] == "written"
        np.testing.assert_array_equal(tifffile.imread(tmp_path / NAME.format(0)), frames[0])
    else:
        assert told[1].endswith("needs imagecodecs: pip install 'framestore[compression]'")


@pytest.mark.parametrize("code", ["deflate", "zstd", "lzw"])
def test_noise_that_grows_when_it_is_compressed_fits_into_the_scratch(tmp_path, code):
    for k, size in enumerate([(1, 1), (7, 3), (64, 64), (1000, 1001)]):
        folder = tmp_path / str(k)
        folder.mkdir()
        frames = frames_of(size, 1, "u1")
        write(folder, frames, TIFF(compression=code)).close()
        np.testing.assert_array_equal(tifffile.imread(folder / NAME.format(0)), frames[0])


def test_a_file_beyond_four_gigabytes_is_a_bigtiff(tmp_path, monkeypatch):
    """Tried with a limit that is lower than that of the format."""
    monkeypatch.setattr("framestore.formats.tiff.writer._MOST", 1000)
    frames = frames_of((40, 40), 1)
    write(tmp_path, frames).close()
    with tifffile.TiffFile(tmp_path / NAME.format(0)) as file:
        assert file.is_bigtiff
        np.testing.assert_array_equal(file.asarray(), frames[0])
    np.testing.assert_array_equal(read_frame(tmp_path / NAME.format(0)), frames[0])


@pytest.mark.parametrize("compression", [None, "zstd"])
def test_frames_are_taken_back_and_copied(tmp_path, compression):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    frames = frames_of((8, 8), 4)
    settings = TIFF(compression=compression)
    writer = write(one, frames, settings)
    other = Written(settings, two / NAME, (8, 8), frames.dtype)
    writer.copy_to(other, 2)
    writer.remove(1, 2)
    writer.close()
    other.close()
    assert [tifffile.imread(one / name).tolist() for name in names(one)] == frames[[0, 3]].tolist()
    assert [tifffile.imread(two / name).tolist() for name in names(two)] == frames[2:].tolist()
