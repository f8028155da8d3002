"""The Zarr writer, read by zarr-python, in other processes, and as plain files."""

import json
import os
import stat
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import zarr
from framestore_handlers.place import Place
from framestore_handlers.zarr import ZarrFrames
from written import Written

from framestore.formats import Zarr
from framestore.formats.zarr import compression as compressions

DTYPES = ["bool", "uint8", "int8", "uint16", ">u2", "int16", "int32", "uint32", "int64", "uint64", "float16", "float32"]
DTYPES += [">f4", "float64", ">f8"]
SHAPES = [(1, 1), (3, 5), (4, 6, 3), (9,), (2, 3, 4, 5)]
COMPRESSIONS = [None, "gzip", "zstd", "blosc-lz4", "blosc-zstd"]
KINDS = [{"shard": shard, "compression": compression} for shard in (False, True) for compression in (None, "zstd")]
"""Frames with a file each, or a file a point; as they are, or of sizes that differ."""


def frames_of(dtype, shape, count):
    """Frames that differ, and that compress to different sizes."""
    random = np.random.default_rng(1)
    frames = (random.random((count, *shape)) * 200).astype(dtype)
    for k in range(0, count, 3):
        frames[k] = k % 2
    return frames


def write(path, frames, frames_per_point=1, settings=None, start=0):
    writer = Written(settings or Zarr(), path, frames.shape[1:], frames.dtype, frames_per_point=frames_per_point)
    for k, frame in enumerate(frames, start):
        writer.append(frame, 100 + k, 1e9 + k, 0.25)
    return writer


def check(path, frames, ids, frames_per_point=1):
    """The store is what zarr-python says it is: these frames, with these ids."""
    group = zarr.open_group(path, mode="r")
    events = len(frames) // frames_per_point
    assert group["data"].shape == (events, frames_per_point, *frames.shape[1:])
    np.testing.assert_array_equal(group["data"][...].reshape(frames.shape), frames)
    np.testing.assert_array_equal(group["frame_id"][...], np.reshape(ids, (events, frames_per_point)))
    np.testing.assert_array_equal(group["timestamp"][...].ravel(), 1e9 - 100 + np.asarray(ids))


def names(path):
    return sorted(str(found.relative_to(path)) for found in path.rglob("*") if found.is_file())


@pytest.mark.parametrize("frames_per_point", [1, 3])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_zarr_python_reads_what_was_written(tmp_path, dtype, shape, frames_per_point):
    frames = frames_of(dtype, shape, 6)
    write(tmp_path / "a.zarr", frames, frames_per_point).close()
    array = zarr.open_array(tmp_path / "a.zarr/data", mode="r")
    assert array.dtype == np.dtype(dtype).newbyteorder("="), "Zarr has no byte order of its own"
    assert array.chunks == (1, 1, *shape)
    check(tmp_path / "a.zarr", frames, range(100, 106), frames_per_point)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "<u2", ">u2", "float16", ">f8"])
def test_a_chunk_is_the_frame_as_it_was_given(tmp_path, dtype):
    """And the description says which byte order that is."""
    frames = frames_of(dtype, (3, 5), 4)
    write(tmp_path / "a.zarr", frames, 2).close()
    for k, frame in enumerate(frames):
        assert (tmp_path / f"a.zarr/data/c.{k // 2}.{k % 2}.0.0").read_bytes() == frame.tobytes()
    (codec,) = json.loads((tmp_path / "a.zarr/data/zarr.json").read_text())["codecs"]
    order = {"<": "little", ">": "big", "=": sys.byteorder}.get(np.dtype(dtype).byteorder)
    assert codec.get("configuration", {}).get("endian") == order


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", ">u2", "float64"])
@pytest.mark.parametrize("shard", [False, True])
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_compression_is_lossless(tmp_path, compression, shard, dtype):
    frames = frames_of(dtype, (30, 40), 6)
    settings = Zarr(compression=compression, shard=shard)
    assert not settings.lossy
    write(tmp_path / "a.zarr", frames, 3, settings).close()
    check(tmp_path / "a.zarr", frames, range(100, 106), 3)
    codecs = zarr.open_array(tmp_path / "a.zarr/data", mode="r").compressors
    assert bool(codecs) == (compression is not None)


