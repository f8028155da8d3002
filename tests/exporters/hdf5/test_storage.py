"""Frames cut and compressed anew, treated, chosen, and told apart by templates."""

import pickle

import h5py
import hdf5plugin  # noqa: F401 - tells HDF5 of the filters
import numpy as np
import pytest
from made_hdf5 import of_files, written
from numpy.testing import assert_array_equal
from slow import slow

from framestore.exporters import export_hdf5
from framestore.exporters.hdf5 import blocks
from framestore.exporters.hdf5.storage import Storage
from framestore.exporters.pixels import Held

FIELD = "primary/data/camera_image"


class Pickling:
    """Workers that are elsewhere, as far as what they get and give can tell."""

    count = 3

    def __init__(self):
        self.sizes = []

    def map(self, function, items):
        for item in items:
            sent = pickle.dumps((function, item))
            self.sizes.append(len(sent))
            function_there, item_there = pickle.loads(sent)  # noqa: S301 - made here
            yield pickle.loads(pickle.dumps(function_there(item_there)))  # noqa: S301 - made here

    def close(self): ...


@pytest.fixture
def images(tmp_path):
    return written(tmp_path / "frames/0.h5")


@pytest.fixture
def exported(tmp_path):
    def export(documents=None, template="run.h5", **settings):
        return export_hdf5(
            documents or of_files(tmp_path / "frames", [6]), tmp_path / "out", template, **settings
        ).files

    return export


@pytest.mark.parametrize(
    ("settings", "chunks", "filters"),
    [
        ({"chunks": 4}, (4, 1, 6, 10), []),
        ({"chunks": (2, 1, 4, 3)}, (2, 1, 4, 3), []),
        ({"chunks": (100, 100, 100, 100), "compression": "gzip"}, (6, 1, 6, 10), ["shuffle", "gzip"]),
        ({"compression": "bitshuffle-lz4"}, (6, 1, 6, 10), ["32008"]),
        ({"chunks": (1, 1, 1), "compression": "blosc"}, (1, 1, 1, 10), ["32001"]),
        ({"chunks": [5], "compression": "lz4"}, (5, 1, 6, 10), ["shuffle", "32004"]),
        ({"chunks": (4, 1, 4, 4), "compression": "zstd"}, (4, 1, 4, 4), ["shuffle", "32015"]),
        ({"chunks": (4, 1, 6, 4), "compression": "bitshuffle-zstd"}, (4, 1, 6, 4), ["32008"]),
    ],
    ids=str,
)
def test_chunks_and_compression_are_as_asked_for(images, exported, settings, chunks, filters):
    (path,) = exported(**settings)

    with h5py.File(path) as file:
        assert file[FIELD].chunks == chunks
        assert set(file[FIELD]._filters) == set(filters)
        assert_array_equal(file[FIELD][:, 0], images)


@pytest.mark.parametrize(
    ("shape", "chunk"),
    [
        ((100, 2, 1024, 1024), (1, 1, 1024, 1024)),
        ((100, 2, 256, 256), (1, 2, 256, 256)),
        ((1, 5000, 16, 16), (1, 512, 16, 16)),
        ((9, 1), (9, 1)),
        ((1, 1, 40_000, 40_000), (1, 1, 26_004, 40_000)),
    ],
)
def test_frames_have_a_chunk_each_unless_they_are_small_or_too_large(shape, chunk):
    assert Storage().chunk(shape, np.dtype("u2"), "x") == chunk


