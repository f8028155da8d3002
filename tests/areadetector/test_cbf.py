"""CBF files, written by fabio and, where it does not write such, by hand."""

import base64
import hashlib
import logging
import subprocess
import sys

import fabio.cbfimage
import framestore_handlers
import numpy as np
import pytest
from area_detector_handlers.handlers import PilatusCBFHandler as Theirs
from framestore_handlers import MissingFileError, UntrustedPathError, handler_registry
from framestore_handlers.areadetector.cbf import PilatusCBFHandler
from framestore_handlers.areadetector.cbf_reading import read_frame
from resources import points, run_of

TEMPLATE = "%s%s_%5.5d.cbf"


def write(path, frame):
    fabio.cbfimage.CbfImage(data=frame).write(str(path))


def some(seed=0, shape=(6, 9), dtype="int32", most=70_000):
    """Differences of pixels of all lengths that CBF has for them."""
    return np.random.default_rng(seed).choice([0, 3, -1, 100, 40_000 % most, most], shape).astype(dtype)


@pytest.fixture
def series(tmp_path):
    """Twelve frames, the first of which is number 1."""
    frames = [some(seed) for seed in range(12)]
    for number, frame in enumerate(frames, 1):
        write(tmp_path / f"scan_{number:05d}.cbf", frame)
    return tmp_path, np.stack(frames)


def section(data, shape, dtype="signed 32-bit integer", **changes):
    """A file after the description of the format, which says other things than are so by ``changes``."""
    lines = {
        "Content-Type": "application/octet-stream;",
        "Content-Transfer-Encoding": "BINARY",
        "X-Binary-Size": len(data),
        "X-Binary-ID": 1,
        "X-Binary-Element-Type": f'"{dtype}"',
        "X-Binary-Element-Byte-Order": "LITTLE_ENDIAN",
        "Content-MD5": base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode(),
        "X-Binary-Number-of-Elements": shape[0] * shape[1],
        "X-Binary-Size-Fastest-Dimension": shape[1],
        "X-Binary-Size-Second-Dimension": shape[0],
    } | {key.replace("_", "-"): value for key, value in changes.items()}
    conversions = lines.pop("conversions", "x-CBF_BYTE_OFFSET")
    head = [f"{key}: {value}" for key, value in lines.items() if value is not None]
    head.insert(1, f'     conversions="{conversions}"')
    text = "###CBF: VERSION 1.5\r\ndata_x\r\n_array_data.data\r\n;\r\n--CIF-BINARY-FORMAT-SECTION--\r\n"
    begin = (text + "\r\n".join(head) + "\r\n\r\n").encode() + b"\x0c\x1a\x04\xd5"
    return begin + data + b"\r\n--CIF-BINARY-FORMAT-SECTION----\r\n;"


def test_points_of_one_frame_are_those_of_area_detector_handlers_with_the_axis_of_frames(series):
    folder, frames = series
    ours, theirs = (cls(str(folder), TEMPLATE, "scan") for cls in (PilatusCBFHandler, Theirs))
    for number in range(3):
        expected = theirs(point_number=number)
        point = ours(point_number=number)
        assert (point.shape, point.dtype) == ((1, *expected.shape), expected.dtype)
        np.testing.assert_array_equal(point.compute()[0], expected)
        np.testing.assert_array_equal(expected, frames[number])
    assert ours.get_file_list(iter(points(3))) == theirs.get_file_list(points(3))
    assert ours.get_file_sizes(points(1)) == [(folder / "scan_00001.cbf").stat().st_size]


@pytest.mark.parametrize("initial", [0, 1, 5])
def test_bursts_have_their_own_frames(tmp_path, initial):
    frames = np.stack([some(seed) for seed in range(6)])
    for number, frame in enumerate(frames, initial):
        write(tmp_path / f"scan_{number:05d}.cbf", frame)
    handler = PilatusCBFHandler(tmp_path, TEMPLATE, "scan", frame_per_point=3, initial_number=initial)
    np.testing.assert_array_equal([handler(k).compute() for k in range(2)], frames.reshape(2, 3, 6, 9))
    names = [str(tmp_path / f"scan_{number:05d}.cbf") for number in range(initial + 3, initial + 6)]
    assert handler.get_file_list([{"point_number": 1}]) == names