@pytest.mark.parametrize("compression", COMPRESSIONS[1:])
def test_levels_are_those_of_the_codec(tmp_path, compression):
    frames = np.random.default_rng(1).poisson(50, (1, 256, 256)).astype("u2")
    sizes = []
    for level in (compressions.LEVELS[compression][1], compressions.LEVELS[compression][-1]):
        path = tmp_path / f"{level}.zarr"
        write(path, frames, settings=Zarr(compression=compression, level=level)).close()
        check(path, frames, [100])
        sizes.append((path / "data/c.0.0.0.0").stat().st_size)
        (codec,) = zarr.open_array(path / "data", mode="r").compressors[:1]
        described = codec.to_dict()["configuration"]
        assert described.get("level", described.get("clevel")) == level
    assert sizes[1] < sizes[0] < frames.nbytes


def test_gzip_is_gzip(tmp_path):
    frames = frames_of("u2", (20, 20), 2)
    write(tmp_path / "a.zarr", frames, settings=Zarr(compression="gzip")).close()
    assert zlib.decompress((tmp_path / "a.zarr/data/c.1.0.0.0").read_bytes(), wbits=31) == frames[1].tobytes()


def test_noise_that_does_not_compress(tmp_path):
    frames = np.random.default_rng(1).integers(0, 2**16, (2, 50, 50), "u2")
    for compression in COMPRESSIONS[1:]:
        write(tmp_path / f"{compression}.zarr", frames, settings=Zarr(compression=compression)).close()
        check(tmp_path / f"{compression}.zarr", frames, [100, 101])


def test_what_is_known_beside_the_frames(tmp_path):
    writer = Written(
        Zarr(), tmp_path / "a.zarr", (4, 6, 3), "u1", camera="eye", frames_per_point=2, pixel_size=(2e-6, 3e-6)
    )
    for k in range(4):
        writer.append(np.zeros((4, 6, 3), "u1"), 2**62 + k, 1.5, 0.125 * k)
    writer.close()
    group = zarr.open_group(tmp_path / "a.zarr", mode="r")
    assert group.attrs["camera"] == "eye"
    assert (group.attrs["pixel_size"], group.attrs["pixel_size_units"]) == ([2e-6, 3e-6], "m")
    assert group["data"].metadata.dimension_names == ("event", "frame", "y", "x", "channel")
    assert group["frame_id"].metadata.dimension_names == ("event", "frame")
    assert group["frame_id"][...].tolist() == [[2**62, 2**62 + 1], [2**62 + 2, 2**62 + 3]]
    assert group["exposure_time"][...].tolist() == [[0, 0.125], [0.25, 0.375]]


def test_xarray_opens_it_as_a_dataset(tmp_path):
    import xarray

    frames = frames_of("u2", (4, 5), 6)
    write(tmp_path / "a.zarr", frames, 3).close()
    dataset = xarray.open_zarr(tmp_path / "a.zarr", consolidated=False)
    assert dict(dataset.sizes) == {"event": 2, "frame": 3, "y": 4, "x": 5}
    np.testing.assert_array_equal(dataset["data"].to_numpy().reshape(frames.shape), frames)
    np.testing.assert_array_equal(dataset["frame_id"].to_numpy().ravel(), range(100, 106))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_another_process_reads_along(tmp_path, kind):
    """It sees each point that was flushed, with its numbers, and none before it is whole."""
    code = """
import sys, zarr
for line in sys.stdin:
    group = zarr.open_group(sys.argv[1], mode="r")
    data, ids = group["data"], group["frame_id"]
    print(data.shape[0], ids.shape[0], int(data[-1].sum()) if data.shape[0] else -1, flush=True)
"""
    frames = frames_of("uint16", (8, 8), 8)
    path = tmp_path / "a.zarr"
    writer = Written(Zarr(**kind), path, (8, 8), "uint16", frames_per_point=2)
    with subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:

        def look():
            reader.stdin.write("\n")
            reader.stdin.flush()
            return [int(word) for word in reader.stdout.readline().split()]

        assert look() == [0, 0, -1]
        for k, frame in enumerate(frames):
            before = look()
            writer.append(frame, k)
            assert look() == before
            writer.flush()
            points = (k + 1) // 2
            assert look() == [points, points, int(frames[2 * points - 2 : 2 * points].sum()) if points else -1]
        writer.remove(4, 4)
        assert look() == [2, 2, int(frames[2:4].sum())]
        for frame in frames[6:]:
            writer.append(frame)
        writer.flush()
        assert look() == [3, 3, int(frames[6:].sum())]
        writer.close()
        reader.stdin.close()


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("frames_per_point", [1, 2, 3, 6])
@pytest.mark.parametrize("count", [12, 14])
def test_frames_are_taken_out_wherever_and_those_behind_move_up(tmp_path, frames_per_point, kind, count):
    """Flushed or not, whole points or not; then others follow."""
    frames = frames_of("uint16", (3, 4), count)
    more = frames_of("uint16", (3, 4), 6) + 300
    places = [(first, removed) for first in range(count) for removed in range(1, count - first + 1)]
    for number in range(frames_per_point, len(places), 7):
        first, removed = places[number]
        path = tmp_path / f"{number}.zarr"
        writer = write(path, frames[:7], frames_per_point, Zarr(**kind))
        writer.flush()
        for k, frame in enumerate(frames[7:], 7):
            writer.append(frame, 100 + k, 1e9 + k)
        if number % 2:
            writer.flush()
        writer.remove(first, removed)
        for k, frame in enumerate(more):
            writer.append(frame, 900 + k, 1e9 + 800 + k)
        writer.close()
        kept = [*range(first), *range(first + removed, count)]
        expected = np.concatenate([frames[kept], more])
        ids = [*(100 + k for k in kept), *range(900, 906)]
        whole = len(expected) // frames_per_point * frames_per_point
        check(path, expected[:whole], ids[:whole], frames_per_point)
        files = 1 if kind["shard"] else frames_per_point
        assert len(names(path / "data")) == whole // frames_per_point * files + 1, "what is left over is removed"


