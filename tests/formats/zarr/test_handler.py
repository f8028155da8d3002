"""The Zarr handler by itself, on stores that plain zarr-python wrote, damaged and not."""

import pickle
import re
import shutil

import numpy as np
import pytest
import zarr
from framestore_handlers import MissingFileError, ZarrHandler
from framestore_handlers.place import Place
from framestore_handlers.zarr import ZarrFrames
from slow import slow
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ZstdCodec

COMPRESSORS = {
    "none": None,
    "gzip": [GzipCodec(level=1)],
    "zstd": [ZstdCodec(level=1, checksum=True)],
    "blosc": [BloscCodec(cname="lz4", typesize=2), Crc32cCodec()],
}
"""What our writer uses."""


def make(path, events=4, frames=3, shape=(10, 12), dtype="u2", **kwargs):
    """A store, and its frames."""
    data = np.random.default_rng(1).poisson(50, (events, frames, *shape)).astype(dtype)
    array = zarr.create_group(path).create_array(
        "data", shape=data.shape, chunks=(1, 1, *shape), dtype=data.dtype, **{"compressors": None, **kwargs}
    )
    array[...] = data
    return data


@pytest.fixture
def data(tmp_path):
    return make(tmp_path / "a.zarr")


def read(path, start, count, shape=(10, 12), dtype="u2"):
    out = np.full((count, *shape), 77, dtype)
    ZarrFrames(place=Place.of(path)).read_into(out, start)
    return out


def test_points_are_lazy(tmp_path, data):
    handler = ZarrHandler(tmp_path / "a.zarr/data", frame_per_point=3)
    point = handler(point_number=2)
    assert (point.shape, point.dtype) == ((3, 10, 12), np.dtype("u2"))
    np.testing.assert_array_equal(point.compute(), data[2])
    shutil.rmtree(tmp_path / "a.zarr")
    with pytest.raises(MissingFileError, match="root_map"):
        point.compute()


def test_the_store_itself_will_do(tmp_path, data):
    np.testing.assert_array_equal(ZarrHandler(str(tmp_path / "a.zarr"), frame_per_point=3)(1), data[1])


@pytest.mark.parametrize("chunks", [(1, 1, 10, 12), (1, 3, 10, 12), (2, 2, 10, 12), (3, 1, 4, 5)], ids=str)
@pytest.mark.parametrize("shards", [False, True])
def test_any_frames_of_any_store(tmp_path, chunks, shards):
    """Chunks and shards that others made, too."""
    kwargs = {"chunks": chunks}
    if shards:
        kwargs["shards"] = tuple(2 * size for size in chunks)
    data = np.random.default_rng(1).poisson(50, (4, 3, 10, 12)).astype("u2")
    array = zarr.create_group(tmp_path / "a.zarr").create_array("data", shape=data.shape, dtype="u2", **kwargs)
    array[...] = data + 1
    frames = data.reshape(12, 10, 12) + 1
    for start in range(12):
        for stop in range(start, 13):
            np.testing.assert_array_equal(read(tmp_path / "a.zarr", start, stop - start), frames[start:stop])


@pytest.mark.parametrize("dtype", ["?", "u1", "<u2", ">u2", "<f4", ">f8", "f2"])
@pytest.mark.parametrize("shards", [None, (1, 3, 10, 12)], ids=str)
def test_the_byte_order_is_that_of_the_store(tmp_path, dtype, shards):
    order = {">": "big", "<": "little"}.get(dtype[0], "little")
    serializer = BytesCodec(endian=None if np.dtype(dtype).itemsize == 1 else order)
    native = np.dtype(dtype).newbyteorder("=")
    data = make(tmp_path / "a.zarr", dtype=native, shards=shards, serializer=serializer)
    assert ZarrFrames(place=Place.of(tmp_path / "a.zarr")).frame_type() == ((10, 12), np.dtype(dtype))
    out = read(tmp_path / "a.zarr", 0, 12, dtype=dtype)
    assert out.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(out, data.reshape(12, 10, 12))


def test_another_shape_dtype_or_number_is_an_error_not_a_cast(tmp_path, data):
    path = tmp_path / "a.zarr"
    with pytest.raises(OSError, match=re.escape("holds frames of (10, 12) uint16, its documents say (10, 12) int16")):
        read(path, 0, 1, dtype="i2")
    with pytest.raises(OSError, match=re.escape("holds frames of (10, 12) uint16, its documents say (10, 12) >u2")):
        read(path, 0, 1, dtype=">u2")
    with pytest.raises(OSError, match=re.escape("its documents say (5, 12) uint16")):
        read(path, 0, 1, shape=(5, 12))
    with pytest.raises(OSError, match="holds 12 frames, its documents name frames up to 13"):
        read(path, 10, 3)
    with pytest.raises(OSError, match="has 3 frames an event, its documents say 2"):
        ZarrFrames(place=Place.of(path), frames_per_event=2).read_into(np.empty((1, 10, 12), "u2"), 0)


