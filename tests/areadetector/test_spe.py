"""Princeton Instruments' SPE files, written by hand after the description of their header."""

import pickle
import struct

import framestore_handlers
import numpy as np
import pytest
from area_detector_handlers.handlers import AreaDetectorSPEHandler as Theirs
from framestore_handlers import MissingFileError, UntrustedPathError, handler_registry
from framestore_handlers.areadetector.spe import AreaDetectorSPEHandler, SPEFrames
from framestore_handlers.place import Place
from resources import points, run_of

TEMPLATE = "%s%s%4.4d.spe"
CODES = {"<f4": 0, "<i4": 1, "<i2": 2, "<u2": 3, "<f8": 5, "|u1": 6, "<u4": 8}


def header(frames, height, width, code, version=2.5, text=0):
    """What stands before the pixels; the numbers where the manual has them."""
    head = bytearray(4100)
    struct.pack_into("<10s", head, 20, b"01Feb2023\0")
    struct.pack_into("<7s", head, 172, b"123456\0")
    struct.pack_into("<H", head, 42, width)
    struct.pack_into("<h", head, 108, code)
    struct.pack_into("<H", head, 656, height)
    struct.pack_into("<Q", head, 678, text)
    struct.pack_into("<i", head, 1446, frames)
    struct.pack_into("<f", head, 1992, version)
    struct.pack_into("<ih", head, 2996, 0x01234567, 0)
    struct.pack_into("<h", head, 4098, 0x5555)
    return bytes(head)


def write(path, array):
    path.write_bytes(header(*array.shape, CODES[array.dtype.str]) + array.tobytes())


def some(shape, dtype="<u2", seed=1):
    return np.random.default_rng(seed).integers(0, 200, shape).astype(dtype)


def handler(folder, frames, cls=AreaDetectorSPEHandler):
    return cls(str(folder), TEMPLATE, "scan", frames)


@pytest.mark.parametrize("dtype", ["<f4", "<i4", "<i2", "<u2"])
def test_points_are_those_of_area_detector_handlers(tmp_path, dtype):
    arrays = [some((3, 5, 7), dtype, seed) for seed in range(2)]
    for number, array in enumerate(arrays):
        write(tmp_path / f"scan{number:04d}.spe", array)
    ours, theirs = handler(tmp_path, 3), handler(tmp_path, 3, Theirs)
    for number, array in enumerate(arrays):
        point, expected = ours(point_number=number), theirs(point_number=number)
        assert (point.shape, point.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_array_equal(point.compute(), expected)
        np.testing.assert_array_equal(expected, array)
    assert ours.get_file_list(iter(points(2))) == theirs.get_file_list(points(2))
    assert ours.get_file_sizes(points(2)) == [4100 + arrays[0].nbytes] * 2


@pytest.mark.parametrize("dtype", ["<f8", "|u1", "<u4"])
def test_kinds_of_pixels_that_theirs_does_not_know(tmp_path, dtype):
    array = some((2, 5, 7), dtype)
    write(tmp_path / "scan0000.spe", array)
    np.testing.assert_array_equal(handler(tmp_path, 2)(0).compute(), array)


@pytest.mark.parametrize("shape", [(1, 5, 7), (1, 1, 7), (3, 1, 7), (1, 1, 40_000)])
def test_axes_of_length_1_stay(tmp_path, shape):
    array = some(shape)
    write(tmp_path / "scan0000.spe", array)
    point = handler(tmp_path, shape[0])(0)
    assert point.shape == shape
    np.testing.assert_array_equal(point.compute(), array)


@pytest.mark.parametrize("block_bytes", [2**20, 5 * 7 * 2 * 2])
def test_load(tmp_path, block_bytes):
    arrays = np.stack([some((3, 5, 7), "<u2", seed) for seed in range(4)])
    for number, array in enumerate(arrays):
        write(tmp_path / f"scan{number:04d}.spe", array)
    kwargs = {"template": TEMPLATE, "filename": "scan", "frame_per_point": 3}
    pairs = run_of("AD_SPE", tmp_path, kwargs, points(4), ((3, 5, 7), "<u2"))
    stream = framestore_handlers.load(pairs, allowed_roots=[tmp_path], block_bytes=block_bytes)["primary"]
    np.testing.assert_array_equal(stream["image"].compute(), arrays)
    np.testing.assert_array_equal(stream.read("image", 1, 3), arrays[1:3])
    assert all(len(pickle.dumps(task)) < 4000 for task in dict(stream["image"].dask).values())
    (tmp_path / "scan0002.spe").unlink()
    with pytest.raises(MissingFileError, match=r"scan0002\.spe"):
        stream.read("image")
    outside = framestore_handlers.load(pairs, allowed_roots=[tmp_path / "sub"])["primary"]
    with pytest.raises(UntrustedPathError, match="scan0000"):
        outside.read("image", 0, 1)


def lightfield(frames, region, stride, pixels="MonochromeUnsigned16", more=""):
    height, width = region
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<SpeFormat version="3.0" xmlns="http://www.princetoninstruments.com/spe/2009"><DataFormat>'
        f'<DataBlock type="Frame" count="{frames}" pixelFormat="{pixels}" size="{height * width * 2}"'
        f' stride="{stride}"><DataBlock type="Region" count="1" width="{width}" height="{height}"/>{more}'
        "</DataBlock></DataFormat></SpeFormat>"
    ).encode()


