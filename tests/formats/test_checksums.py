"""Checksums of frames: asked for, written, kept in step with the frames, and compared."""

import re
import subprocess
import sys

import bluesky.plans as bp
import framestore_handlers
import h5py
import numpy as np
import pytest
import tifffile
import xxhash
from framestore_handlers import recover
from framestore_handlers.files import Files
from framestore_handlers.frame_file import SummedFrames
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place
from numbered import NumberedSource
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from plans import paused
from slow import slow
from taking import Job, killed
from written import TESTS, Written

from framestore.formats import FORMATS, HDF5, JPEG, SavedFiles, TIFFStack, Zarr, chosen
from framestore.sources import SavingSource

COLUMN = "entry/instrument/detector/checksum"


def summed(name):
    """The format of that name, with checksums."""
    return type(chosen(name))(checksum="xxh3")


def compared(stream):
    """What files say, and what was found, of each frame of a stream."""
    pairs, frames = [], stream.frames("camera_image")
    for segment in frames.segments:
        pixels = np.empty((segment.events * frames.shape[1], *frames.shape[2:]), frames.dtype)
        segment.file.read_into(pixels, segment.first)
        assert isinstance(segment.file, SummedFrames)
        pairs += segment.file.checksums(pixels, segment.first)
    return pairs


def check(stream, frames):
    """Each frame has its checksum; but for JPEG's, whose suite tells, it is that of xxhash."""
    pairs = compared(stream)
    assert len(pairs) == frames
    assert all(re.fullmatch("xxh3:[0-9a-f]{16}", said) and said == found for said, found in pairs), pairs
    read = stream.read("camera_image")
    made = [f"xxh3:{xxhash.xxh3_64_hexdigest(frame.tobytes())}" for frame in read.reshape(-1, *read.shape[2:])]
    assert [said for said, _ in pairs] == made or stream.data_keys["camera_image"].get("lossy"), pairs


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("value", ["md5", "XXH3", "", True, 1, ("xxh3",)], ids=repr)
def test_another_algorithm_is_refused(name, value):
    with pytest.raises(ValueError, match=re.escape(f"checksum must be None or 'xxh3', not {value!r}")):
        type(chosen(name))(checksum=value)


WITHOUT_XXHASH = """
import sys
from pathlib import Path

sys.modules["xxhash"] = None
sys.path.insert(0, sys.argv[1])

import numpy as np
from framestore.formats import FORMATS
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place
from written import Written

for name, kind in FORMATS.items():
    try:
        kind(checksum="xxh3")
    except ModuleNotFoundError as error:
        print(f"{error.name}: {error}")
writer = Written(kind(), Path("plain.zarr"), (4, 5), "uint8")
writer.append(np.zeros((4, 5), "uint8"))
writer.close()
pixels = np.zeros((1, 4, 5), "uint8")
print(HDF5Frames(place=Place.of("plain.h5")).checksums(pixels, 0))
try:
    HDF5Frames(place=Place.of("summed.h5")).checksums(pixels, 0)
except ModuleNotFoundError as error:
    print(f"{error.name}: {error}")
"""


def test_without_xxhash(tmp_path):
    """In a process that cannot import it: only what needs checksums fails, and names the command that mends it."""
    for name, settings in {"plain.h5": HDF5(), "summed.h5": HDF5(checksum="xxh3")}.items():
        writer = Written(settings, tmp_path / name, (4, 5), "uint8")
        writer.append(np.zeros((4, 5), "uint8"))
        writer.close()
    command = [sys.executable, "-c", WITHOUT_XXHASH, TESTS]
    said = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60).stdout
    *refused, plain, needed = said.splitlines()
    assert refused == ["xxhash: checksum='xxh3' needs xxhash: pip install 'framestore[checksum]'"] * len(FORMATS)
    assert plain == "[(None, None)]"
    assert needed == "xxhash: checksums of frames need xxhash: pip install 'framestore-handlers[checksum]'"


