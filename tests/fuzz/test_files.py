"""Damaged files of every format: the frames, or an error that says which file; no crash, no hang, no memory."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import framestore_handlers
import h5py
import numpy as np
import pytest
from bluesky.plans import count
from damage import CrashError, damaged, damages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slow import slow

from framestore.formats import HDF5, JPEG, PNG, TIFF, TIFFStack, Zarr

SETTINGS = {
    "hdf5": HDF5(),
    "compressed hdf5": HDF5(compression="gzip"),
    "bitshuffled hdf5": HDF5(compression="bitshuffle-lz4"),
    "tiff": TIFF(),
    "compressed tiff": TIFF(compression="deflate"),
    "lzw tiff": TIFF(compression="lzw"),
    "tiff_stack": TIFFStack(),
    "compressed tiff_stack": TIFFStack(compression="deflate"),
    "jpeg": JPEG(),
    "png": PNG(),
    "zarr": Zarr(),
    "compressed zarr": Zarr(compression="gzip"),
}
CHECKED = {"png", "compressed hdf5", "compressed zarr"}
"""Those whose every byte stands under a checksum; of others, a changed pixel is not told from one that was taken."""
ALLOWED = {"OSError", "ValueError"}
"""Kinds of errors that reading may raise, besides those of memory."""
EACH = {"suppress_health_check": list(HealthCheck), "deadline": None, "database": None}


@dataclass
class Recorded:
    """A run with its files."""

    documents: list
    folder: Path
    files: list
    right: Path


@pytest.fixture
def recorded(request, run_engine, make_camera, numbered_source, documents, folder, tmp_path):
    """Four frames, two a point, by a camera."""
    camera = make_camera(
        numbered_source((8, 16), "uint8"), format=SETTINGS[request.param], frames_per_point=2, stats=(), hints=()
    )
    run_engine(count([camera], 2), documents)
    camera.unstage()
    right = tmp_path / "right.npy"
    np.save(right, framestore_handlers.load(documents)["primary"].read("camera_image"))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return Recorded(documents.pairs, folder, files, right)


def hdf5_crashes(path):
    """Whether HDF5 itself ends the process, or hangs: it has such faults, in files without checksums."""
    code = "import h5py, sys; h5py.File(sys.argv[1])['/entry/data/data'][:]"
    try:
        done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode < 0


def check(reader, recorded, number, content, *, exact):
    """Read the run with another content of one of its files; ``exact``: other pixels would be noticed."""
    file = recorded.files[number % len(recorded.files)]
    whole = file.read_bytes()
    try:
        file.write_bytes(content)
        try:
            answer, text = reader.read(recorded.documents, recorded.right)
        except CrashError:
            if file.suffix == ".h5" and hdf5_crashes(file):
                return
            raise
        assert answer == "right" or not (exact and answer == "other"), "wrong pixels"
        if answer not in ("right", "other"):
            assert ALLOWED & set(answer.split(",")), f"{answer}: {text}"
            assert str(recorded.folder) in text, f"does not name the file: {text}"
    finally:
        file.write_bytes(whole)


def fuzz(recorded, reader, examples, *, exact):
    @settings(max_examples=examples, derandomize=examples < 100, **EACH)
    @given(damage=damages, number=st.integers(0, 9))
    def each(damage, number):
        file = recorded.files[number % len(recorded.files)]
        check(reader, recorded, number, damaged(file.read_bytes(), damage), exact=exact)

    each()


FEW = ("hdf5", "compressed tiff", "tiff_stack", "png", "compressed zarr")
every = pytest.mark.parametrize("recorded", [*FEW, *slow(*sorted(set(SETTINGS) - set(FEW)))], indirect=True)


@every
def test_a_few_damaged_files(recorded, reader, request):
    fuzz(recorded, reader, 12, exact=request.node.callspec.params["recorded"] in CHECKED)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@every
def test_many_damaged_files(recorded, reader, request):
    fuzz(recorded, reader, 1000, exact=request.node.callspec.params["recorded"] in CHECKED)


@every
def test_files_that_are_cut_off(recorded, reader):
    """Nothing is made up for what is gone, whatever the format."""
    for number, file in enumerate(recorded.files):
        size = file.stat().st_size
        for end in {0, 1, size // 3, size * 9 // 10, size - 1}:
            check(reader, recorded, number, file.read_bytes()[:end], exact=True)


@every
def test_files_of_another_kind(recorded, reader):
    """A file may be anything, whatever its name says."""
    for content in (b"", b"\0" * 4096, b"MZ" * 999, b"\x89HDF\r\n\x1a\n", b"II*\0" * 99, b"{}", b"\x80\x04K\x01."):
        check(reader, recorded, 0, content, exact=True)


OTHERS = {
    "contiguous": {},
    "chunked": {"chunks": (1, 8, 16)},
    "checked": {"chunks": (1, 8, 16), "compression": "gzip", "shuffle": True, "fletcher32": True},
    "tiles": {"chunks": (2, 4, 16), "compression": "lzf"},
    "scaled": {"chunks": (1, 8, 16), "scaleoffset": 8},
}
"""Ways in which others have h5py write: in HDF5's oldest version, whose structure stands under no checksum."""


@pytest.fixture
def others(request, tmp_path):
    """Such a file, and documents of it."""
    folder = tmp_path / "frames"
    folder.mkdir()
    path = folder / "x.h5"
    frames = np.random.default_rng(1).integers(0, 256, (4, 1, 8, 16), "uint8")
    with h5py.File(path, "w") as file:
        file.create_dataset("/entry/data/data", data=frames[:, 0], **OTHERS[request.param])
    np.save(tmp_path / "right.npy", frames)
    data_key = {"source": "x", "dtype": "array", "shape": [1, 8, 16], "dtype_numpy": "|u1", "external": "STREAM:"}
    place = {"mimetype": "application/x-hdf5", "uri": f"file://localhost{path}", "parameters": {}}
    ranges = {"indices": {"start": 0, "stop": 4}, "seq_nums": {"start": 1, "stop": 5}}
    descriptor = {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": data_key}}
    documents = [
        ("start", {"uid": "run", "time": 0.0}),
        ("descriptor", descriptor),
        ("stream_resource", {"uid": "r", "data_key": "image", **place}),
        ("stream_datum", {"uid": "r/0", "stream_resource": "r", "descriptor": "d", **ranges}),
    ]
    return Recorded(documents, folder, [path], tmp_path / "right.npy")


@pytest.mark.parametrize("others", OTHERS, indirect=True)
def test_hdf5_of_others_as_it_is(others, reader):
    assert reader.read(others.documents, others.right) == ["right", ""]


@pytest.mark.parametrize("others", ["checked", *slow(*sorted(set(OTHERS) - {"checked"}))], indirect=True)
def test_a_few_damaged_files_of_hdf5_by_others(others, reader):
    fuzz(others, reader, 12, exact=False)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("others", OTHERS, indirect=True)
def test_many_damaged_files_of_hdf5_by_others(others, reader):
    fuzz(others, reader, 1000, exact=False)
