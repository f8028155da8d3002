"""Chunks go from file to file as they stand; what has other chunks is encoded anew."""

import errno

import bluesky.plans as bp
import framestore_handlers
import h5py
import hdf5plugin
import numpy as np
import pytest
from framestore_handlers import MissingFileError, UntrustedPathError
from made_hdf5 import of_files, written
from numbered import NumberedSource
from plans import paused

from framestore.exporters import export_hdf5
from framestore.formats import HDF5

FIELD = "primary/data/camera_image"


def exported(run, tmp_path, **settings):
    (path,) = export_hdf5(run, tmp_path / "exported", "run.h5", **settings).files
    return path


def chunks_of(dataset):
    """Bytes of all chunks, in their order."""
    found = []
    dataset.id.chunk_iter(lambda info: found.append(info.chunk_offset))
    return [dataset.id.read_direct_chunk(offset) for offset in sorted(found)]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"compression": "gzip", "chunk": (4, 4)},
        {"compression": "bitshuffle-lz4"},
        {"compression": "bitshuffle-zstd", "level": 3},
        {"compression": "blosc"},
        {"compression": "lz4"},
        {"compression": "zstd"},
    ],
    ids=str,
)
def test_chunks_are_those_of_the_source(run_engine, make_camera, documents, tmp_path, settings):
    source = NumberedSource((6, 10), "uint16")
    run_engine(bp.count([make_camera(source, name="camera", format=HDF5(**settings))], 3), documents)

    path = exported(documents, tmp_path)

    (frames,) = framestore_handlers.load(documents).files()
    with h5py.File(path) as file, h5py.File(frames) as its:
        assert chunks_of(file[FIELD]) == chunks_of(its["entry/data/data"])
        assert np.array_equal(file[FIELD][:, 0], [source.expected(k) for k in range(3)])


def test_files_of_a_run_become_one_dataset(run_engine, make_camera, documents, tmp_path, files):
    source = NumberedSource()
    settings = HDF5(rotate_frames=4, compression="gzip")
    run_engine(bp.count([make_camera(source, name="camera", format=settings, frames_per_point=2)], 5), documents)
    assert len(files()) == 3

    path = exported(documents, tmp_path)

    with h5py.File(path) as file:
        assert np.array_equal(file[FIELD][:].reshape(10, 5, 7), [source.expected(k) for k in range(10)])
        assert file[FIELD].compression == "gzip"


def test_points_that_were_taken_again(run_engine, make_camera, documents, tmp_path):
    source = NumberedSource()
    run_engine.subscribe(documents)
    paused(run_engine, make_camera(source, name="camera"), (1, "read"), (2, "save"))

    path = exported(documents, tmp_path)

    expected = framestore_handlers.load(documents)["primary"]
    with h5py.File(path) as file:
        assert np.array_equal(file[FIELD][:], expected.read("camera_image"))
        assert file[FIELD].shape[0] == len(expected) == len(file["primary/seq_num"])
        means = file["primary/data/camera_mean"][:]
        assert np.allclose(file[FIELD][:].mean(axis=(1, 2, 3)), means)


def test_files_that_store_their_frames_otherwise(tmp_path):
    folder = tmp_path / "frames"
    kinds = [
        {"chunks": (1, 6, 10), "compression": "gzip"},
        {"chunks": (1, 3, 5)},
        {},
        {"chunks": (1, 6, 10), "compression": "gzip"},
        {"chunks": (4, 6, 10), "compression": "lzf"},
    ]
    images = [written(folder / f"{number}.h5", **kind) for number, kind in enumerate(kinds)]

    path = exported(of_files(folder, [len(frames) for frames in images]), tmp_path)

    with h5py.File(path) as file:
        assert np.array_equal(file[FIELD][:, 0], np.concatenate(images))
        assert file[FIELD].chunks == (1, 1, 6, 10)
        assert file[FIELD].compression == "gzip"


@pytest.mark.parametrize(
    ("settings", "chunks", "compression"),
    [
        ({}, (6, 1, 6, 10), None),
        ({"scaleoffset": 0, "chunks": (1, 6, 10)}, (6, 1, 6, 10), None),
        ({"chunks": (4, 3, 10)}, (1, 1, 3, 10), None),
        ({"chunks": (4, 6, 5), "compression": "gzip", "shuffle": True}, (1, 1, 6, 5), "gzip"),
        ({"chunks": (2, 6, 10), "fletcher32": True, "compression": "lzf"}, (1, 1, 6, 10), "lzf"),
        ({"chunks": (2, 6, 10), **hdf5plugin.Bitshuffle(cname="zstd")}, (1, 1, 6, 10), "unknown"),
    ],
    ids=str,
)
def test_sources_whose_chunks_cannot_be_copied(tmp_path, settings, chunks, compression):
    images = written(tmp_path / "frames/0.h5", **settings)

    path = exported(of_files(tmp_path / "frames", [6]), tmp_path)

    with h5py.File(path) as file:
        assert file[FIELD].chunks == chunks
        assert file[FIELD].compression == compression
        assert np.array_equal(file[FIELD][:, 0], images)