def test_files_that_a_camera_saves_have_none(make_camera):
    """They are not changed, so nothing in them can tell a checksum."""
    source = SavingSource(lambda path: (4, 4), shape=(4, 4))
    with pytest.raises(ValueError, match=r"camera: SavingSource.* saves its own files, .*; leave out checksum="):
        make_camera(source, format=JPEG(checksum="xxh3"))
    with pytest.raises(TypeError, match="checksum"):
        SavedFiles(spec="MY_FORMAT_SPEC", suffix=".npy", read_frame=np.load, checksum="xxh3")


@pytest.mark.parametrize("family", ["stream", *slow("datum")])
@pytest.mark.parametrize("name", FORMATS)
def test_points_that_are_taken_anew(run_engine, make_camera, documents, name, family):
    """After a pause; `load` and xarray read the run as any other."""
    source = NumberedSource((16, 24), "uint8")
    camera = make_camera(source, format=summed(name), documents=family, frames_per_point=2)
    run_engine.subscribe(documents)
    paused(run_engine, camera, (1, "read"), (3, "read"))
    stream = framestore_handlers.load(documents)["primary"]
    check(stream, 8)
    assert stream.to_xarray()["camera_image"].shape == (4, 2, 16, 24)


@pytest.mark.parametrize("settings", [HDF5(checksum="xxh3", rotate_frames=3), Zarr(checksum="xxh3", shard=True)])
def test_runs_of_dark_and_primary_frames(run_engine, make_camera, documents, settings):
    """In files one after another; frames go from one to the next as a stream or a run begins."""
    camera = make_camera(NumberedSource((16, 24), ">u2"), format=settings, frames_per_point=2)
    run_engine.subscribe(documents)
    for points in (4, 3):
        run_engine(bp.count([camera], points))
    for run, points in zip(documents.by_run(), (4, 3), strict=True):
        check(framestore_handlers.load(run)["primary"], 2 * points)


@pytest.mark.parametrize("name", ["hdf5", *slow(*(name for name in FORMATS if name != "hdf5"))])
def test_a_camera_that_was_killed(tmp_path, name):
    """Before its files are recovered, and afterwards."""
    (tmp_path / "frames").mkdir()
    left = killed(Job(folder=tmp_path, settings=summed(name), frames_per_point=2), 40, 500)
    points = left.check()
    assert points > 5
    for _ in range(2):
        check(left.load()["primary"], 2 * points)
        recover(next((tmp_path / "frames").iterdir()))


def test_rows_of_a_killed_hdf5_file_that_were_not_written(tmp_path):
    """They are 0 when it is recovered, and nothing is compared; what is too much is taken off."""
    frames = np.random.default_rng(0).integers(0, 99, (6, 4, 5)).astype("uint16")
    for name, rows in (("short.h5", 4), ("long.h5", 8)):
        writer = Written(HDF5(checksum="xxh3"), tmp_path / name, (4, 5), "uint16")
        for frame in frames:
            writer.append(frame)
        writer.close()
        with h5py.File(tmp_path / name, "r+") as file:
            file[COLUMN].resize(rows, axis=0)
        found = recover(tmp_path / name)
        assert (found.frames, found.mended) == (6, True)
        assert found.found == (f"/{COLUMN} has {rows} rows beside 6 frames",)
        with h5py.File(tmp_path / name) as file:
            assert [bool(value) for value in file[COLUMN]] == [True] * min(rows, 6) + [False] * max(6 - rows, 0)
        pairs = HDF5Frames(place=Place.of(tmp_path / name)).checksums(frames, 0)
        known = min(rows, 6)
        assert all(said == found is not None for said, found in pairs[:known])
        assert pairs[known:] == [("lost", None)] * (6 - known)
        assert recover(tmp_path / name).found == ()


def file_of(name, folder):
    """The file of frames, called ``a``, that a Resource names."""
    layout = chosen(name).layout
    resource = {
        "uid": "1",
        "spec": layout.spec,
        "root": str(folder),
        "resource_path": layout.resource_name("a"),
        "resource_kwargs": layout.resource_kwargs("a", 1),
        "path_semantics": "posix",
    }
    return Files().of(resource)