IN_UTF_16 = (
    lightfield(3, (5, 7), 70)
    .decode()
    .replace('"utf-8"?>', '"utf-16"?><!DOCTYPE SpeFormat [<!ENTITY height "5">]>')
    .replace('height="5"', 'height="&height;"')
    .encode("utf-16")
)


def write_3(path, array, padding=0, text=None):
    """As LightField writes them; with times behind each frame, which take a few bytes."""
    data = b"".join(frame.tobytes() + b"\xff" * padding for frame in array)
    text = text or lightfield(len(array), array.shape[1:], array[0].nbytes + padding)
    path.write_bytes(header(*array.shape, 3, 3.0, 4100 + len(data)) + data + text)


@pytest.mark.parametrize("padding", [0, 16])
def test_files_of_lightfield(tmp_path, padding):
    array = some((3, 5, 7))
    write_3(tmp_path / "scan0000.spe", array, padding)
    np.testing.assert_array_equal(handler(tmp_path, 3)(0).compute(), array)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (lightfield(3, (5, 7), 70, more='<DataBlock type="Region" width="1" height="1"/>'), "of one region"),
        (lightfield(3, (5, 7), 70, "MonochromeUnsigned12"), "not known: MonochromeUnsigned12"),
        (lightfield(3, (5, 7), 60), "3 frames of"),
        (lightfield(2, (5, 7), 70), "210 bytes of pixels, but 2 frames"),
        (lightfield(4, (5, 7), 70), "is cut off"),
        (lightfield(3, (5, 7), 70)[:-5], "of one region"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]>' + lightfield(3, (5, 7), 70), "declares things"),
        (IN_UTF_16, "declares things"),
    ],
)
def test_texts_of_lightfield_that_say_otherwise(tmp_path, text, message):
    write_3(tmp_path / "scan0000.spe", some((3, 5, 7)), text=text)
    with pytest.raises(OSError, match=rf"scan0000\.spe.*{message}"):
        handler(tmp_path, 3)(0)


def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path):
    path = tmp_path / "scan0000.spe"
    write(path, some((2, 3, 4)))
    whole = path.read_bytes()
    for length in [*range(0, 4100, 410), *range(4100, len(whole))]:
        path.write_bytes(whole[:length])
        with pytest.raises(OSError, match=rf"scan0000\.spe is cut off: it has {length} of at least"):
            handler(tmp_path, 2)(0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (header(2, 3, 4, 3) + bytes(49), "holds 49 bytes of pixels, but 2 frames of .3, 4. uint16 are 48"),
        (header(2**31 - 1, 65535, 65535, 5) + bytes(48), "is cut off"),
        (header(0, 3, 4, 3), "0 frames"),
        (header(-1, 3, 4, 3), "-1 frames"),
        (header(2, 0, 4, 3), r"frames of \(0, 4\)"),
        (header(2, 3, 4, 77) + bytes(48), "not known: 77"),
        (b"", "is cut off"),
    ],
)
def test_headers_that_cannot_be(tmp_path, content, message):
    (tmp_path / "scan0000.spe").write_bytes(content)
    with pytest.raises(OSError, match=rf"scan0000\.spe.*{message}"):
        handler(tmp_path, 2)(0)


def test_a_point_of_other_frames_is_refused(tmp_path):
    write(tmp_path / "scan0000.spe", some((2, 3, 4)))
    with pytest.raises(OSError, match=r"scan0000\.spe holds 2 frames, expected 3"):
        handler(tmp_path, 3)(0)
    kwargs = {"template": TEMPLATE, "filename": "scan", "frame_per_point": 3}
    stream = framestore_handlers.load(run_of("AD_SPE", tmp_path, kwargs, points(1), ((3, 3, 4), "<u2")))["primary"]
    with pytest.raises(OSError, match=r"scan0000\.spe holds 2 frames, expected 3"):
        stream.read("image")


def test_documents_that_say_another_shape_or_dtype(tmp_path):
    write(tmp_path / "scan0000.spe", some((2, 3, 4)))
    kwargs = {"template": TEMPLATE, "filename": "scan", "frame_per_point": 2}
    for data_key in [((2, 4, 3), "<u2"), ((2, 3, 4), "<i2")]:
        stream = framestore_handlers.load(run_of("AD_SPE", tmp_path, kwargs, points(1), data_key))["primary"]
        with pytest.raises(OSError, match=r"scan0000\.spe holds frames of \(3, 4\) uint16, its documents say"):
            stream.read("image")


def test_a_missing_point_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"scan0007\.spe"):
        handler(tmp_path, 2)(7)


def test_frames_beyond_the_end(tmp_path):
    write(tmp_path / "scan0000.spe", some((2, 3, 4)))
    file = SPEFrames(place=Place.of(tmp_path / "scan0000.spe"))
    with pytest.raises(OSError, match="holds 2 frames, its documents name frames up to 3"):
        file.read_into(np.empty((2, 3, 4), "<u2"), 1)


def test_the_spec_is_known():
    assert handler_registry["AD_SPE"] is AreaDetectorSPEHandler