@pytest.mark.parametrize("kwargs", [{}, {"initial_number": 4}])
def test_load(series, kwargs):
    folder, frames = series
    kwargs |= {"template": TEMPLATE, "filename": "scan", "frame_per_point": 3}
    pairs = run_of("AD_CBF", folder, kwargs, points(3), ((3, 6, 9), "<i4"))
    stream = framestore_handlers.load(pairs, allowed_roots=[folder])["primary"]
    first = kwargs.get("initial_number", 1) - 1
    expected = frames[first : first + 9].reshape(3, 3, 6, 9)
    np.testing.assert_array_equal(stream["image"].compute(), expected)
    np.testing.assert_array_equal(stream.read("image", 1), expected[1:])
    (folder / "scan_00005.cbf").unlink()
    with pytest.raises(MissingFileError, match=r"scan_00005\.cbf"):
        stream.read("image")
    with pytest.raises(UntrustedPathError):
        framestore_handlers.load(pairs, allowed_roots=[folder / "x"])["primary"].read("image")


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "int64"])
def test_integers_of_every_kind_are_read_as_fabio_reads_them(tmp_path, dtype):
    limits = np.iinfo(dtype)
    frame = np.random.default_rng(2).choice([0, 1, limits.max // 3, limits.max, limits.min], (6, 9)).astype(dtype)
    if dtype in {"int32", "int64"}:
        frame //= 4  # fabio does not write wider differences
    write(tmp_path / "a.cbf", frame)
    found, expected = read_frame(tmp_path / "a.cbf"), fabio.open(str(tmp_path / "a.cbf")).data
    assert found.dtype == expected.dtype == dtype
    np.testing.assert_array_equal(found, frame)
    np.testing.assert_array_equal(expected, frame)


def test_a_header_of_a_pilatus(tmp_path):
    """Text before the section, in lines that end otherwise; no checksum, and zeros behind the pixels."""
    frame = some(shape=(4, 5), most=90)
    data = np.diff(frame.reshape(-1), prepend=0).clip(-127, 127).astype("i1")
    content = section(data.tobytes(), (4, 5), Content_MD5=None, X_Binary_Size_Padding=4095)
    header = b'_array_data.header_convention "PILATUS_1.2"\r\n_array_data.header_contents\r\n;\r\n# Detector: PILATUS'
    content = content.replace(b"data_x", header).replace(b"\r\n--CIF-BINARY-FORMAT-SECTION----", bytes(4095))
    (tmp_path / "a.cbf").write_bytes(content)
    np.testing.assert_array_equal(read_frame(tmp_path / "a.cbf"), data.cumsum(dtype="i4").reshape(4, 5))


def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path):
    path = tmp_path / "a.cbf"
    write(path, some())
    whole = path.read_bytes()
    end = whole.rindex(b"\r\n\r\n--CIF")
    for length in [*range(0, end, 13), *range(end - 20, end)]:
        path.write_bytes(whole[:length])
        with pytest.raises(OSError, match=r"a\.cbf (is|does not say)"):
            read_frame(path)


DATA = bytes([1, 2, 3, 0x80, 0, 1, 4, 0x80, 0, 0x80, 1, 0, 0, 0])
"""Six pixels: differences of 1, 3 and 7 bytes."""


def test_differences_of_every_length(tmp_path):
    (tmp_path / "a.cbf").write_bytes(section(DATA, (2, 3)))
    np.testing.assert_array_equal(read_frame(tmp_path / "a.cbf"), [[1, 3, 6], [262, 266, 267]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (section(DATA, (2, 3), Content_MD5="AAAAAAAAAAAAAAAAAAAAAA=="), "is damaged: .* checksum"),
        (section(DATA, (2, 4)), "fewer than 8 pixels"),
        (section(DATA[:-1], (2, 3)), "fewer than 6 pixels"),
        (section(DATA, (2, 3), X_Binary_Size=10**6), "is cut off: it has .* of 1000000 bytes"),
        (section(DATA, (10**9, 10**9)), "is damaged: .* 1000000000000000000 pixels in 14 bytes"),
        (section(DATA, (10**9, 10**9), X_Binary_Size=10**18), "is cut off"),
        (section(DATA, (2, 3), X_Binary_Number_of_Elements=7), "is damaged"),
        (section(DATA, (-2, -3)), "is damaged"),
        (section(DATA, (2, 3), X_Binary_Size="many"), "does not say how"),
        (section(DATA, (2, 3), X_Binary_Size=None), "does not say how .*x-binary-size"),
        (section(DATA, (2, 3), "signed 32-bit real IEEE"), "does not say how .*real IEEE"),
        (section(DATA, (2, 3), "unsigned 8-bit integer", Content_MD5=None), "which uint8 cannot be"),
        (section(DATA, (2, 3), conversions="x-CBF_PACKED"), "compressed by 'x-CBF_PACKED'"),
        (b"", "is not CBF"),
        (b"--CIF-BINARY-FORMAT-SECTION--\r\nX-Binary-Size: 4", "is not CBF, or cut off at its beginning"),
        (b"\x0c\x1a\x04\xd5", "is not CBF"),
    ],
)
def test_files_that_are_damaged_or_of_another_kind(tmp_path, content, message):
    (tmp_path / "a.cbf").write_bytes(content)
    with pytest.raises(OSError, match=rf"a\.cbf .*{message}|a\.cbf {message}"):
        read_frame(tmp_path / "a.cbf")


def test_what_fabio_only_logs_is_an_error(tmp_path, caplog):
    (tmp_path / "a.cbf").write_bytes(section(DATA, (2, 3), Content_MD5="AAAAAAAAAAAAAAAAAAAAAA=="))
    with caplog.at_level(logging.ERROR):
        fabio.open(str(tmp_path / "a.cbf"))
    assert "Checksum" in caplog.text


def test_without_fabio_the_error_says_what_to_install(tmp_path):
    write(tmp_path / "a.cbf", some())
    code = (
        "import sys; sys.modules['fabio'] = None; sys.modules['fabio.compression'] = None\n"
        "from pathlib import Path; from framestore_handlers.areadetector.cbf_reading import read_frame\n"
        "try: read_frame(Path(sys.argv[1]))\n"
        "except ModuleNotFoundError as error: print(error)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.cbf"], check=True, capture_output=True, text=True
    ).stdout
    assert "pip install 'framestore-handlers[cbf]'" in out


def test_the_spec_is_known():
    assert handler_registry["AD_CBF"] is PilatusCBFHandler


@pytest.mark.parametrize("number", ["1", 0.5, -1, None, True, [1], float("inf"), float("nan")])
def test_a_first_file_of_no_number_is_refused(tmp_path, number):
    with pytest.raises(ValueError, match="initial_number must be a whole number from 0 to 4398046511104, not "):
        PilatusCBFHandler(str(tmp_path), "%s%s_%5.5d.cbf", "a", initial_number=number)