@pytest.mark.parametrize("seed", [*range(4), *slow(*range(4, 40))])
def test_blocks_of_all_sizes_are_the_frames(tmp_path, monkeypatch, seed):
    """Whatever the shapes: no block is larger than allowed, unless a chunk is, and all are the frames."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 8, int(rng.integers(2, 6))).tolist())
    chunk = tuple(int(rng.integers(1, size + 1)) for size in shape)
    frames = rng.integers(0, 255, shape).astype("u1")
    compression = [None, "gzip"][seed % 2]
    most = int(rng.integers(1, 200))
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", most)
    monkeypatch.setattr(blocks, "_BAND_BYTES", most)

    with h5py.File(tmp_path / "file.h5", "w") as file:
        filters = Storage(compression=compression).filters(frames.dtype)
        target = file.create_dataset("x", shape, "u1", chunks=chunk, **filters)
        told = 0
        for block in blocks.blocks(Held(array=frames), chunk, compression, 1):
            one = int(np.prod([*chunk[:3], *shape[3:]]))
            assert block.read().nbytes <= max(most, one)
            done, found = blocks.encode(block)
            told += done
            for corner, data in found:
                target.id.write_direct_chunk(corner, data)

    with h5py.File(tmp_path / "file.h5") as file:
        assert_array_equal(file["x"][:], frames)
    assert told == shape[0] * shape[1]


def test_what_workers_get_is_small(images, tmp_path):
    from framestore_handlers import load

    from framestore.exporters.hdf5 import frames
    from framestore.exporters.selection import select

    (field,) = select(load(of_files(tmp_path / "frames", [6])))
    workers = Pickling()
    with h5py.File(tmp_path / "file.h5", "w") as file:
        frames.write(file, "x", field, Storage(chunks=2, compression="gzip", workers=workers), lambda more: None)
        assert_array_equal(file["x"][:, 0], images)
    assert max(workers.sizes) < 2000


@pytest.mark.slow
def test_processes_make_the_same_file(images, exported):
    (alone,) = exported(chunks=2, compression="zstd")
    (together,) = exported(template="together.h5", chunks=2, compression="zstd", workers=2)

    assert together.read_bytes() == alone.read_bytes()


def test_pixels_are_treated_as_asked_for(images, exported):
    (path,) = exported(subtract=np.full((6, 10), 50, "u2"), subtraction="saturate", dtype="u1", clip=True)

    with h5py.File(path) as file:
        assert file[FIELD].dtype == "u1"
        assert_array_equal(file[FIELD][:, 0], np.maximum(images.astype(int) - 50, 0))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"chunks": 0}, "chunks must be whole numbers from 1 on"),
        ({"chunks": ()}, "chunks must be whole numbers from 1 on"),
        ({"chunks": (1.5,)}, "chunks must be whole numbers from 1 on"),
        ({"chunks": (1, 1, 1, 1, 1)}, r"has 5 numbers; camera_image of stream 'primary' has 4 axes: \(6, 1, 6, 10\)"),
        ({"compression": "rar"}, "compression must be None or one of 'gzip'"),
        ({"template": "{seq_num}.h5"}, "'seq_num', which is not one value for all"),
    ],
    ids=str,
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_what_cannot_be_is_refused_first(images, exported, tmp_path, settings, message, dry_run):
    with pytest.raises(ValueError, match=message):
        exported(**settings, dry_run=dry_run)

    assert not (tmp_path / "out").exists()


def two_streams(folder):
    """Streams of the same and of other fields; ``dark`` has one frame less, ``baseline`` has none."""
    pairs = of_files(folder, [6])
    key = pairs[1][1]["data_keys"]["camera_image"]
    motor = {"source": "m", "dtype": "number", "shape": []}
    for name, keys in (("dark", {"camera_image": key}), ("baseline", {"motor": motor}), ("depth", {"other": key})):
        pairs.append(("descriptor", {"uid": name, "run_start": "run", "name": name, "data_keys": keys}))
        for field in keys.keys() - {"motor"}:
            uid = f"{name} {field}"
            pairs.append(("stream_resource", pairs[2][1] | {"uid": uid, "data_key": field}))
            ranges = {"indices": {"start": 0, "stop": 5}, "seq_nums": {"start": 1, "stop": 6}}
            pairs.append(("stream_datum", {"uid": f"{uid}/0", "stream_resource": uid, "descriptor": name, **ranges}))
    event = {"uid": "e", "seq_num": 1, "time": 1.0, "filled": {}, "data": {"motor": 5}, "timestamps": {"motor": 1.0}}
    pairs.append(("event", event | {"descriptor": "baseline"}))
    return pairs


def contents(path):
    """Fields by stream."""
    with h5py.File(path) as file:
        return {name: sorted(file[name]["data"]) for name in file if name != "documents"}


ALL = {"primary": ["camera_image"], "dark": ["camera_image"], "baseline": ["motor"], "depth": ["other"]}


@pytest.mark.parametrize(
    ("template", "settings", "expected"),
    [
        ("{start[scan_id]}.h5", {}, {"1.h5": ALL}),
        ("{stream}/x.h5", {}, {f"{name}/x.h5": {name: fields} for name, fields in ALL.items()}),
        (
            "{field}.h5",
            {},
            {
                "camera_image.h5": {"primary": ["camera_image"], "dark": ["camera_image"]},
                "other.h5": {"depth": ["other"]},
            },
        ),
        (
            "{stream}_{field}.h5",
            {"streams": ["dark", "depth"]},
            {"dark_camera_image.h5": {"dark": ["camera_image"]}, "depth_other.h5": {"depth": ["other"]}},
        ),
        ("x.h5", {"streams": "baseline"}, {"x.h5": {"baseline": ["motor"]}}),
        ("x.h5", {"fields": "other"}, {"x.h5": {"primary": [], "dark": [], "baseline": ["motor"], "depth": ["other"]}}),
        ("x.h5", {"fields": []}, {"x.h5": {"primary": [], "dark": [], "baseline": ["motor"], "depth": []}}),
    ],
    ids=str,
)
def test_files_are_as_the_template_says(images, exported, tmp_path, template, settings, expected):
    documents = two_streams(tmp_path / "frames")
    listed = exported(documents, template, **settings, dry_run=True)
    assert not (tmp_path / "out").exists()

    made = exported(documents, template, **settings)

    assert made == listed
    assert {str(path.relative_to(tmp_path / "out")): contents(path) for path in made} == expected


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ("{start[nothing]}.h5", KeyError),
        ("{event[time]}.h5", ValueError),
        ("../{start[scan_id]}.h5", ValueError),
        ("{start.scan_id}.h5", ValueError),
        ("{foo}.h5", KeyError),
    ],
)
def test_templates_that_are_refused(images, exported, tmp_path, template, error):
    with pytest.raises(error):
        exported(template=template)

    assert not (tmp_path / "out").exists()


def test_two_files_of_one_name_are_refused(images, exported, tmp_path):
    with pytest.raises(ValueError, match=r"d\.h5 of two files; tell their streams and fields apart"):
        exported(two_streams(tmp_path / "frames"), "{stream:.1s}.h5")

    assert not (tmp_path / "out").exists()
