"""Runs of real cameras, whose files are then damaged as copying and disks do it: which frames, and what is said."""

import json
import os
import struct
from pathlib import Path

import framestore_handlers
import h5py
import numpy as np
import pytest
import tifffile
from fronts_of import OPHYD, OPHYD_ASYNC, OPHYD_DATUM, fronts
from slow import slow

NAMES = ("hdf5", "tiff", "tiff_stack", "jpeg", "png", "zarr")
SERIES = ("tiff", "jpeg", "png", "zarr")
"""Formats of which each frame has a file."""
every_format = pytest.mark.parametrize("name", NAMES)


def cut(path, size):
    os.truncate(path, size)


@every_format
@fronts(OPHYD, others=[OPHYD_DATUM, OPHYD_ASYNC])
def test_a_run_that_is_whole(take, name, front):
    taken = take(name)
    for deep in (False, True):
        told = []
        report = taken.verify(deep=deep, progress=lambda done, all_, told=told: told.append((done, all_)))
        assert report.ok, str(report)
        assert report.findings == ()
        assert (report.frames, report.files) == (6, 6 if name in SERIES else 1)
        assert (report.deep, report.checksums) == (deep, 0)
        assert told == sorted(told)
        assert told[-1] == (6, 6)
        (field,) = report.fields
        assert (field.stream, field.field) == ("primary", taken.key)
        assert f"primary {taken.key}: OK; 6 frames" in str(report)
        assert json.loads(json.dumps(report.as_dict()))["frames"] == 6


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hdf5", {"deleted": (0, 6), "a byte less": (0, 6), "half": (0, 6), "empty": (0, 6)}),
        ("tiff_stack", {"deleted": (0, 6), "a byte less": (5, 6), "half": (2, 6), "empty": (0, 6)}),
        *((name, dict.fromkeys(("deleted", "a byte less", "half", "empty"), (3, 4))) for name in SERIES),
    ],
)
@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_a_file_that_is_deleted_or_cut(take, name, expected, front):
    taken = take(name)
    file = taken.files[3 if name in SERIES else 0]
    size = file.stat().st_size
    damages = {
        "deleted": file.unlink,
        "a byte less": lambda: cut(file, size - 1),
        "half": lambda: cut(file, size // 2),
        "empty": lambda: cut(file, 0),
    }
    for damage, frames in expected.items():
        damages[damage]()
        for deep in (False, True):
            ((kind, found),) = taken.failures(deep=deep)
            assert found == frames, damage
            assert kind in {"deleted": {"missing"}, "empty": {"truncated", "damaged"}}.get(damage, {"truncated"}), (
                damage
            )
        report = taken.verify()
        (finding,) = report.findings
        assert finding.path == file
        assert str(file) in finding.what
        assert finding.events == (frames[0] // 2 + 1, -(-frames[1] // 2) + 1)
        taken.again()
        assert not taken.failures()


@every_format
def test_a_file_of_another_run(take, name, tmp_path):
    """Of frames of another shape; or of fewer frames."""
    taken = take(name)
    number = 3 if name in SERIES else 0
    other = taken.files[number]
    content = other.read_bytes()
    tifffile.imwrite(tmp_path / "other.tiff", np.zeros((3, 3), "uint8"), photometric="minisblack")
    other.write_bytes((tmp_path / "other.tiff").read_bytes())
    expected = {
        "hdf5": [("damaged", (0, 6))],
        "tiff": [("type", (3, 4))],
        "tiff_stack": [("type", (0, 1)), ("short", (1, 6))],
        "zarr": [("truncated", (3, 4))],
    }
    assert taken.failures() == expected.get(name, [("damaged", (3, 4))])
    other.write_bytes(content)
    assert not taken.failures()


@pytest.mark.parametrize("name", ["tiff", *slow("jpeg", "png", "zarr")])
def test_consecutive_files_that_are_gone_are_one_finding(take, name):
    taken = take(name, points=5)
    files = taken.files
    for number in (1, 2, 3, 6, 9):
        files[number].unlink()
    assert taken.failures() == [("missing", (1, 4)), ("missing", (6, 7)), ("missing", (9, 10))]
    first, *_ = taken.verify().findings
    assert first.path == files[1]
    assert str(files[3]) in first.what
    assert first.events == (1, 3)


@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_a_rotated_file_that_is_gone(take, front):
    taken = take("hdf5", points=6, rotate_frames=4)
    report = taken.verify()
    assert (report.ok, report.files, report.frames) == (True, 3, 12)
    by_frames = {path: h5py.File(path)["entry/data/data"][0, 0, 1] for path in taken.files}
    second = sorted(by_frames, key=by_frames.get)[1]
    second.unlink()
    (finding,) = taken.verify().findings
    assert (finding.kind, finding.frames, finding.path) == ("missing", (4, 8), second)


def test_pages_behind_a_chain_that_ends_early(take):
    taken = take("tiff_stack")
    (file,) = taken.files
    with tifffile.TiffFile(file) as stack:
        offset = stack.pages[2].offset
    with file.open("r+b") as content:
        content.seek(offset)
        (count,) = struct.unpack("<Q", content.read(8))
        content.seek(offset + 8 + 20 * count)
        content.write(bytes(8))
    assert taken.failures() == taken.failures(deep=True) == [("short", (3, 6))]


def test_a_page_that_is_not_one(take):
    taken = take("tiff_stack")
    (file,) = taken.files
    with tifffile.TiffFile(file) as stack:
        offset = stack.pages[2].offset
    with file.open("r+b") as content:
        content.seek(offset)
        content.write(bytes(100))
    assert taken.failures() == [("truncated", (2, 6))]


@pytest.fixture(params=[None, *slow("bitshuffle-lz4")])
def compression(request):
    return request.param


def test_rows_that_the_dataset_lacks(take, compression):
    taken = take("hdf5", compression=compression)
    with h5py.File(taken.files[0], "r+") as file:
        file["entry/data/data"].resize(4, 0)
    assert taken.failures() == taken.failures(deep=True) == [("short", (4, 6))]


def test_chunks_that_were_never_written(take, compression):
    taken = take("hdf5", compression=compression)
    with h5py.File(taken.files[0], "r+") as file:
        dataset = file["entry/data/data"]
        row = dataset[5]
        dataset.resize(3, 0)
        dataset.resize(6, 0)
        dataset[5] = row
    assert taken.failures() == taken.failures(deep=True) == [("short", (3, 5))]


def overwrite(path, row, content):
    """Put other bytes where the chunk of a row begins."""
    with h5py.File(path) as file:
        info = file["entry/data/data"].id.get_chunk_info(row)
    with path.open("r+b") as file:
        file.seek(info.byte_offset)
        file.write(content[: info.size])


def test_a_chunk_that_is_overwritten(take):
    taken = take("hdf5", compression="gzip")
    overwrite(taken.files[0], 2, b"\xff" * 1000)
    assert not taken.failures()
    assert taken.failures(deep=True) == [("damaged", (2, 3))]


def test_an_index_that_leads_beyond_the_file(take):
    """A file that lost its end, and whose head was mended by a tool that did not look."""
    from framestore_handlers.hdf5.superblock import close_superblock

    taken = take("hdf5")
    (file,) = taken.files
    with h5py.File(file) as opened:
        dataset = opened["entry/data/data"].id
        places = [dataset.get_chunk_info(row).byte_offset for row in range(6)]
    last = int(np.argmax(places))
    cut(file, places[last] + 10)
    close_superblock(file)
    assert taken.failures() == [("truncated", (last, last + 1))]


@pytest.mark.parametrize("name", ["hdf5", "jpeg", *slow("tiff", "tiff_stack", "png", "zarr")])
def test_pixels_that_are_not_those_that_were_written(take, name):
    """Where the files have checksums, a deep look finds a flipped bit that no size tells of."""
    taken = take(name, checksum="xxh3")
    assert taken.verify(deep=True).checksums == 6
    assert "6 checksums compared" in str(taken.verify(deep=True))
    assert taken.verify().checksums == 0
    number, file = (3, taken.files[3]) if name in SERIES else (0, taken.files[0])
    content = file.read_bytes()
    pixels = (np.arange(48 * 64).reshape(48, 64) * 7 + 13 * number) % 251
    at = content.find(pixels.astype("uint8").tobytes()) + 200
    if name in {"jpeg", "png"}:
        at = len(content) - 40
    file.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
    assert not taken.failures()
    ((kind, frames),) = taken.failures(deep=True)
    assert frames == (number, number + 1)
    assert kind == "checksum" or name in {"jpeg", "png"}
    assert str(file) in taken.verify(deep=True).findings[0].what


def test_checksums_that_are_gone_are_told(take):
    """A file that a copy has cut may end in zeros, its checksums among them; then no pixel can be compared."""
    taken = take("hdf5", checksum="xxh3")
    with h5py.File(taken.files[0], "r+") as file:
        file["entry/instrument/detector/checksum"][2:] = 0
    report = taken.verify(deep=True)
    assert (report.ok, report.checksums) == (True, 2)
    assert [(found.kind, found.frames) for found in report.findings] == [("unchecked", (2, 6))]
    assert "the checksum of frame 2 is not there, though the file has checksums" in str(report)


@every_format
def test_nothing_is_held_open(take, name):
    taken = take(name)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for deep in (False, True):
        framestore_handlers.verify(taken.documents, deep=deep)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_times_that_are_gone(take):
    """The frames are all there; when they were taken cannot be read any more."""
    taken = take("zarr")
    next(taken.folder.rglob("timestamp/c*")).unlink()
    assert taken.failures() == []
    assert taken.failures(deep=True) == [("damaged", (0, 6))]