@pytest.mark.parametrize(("first", "removed"), [(0, 1), (1020, 10), (1024, 1), (1, 1500)])
@pytest.mark.parametrize("frames_per_point", [1, 4])
def test_numbers_of_many_frames(tmp_path, first, removed, frames_per_point):
    """They have 1024 in a chunk."""
    frames = frames_of("uint8", (1, 2), 2100)
    writer = write(tmp_path / "a.zarr", frames, frames_per_point, Zarr(shard=frames_per_point > 1))
    writer.flush()
    writer.remove(first, removed)
    kept = [*range(first), *range(first + removed, 2100)]
    for k in range(2100, 2108):
        writer.append(frames[k % 7], 100 + k, 1e9 + k)
    writer.close()
    expected = np.concatenate([frames[kept], frames[[k % 7 for k in range(2100, 2108)]]])
    whole = len(expected) // frames_per_point * frames_per_point
    check(
        tmp_path / "a.zarr", expected[:whole], [*(100 + k for k in kept), *range(2200, 2208)][:whole], frames_per_point
    )


def test_points_of_more_frames_than_a_chunk_of_numbers(tmp_path):
    frames = frames_of("uint8", (1, 2), 3000)
    write(tmp_path / "a.zarr", frames, 1500, Zarr(shard=True)).close()
    check(tmp_path / "a.zarr", frames, range(100, 3100), 1500)
    assert zarr.open_array(tmp_path / "a.zarr/frame_id").chunks == (1, 1500)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_reader_with_an_older_shape_never_meets_zeros(tmp_path, kind):
    """What was shown once and then taken back keeps its file until others replace it."""
    frames = frames_of("uint16", (3, 4), 9) + 1
    writer = write(tmp_path / "a.zarr", frames, 3, Zarr(**kind))
    writer.flush()
    array = zarr.open_array(tmp_path / "a.zarr/data", mode="r")
    writer.remove(3, 3)
    np.testing.assert_array_equal(array[:2].reshape(6, 3, 4), frames[[0, 1, 2, 6, 7, 8]])
    np.testing.assert_array_equal(array[2], frames[6:])
    writer.remove(0, 6)
    assert zarr.open_array(tmp_path / "a.zarr/data", mode="r").shape[0] == 0
    assert (array[...] > 0).all()
    writer.append(frames[0], 100, 1e9)
    assert (array[...] > 0).all(), "a point that is not whole replaces nothing, or whole frames"
    writer.close()
    assert not (tmp_path / "a.zarr").exists()


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("first", [0, 3, 6, 7])
def test_frames_are_copied_to_another_store(tmp_path, first, kind):
    frames = frames_of("float32", (2, 3), 8)
    writer = write(tmp_path / "a.zarr", frames, 3, Zarr(**kind))
    other = Written(Zarr(**kind), tmp_path / "b.zarr", (2, 3), "float32", frames_per_point=1)
    writer.copy_to(other, first)
    other.close()
    check(tmp_path / "b.zarr", frames[first:], range(100 + first, 108))
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "b.zarr/exposure_time")[...], 0.25)
    writer.close()
    check(tmp_path / "a.zarr", frames[:6], range(100, 106), 3)