def test_points_that_are_not_there(tmp_path, data):
    handler = ZarrHandler(tmp_path / "a.zarr/data", frame_per_point=3)
    with pytest.raises(ValueError, match="point_number must be a whole number from 0 to 4398046511104, not -1"):
        handler(-1)
    with pytest.raises(OSError, match="does not hold point 4 with 3 frames a point"):
        handler(4)
    with pytest.raises(MissingFileError, match="root_map"):
        ZarrHandler(tmp_path / "b.zarr/data")(0)


def test_what_is_no_store(tmp_path):
    (tmp_path / "zarr.json").write_text("{}")
    with pytest.raises(OSError, match="cannot be read as a Zarr array"):
        ZarrHandler(tmp_path)(0)
    zarr.create_array(tmp_path / "flat", shape=(3, 4), dtype="u1")
    with pytest.raises(OSError, match=r"holds an array of shape \(3, 4\), not \(events"):
        ZarrHandler(tmp_path / "flat")(0)
    zarr.create_group(tmp_path / "empty")
    with pytest.raises(OSError, match="cannot be read as a Zarr array"):
        ZarrHandler(tmp_path / "empty")(0)


@pytest.mark.parametrize("compressors", COMPRESSORS)
@pytest.mark.parametrize("shards", [None, (1, 3, 10, 12)], ids=str)
def test_a_missing_file_is_an_error_never_zeros(tmp_path, compressors, shards):
    data = make(tmp_path / "a.zarr", compressors=COMPRESSORS[compressors], shards=shards)
    assert zarr.open_array(tmp_path / "a.zarr/data").read_only is False
    lost = tmp_path / ("a.zarr/data/c/2/0/0/0" if shards else "a.zarr/data/c/2/1/0/0")
    lost.unlink()
    assert not zarr.open_array(tmp_path / "a.zarr/data", mode="r")[2, 1].any(), "zarr-python itself gives zeros"
    frame = 0 if shards else 1
    with pytest.raises(OSError, match=rf"c/2/{frame}/0/0 is missing: it holds frame {frame} of event 2; copy it"):
        read(tmp_path / "a.zarr", 0, 12)
    for number in range(6):
        np.testing.assert_array_equal(read(tmp_path / "a.zarr", number, 1)[0], data.reshape(12, 10, 12)[number])
    with pytest.raises(OSError, match="is missing"):
        ZarrHandler(tmp_path / "a.zarr", frame_per_point=3)(2).compute()


@pytest.mark.parametrize("compressors", ["none", "zstd", *slow("gzip", "blosc")])
@pytest.mark.parametrize("shards", [None, *slow((1, 3, 10, 12))], ids=str)
def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path, compressors, shards):
    """With zeros in place of its end, too, which a power failure may leave: where the codec has a checksum."""
    data = make(tmp_path / "a.zarr", compressors=COMPRESSORS[compressors], shards=shards)
    path = tmp_path / ("a.zarr/data/c/2/0/0/0" if shards else "a.zarr/data/c/2/1/0/0")
    whole = path.read_bytes()
    for length in range(0, len(whole), 1 if len(whole) < 400 else 7):
        contents = [whole[:length]]
        if (compressors != "none" or shards) and whole[length:].strip(b"\0"):
            contents.append(whole[:length] + bytes(len(whole) - length))
        for content in contents:
            path.write_bytes(content)
            with pytest.raises(OSError, match=r"data/c/2/\d/0/0.* (is damaged|is cut off)") as caught:
                read(tmp_path / "a.zarr", 0, 12)
            assert "of event 2" in str(caught.value)
    path.write_bytes(whole)
    np.testing.assert_array_equal(read(tmp_path / "a.zarr", 0, 12), data.reshape(12, 10, 12))


def test_files_that_hold_points(tmp_path, data):
    handler = ZarrHandler(tmp_path / "a.zarr", frame_per_point=3)
    files = handler.get_file_list([{"point_number": 0}, {"point_number": 2}])
    folder = tmp_path / "a.zarr"
    chunks = [f"data/c/{event}/{frame}/0/0" for event in (0, 2) for frame in range(3)]
    names = ["zarr.json", "data/zarr.json", *chunks]
    assert files == [str(folder / name) for name in names]


def test_blocks_are_small_when_pickled(tmp_path, data):
    point = ZarrHandler(tmp_path / "a.zarr", frame_per_point=3)(1)
    assert len(pickle.dumps(point)) < 4096
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(point)).compute(), data[1])  # noqa: S301 - our own