def by_others(name, folder, frame, text):
    """A file of others, that tells a checksum in their way."""
    path = folder / chosen(name).layout.file_name("a").format(0)
    if name.startswith("tiff"):
        tifffile.imwrite(path, frame, description=f"checksum={text}", metadata=None)
    elif name == "png":
        info = PngInfo()
        info.add_text("checksum", text)
        Image.fromarray(frame).save(path, pnginfo=info)
    else:
        Image.fromarray(frame).save(path, comment=f"checksum={text}")


@pytest.mark.parametrize("name", ["tiff", "tiff_stack", "png", "jpeg"])
def test_texts_of_others_are_told_from_damage(tmp_path, name):
    """What is of another kind cannot be checked; digits that are wrong are wrong."""
    frame = np.full((16, 16), 7, "uint8")
    for text, known in (("sha256:abcd", False), ("deadbeef", False), ("xxh3:0123456789abcdef", True), ("xxh3:?", True)):
        by_others(name, tmp_path, frame, text)
        ((said, found),) = file_of(name, tmp_path).checksums(frame[None], 0)
        assert said == text
        assert (found is not None) is known
        assert found != text


@pytest.mark.parametrize("name", ["hdf5", "zarr"])
def test_columns_of_others_are_told_from_damage(tmp_path, name):
    frame = np.full((16, 16), 7, "uint8")
    path = tmp_path / chosen(name).layout.file_name("a")
    writer = Written(summed(name), path, (16, 16), "uint8")
    writer.append(frame)
    writer.close()
    ((said, found),) = file_of(name, tmp_path).checksums(frame[None], 0)
    assert said == found == f"xxh3:{xxhash.xxh3_64_hexdigest(frame.tobytes())}"
    ((said, found),) = file_of(name, tmp_path).checksums(frame[None] + 1, 0)
    assert said != found
    if name == "hdf5":
        with h5py.File(path, "r+") as file:
            file[COLUMN].attrs["algorithm"] = "crc64"
    else:
        described = path / "checksum" / "zarr.json"
        described.write_text(described.read_text().replace('"xxh3"', '"crc64"'))
    assert file_of(name, tmp_path).checksums(frame[None], 0) == [(said.replace("xxh3", "crc64"), None)]


def test_documents_whose_folder_has_no_slash(run_engine, make_camera, documents):
    """As Tiled gives them; whose dataset's name has none, too."""
    for name, more in (("tiff", {}), ("hdf5", {"dataset": "entry/data/data"})):
        documents.clear()
        camera = make_camera(NumberedSource((16, 24), "uint8"), format=summed(name))
        run_engine(bp.count([camera], 3), documents)
        for document in documents.of("stream_resource"):
            document["uri"] = document["uri"].rstrip("/")
            document["parameters"].update(more)
        check(framestore_handlers.load(documents)["primary"], 3)


@pytest.mark.parametrize("name", FORMATS)
def test_files_without_checksums_say_so(tmp_path, name):
    frame = np.full((16, 16), 7, "uint8")
    writer = Written(chosen(name), tmp_path / chosen(name).layout.file_name("a"), (16, 16), "uint8")
    for _ in range(3):
        writer.append(frame)
    writer.close()
    assert file_of(name, tmp_path).checksums(np.stack([frame, frame]), 1) == [(None, None)] * 2


def test_pages_of_a_stack_stay_of_one_length(tmp_path):
    """So that each is found at once; tifffile counts them."""
    writer = Written(TIFFStack(checksum="xxh3"), tmp_path / "a.tiff", (33, 18), "uint16")
    for k in range(20):
        writer.append(np.full((33, 18), k, "uint16"), 2**63 - 1 - k, 1.7e9 + k / 7, 1e-5 + k / 7e5)
    writer.close()
    with tifffile.TiffFile(tmp_path / "a.tiff") as file:
        offsets = [page.offset for page in file.pages]
        assert offsets[1] - offsets[0] == file.pages[0].tags[65100].value
    assert len(set(np.diff(offsets))) == 1