@pytest.mark.parametrize("end", ["close", "discard"])
@pytest.mark.parametrize("frames", [0, 2, 5])
def test_a_store_without_points_gives_its_name_back(tmp_path, end, frames):
    path = tmp_path / "a.zarr"
    writer = Written(Zarr(), path, (2, 2), "u1", frames_per_point=3)
    for _ in range(frames):
        writer.append(np.zeros((2, 2), "u1"))
    writer.flush()
    getattr(writer, end)()
    assert path.exists() == (frames == 5 and end == "close")
    if not path.exists():
        Written(Zarr(), path, (2, 2), "u1").close()


def test_an_unfinished_point_leaves_with_the_end(tmp_path):
    frames = frames_of("uint16", (2, 2), 5)
    for shard in (False, True):
        path = tmp_path / f"{shard}.zarr"
        writer = write(path, frames, 3, Zarr(shard=shard))
        assert len(names(path / "data")) > 2
        writer.close()
        check(path, frames[:3], [100, 101, 102], 3)
        assert len(names(path / "data")) == (2 if shard else 4)


def test_an_existing_folder_is_not_touched(tmp_path):
    path = tmp_path / "a.zarr"
    path.mkdir()
    (path / "precious").write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        Written(Zarr(), path, (2, 2), "u1")
    assert names(path) == ["precious"]
    file = tmp_path / "b.zarr"
    file.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        Written(Zarr(), file, (2, 2), "u1")
    assert file.read_bytes() == b"precious"


@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize("end", ["close", "discard"])
def test_a_folder_that_is_taken_away_is_an_error_at_the_next_flush(tmp_path, replaced, end):
    path = tmp_path / "a.zarr"
    writer = write(path, frames_of("u2", (2, 2), 3))
    path.rename(tmp_path / "elsewhere.zarr")
    if replaced:
        path.mkdir()
        (path / "precious").write_bytes(b"precious")
    with pytest.raises(FileNotFoundError, match=r"a\.zarr was removed or replaced while it was written"):
        writer.flush()
    with pytest.raises(FileNotFoundError):
        writer.append(np.zeros((2, 2), "u2"))
    if end == "discard":
        writer.discard()
    else:
        with pytest.raises(FileNotFoundError, match="was removed or replaced"):
            writer.close()
    assert not replaced or names(path) == ["precious"]


def test_a_frame_whose_numbers_cannot_be_written_leaves_nothing(tmp_path):
    for kind in KINDS:
        path = tmp_path / f"{kind}.zarr"
        frames = frames_of("u2", (2, 2), 4)
        writer = write(path, frames[:3], 2, Zarr(**kind))
        for wrong in ({"frame_id": 2**70}, {"frame_id": "one"}, {"timestamp": "now"}):
            with pytest.raises((OverflowError, ValueError, TypeError)):
                writer.append(frames[0], **wrong)
        writer.append(frames[3], 103, 1e9 + 3)
        writer.close()
        check(path, frames, range(100, 104), 2)