def test_what_is_done_is_kept_when_the_rest_is_exported_later(tmp_path):
    """Each stream in a file; a frame of the second comes to hand after the first attempt."""
    images = written(tmp_path / "frames/0.h5", chunks=(1, 6, 10))
    documents = of_files(tmp_path / "frames", [6])
    key = documents[1][1]["data_keys"]["camera_image"]
    other = {"uid": "o", "run_start": "run", "name": "other", "data_keys": {"camera_image": key}}
    uri = f"file://localhost{tmp_path}/frames/late.h5"
    ranges = {"indices": {"start": 0, "stop": 6}, "seq_nums": {"start": 1, "stop": 7}}
    documents += [
        ("descriptor", other),
        ("stream_resource", documents[2][1] | {"uid": "late", "uri": uri}),
        ("stream_datum", {"uid": "late/0", "stream_resource": "late", "descriptor": "o", **ranges}),
    ]
    with pytest.raises(MissingFileError, match="late"):
        export_hdf5(documents, tmp_path / "out", "{stream}.h5")
    made = (tmp_path / "out/primary.h5").stat()
    (tmp_path / "frames/late.h5").hardlink_to(tmp_path / "frames/0.h5")

    result = export_hdf5(documents, tmp_path / "out", "{stream}.h5")

    assert (result.written, result.kept) == (1, 1)
    assert (tmp_path / "out/primary.h5").stat().st_mtime_ns == made.st_mtime_ns
    with h5py.File(tmp_path / "out/other.h5") as file:
        assert np.array_equal(file["other/data/camera_image"][:, 0], images)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["other.h5", "primary.h5"]


def test_big_endian_frames_stay_so(tmp_path):
    images = written(tmp_path / "frames/0.h5", dtype=">u2", chunks=(1, 6, 10))
    documents = of_files(tmp_path / "frames", [6])
    documents[1][1]["data_keys"]["camera_image"]["dtype_numpy"] = ">u2"

    path = exported(documents, tmp_path)

    with h5py.File(path) as file:
        assert file[FIELD].dtype == np.dtype(">u2")
        assert np.array_equal(file[FIELD][:, 0], images)


def test_a_fill_value_that_was_chosen_is_read_where_nothing_was_written(tmp_path):
    path = tmp_path / "frames/0.h5"
    path.parent.mkdir()
    with h5py.File(path, "w") as file:
        frames = file.create_dataset("entry/data/data", (6, 6, 10), "u2", chunks=(1, 3, 10), fillvalue=7)
        frames[:2] = 1

    with h5py.File(exported(of_files(tmp_path / "frames", [6]), tmp_path)) as file:
        assert file[FIELD][:, 0, 0, 0].tolist() == [1, 1, 7, 7, 7, 7]
        assert len(chunks_of(file[FIELD])) == 12


def break_off(path):
    """Cut a file within its last frames; it says that its writer was killed."""
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        frames = file.create_dataset("entry/data/data", (0, 6, 10), "u2", maxshape=(None, 6, 10), chunks=(1, 6, 10))
        file.swmr_mode = True
        frames.resize((6, 6, 10))
        frames[:] = 1
        frames.flush()
        content = path.read_bytes()
    path.write_bytes(content[:-60])


def leave_out(path):
    with h5py.File(path, "w") as file:
        frames = file.create_dataset("entry/data/data", (6, 6, 10), "u2", chunks=(1, 6, 10))
        frames[:5] = 1


def leave_out_compressed(path):
    with h5py.File(path, "w") as file:
        frames = file.create_dataset("entry/data/data", (6, 6, 10), "u2", chunks=(1, 6, 10), compression="gzip")
        frames[:5] = 1


def cut(path):
    written(path, chunks=(1, 6, 10))
    path.write_bytes(path.read_bytes()[:-60])


def shorten(path):
    written(path, chunks=(1, 6, 10), frames=5)


@pytest.mark.parametrize("harm", [break_off, leave_out, leave_out_compressed, cut, shorten])
@pytest.mark.parametrize("settings", [{}, {"chunks": (2,)}, {"link": True}], ids=str)
def test_frames_that_are_not_there_are_never_made_up(tmp_path, harm, settings):
    path = tmp_path / "frames/0.h5"
    path.parent.mkdir()
    harm(path)

    with pytest.raises(OSError, match=r"0\.h5"):
        exported(of_files(tmp_path / "frames", [6]), tmp_path, **settings)

    assert list((tmp_path / "exported").iterdir()) == []


@pytest.mark.parametrize("settings", [{}, {"link": True}], ids=str)
def test_a_file_that_is_gone_is_named(tmp_path, settings):
    written(tmp_path / "frames/0.h5")

    with pytest.raises(MissingFileError, match=r"frames/1\.h5"):
        exported(of_files(tmp_path / "frames", [6, 3]), tmp_path, **settings)


@pytest.mark.parametrize("settings", [{}, {"link": True}], ids=str)
def test_nothing_outside_of_what_may_be_opened_is(tmp_path, settings):
    written(tmp_path / "secret/0.h5", chunks=(1, 6, 10))
    (tmp_path / "frames").mkdir()
    with h5py.File(tmp_path / "frames/0.h5", "w") as file:
        file["entry/data/data"] = h5py.ExternalLink("../secret/0.h5", "/entry/data/data")
    run = framestore_handlers.load(of_files(tmp_path / "frames", [6]), allowed_roots=[tmp_path / "frames"])

    with pytest.raises(UntrustedPathError, match="secret"):
        exported(run, tmp_path, **settings)


def test_a_full_disk_says_so(tmp_path, small_disk):
    written(tmp_path / "frames/0.h5", frames=9000, chunks=(1, 6, 10))

    with pytest.raises(OSError, match="small") as raised:
        export_hdf5(of_files(tmp_path / "frames", [9000]), small_disk, "run.h5")

    assert raised.value.errno == errno.ENOSPC
    assert list(small_disk.glob("*.h5")) == []


def test_the_same_export_is_the_same_file(tmp_path):
    written(tmp_path / "frames/0.h5", chunks=(1, 6, 10))
    documents = of_files(tmp_path / "frames", [6])

    first = exported(documents, tmp_path).read_bytes()

    assert exported(documents, tmp_path, overwrite=True).read_bytes() == first