@pytest.mark.parametrize("dtype", ["complex64", "S4", "O", [("a", "u1")], "M8[s]", "longdouble", "U3"])
def test_what_zarr_cannot_hold_is_refused(dtype):
    with pytest.raises(ValueError, match="format 'zarr' cannot hold frames of shape"):
        Zarr().check((4, 4), np.dtype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_zarr_can_hold_is_not(dtype):
    Zarr().check((4, 4), np.dtype(dtype))


@pytest.mark.parametrize("shape", [(), (0, 4)])
def test_empty_frames_are_refused(shape):
    with pytest.raises(ValueError, match="at least one dimension and one pixel"):
        Zarr().check(shape, np.dtype("u1"))


def test_frames_that_blosc_cannot_take_are_refused():
    Zarr(compression="zstd").check((40_000, 40_000), np.dtype("u2"))
    with pytest.raises(ValueError, match="blosc compresses up to 2147483631 bytes, a frame has 3200000000"):
        Zarr(compression="blosc-lz4").check((40_000, 40_000), np.dtype("u2"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"compression": "lzw"}, "compression must be one of gzip, zstd, blosc-lz4, blosc-zstd, or None, not 'lzw'"),
        ({"level": 3}, "level must be None, without one, not 3"),
        ({"compression": "gzip", "level": 10}, "level must be from 0 to 9 for 'gzip', not 10"),
        ({"compression": "zstd", "level": -8}, "level must be from -7 to 22 for 'zstd', not -8"),
        ({"compression": "zstd", "level": "high"}, "level must be from -7 to 22 for 'zstd', not 'high'"),
        ({"compression": "gzip", "level": True}, "level must be from 0 to 9 for 'gzip', not True"),
        ({"compression": "zstd", "level": 3.0}, "level must be from -7 to 22 for 'zstd', not 3.0"),
        ({"mode": 0o440}, "mode must let the owner read and write, 0o600, while frames come, not 0o440"),
        ({"shard": 1}, "shard must be True or False, not 1"),
        ({"durable": "yes"}, "durable must be one of"),
    ],
    ids=str,
)
def test_settings_are_checked(settings, message):
    with pytest.raises(ValueError, match=message):
        Zarr(**settings)


def test_without_zarr_python_the_pip_command_is_named(tmp_path):
    code = """
import sys
sys.modules["zarr"] = None
from framestore_handlers import ZarrHandler
from framestore.formats import Zarr
import pathlib
for call in (Zarr, lambda: ZarrHandler(sys.argv[1])(0)):
    try:
        call()
    except ModuleNotFoundError as error:
        print(error)
"""
    write(tmp_path / "a.zarr", frames_of("u1", (2, 2), 1)).close()
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.zarr"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "format 'zarr' needs zarr-python: pip install 'framestore[zarr]'",
        "Zarr stores need zarr-python: pip install 'framestore-handlers[zarr]'",
    ]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_mode_and_group_of_all_files_and_folders(tmp_path, kind):
    group = os.getgroups()[-1] if os.geteuid() else 12345
    path = tmp_path / "a.zarr"
    write(path, frames_of("u2", (2, 2), 4), 2, Zarr(mode=0o640, group=group, **kind)).close()
    found = [path, *path.rglob("*")]
    assert {stat.S_IMODE(entry.stat().st_mode) for entry in found if entry.is_dir()} == {0o750}
    assert {stat.S_IMODE(entry.stat().st_mode) for entry in found if entry.is_file()} == {0o640}
    assert {entry.stat().st_gid for entry in found} == {group}


def test_files_have_the_permissions_of_the_process_by_default(tmp_path):
    umask = os.umask(0o027)
    try:
        write(tmp_path / "a.zarr", frames_of("u2", (2, 2), 2)).close()
    finally:
        os.umask(umask)
    modes = {stat.S_IMODE(entry.stat().st_mode) for entry in (tmp_path / "a.zarr").rglob("*") if entry.is_file()}
    assert modes == {0o640}


def test_writing_does_not_slow_down_as_the_store_grows(tmp_path):
    """Bytes that are written for the numbers of a frame, besides the frame: as many at the end as at the beginning."""

    def written():
        return int(dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())["wchar"])

    writer = Written(Zarr(), tmp_path / "a.zarr", (2, 2), "u1")
    costs = []
    for k in range(3000):
        before = written()
        writer.append(np.zeros((2, 2), "u1"), k)
        writer.flush()
        costs.append(written() - before)
    writer.close()
    assert np.mean(costs[-1000:]) < 1.1 * np.mean(costs[:1000])


def test_handlers_read_what_was_flushed_of_a_writer_that_lives(tmp_path):
    frames = frames_of("u2", (3, 4), 6)
    writer = write(tmp_path / "a.zarr", frames, 3)
    assert ZarrFrames(place=Place.of(tmp_path / "a.zarr/data")).frames() == 0
    writer.flush()
    file = ZarrFrames(place=Place.of(tmp_path / "a.zarr/data"), frames_per_event=3)
    out = np.empty((4, 3, 4), "u2")
    file.read_into(out, 1)
    np.testing.assert_array_equal(out, frames[1:5])
    writer.discard()
