"""Compressed chunks, read back by plain h5py with hdf5plugin: HDF5's own filters undo what the encoder did."""

import subprocess
import sys

import h5py
import hdf5plugin
import numpy as np
import pytest
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place
from written import Written

from framestore.formats import HDF5

WAYS = {"gzip": 1, "lz4": 32004, "zstd": 32015, "blosc": 32001, "bitshuffle-lz4": 32008, "bitshuffle-zstd": 32008}
DTYPES = ["bool", "uint8", "uint16", ">u2", "int32", "uint64", "float32", "float64"]
SHAPES = [(1, 1), (3, 5), (64, 48), (31, 17, 3), (9,)]
DATA = "/entry/data/data"


def frames_of(dtype, shape, count=4):
    """Frames that can be compressed, each another."""
    return np.random.default_rng(1).poisson(20, (count, *shape)).astype(dtype)


def noise(shape, count=4):
    """Frames that cannot."""
    return np.random.default_rng(1).integers(0, 2**16, (count, *shape), "uint16")


def write(path, frames, **settings):
    settings = HDF5(**settings)
    settings.check(frames.shape[1:], frames.dtype)
    writer = Written(settings, path, frames.shape[1:], frames.dtype)
    for k, frame in enumerate(frames):
        writer.append(frame, k, float(k))
    return writer


def filters(dataset):
    plist = dataset.id.get_create_plist()
    return [plist.get_filter(number)[0] for number in range(plist.get_nfilters())]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", WAYS)
def test_hdf5_reads_back_what_was_compressed(tmp_path, way, dtype, shape):
    frames = frames_of(dtype, shape)
    write(tmp_path / "a.h5", frames, compression=way).close()
    with h5py.File(tmp_path / "a.h5") as file:
        assert filters(file[DATA])[-1] == WAYS[way]
        assert file[DATA].chunks == (1, *shape)
        assert file[DATA].dtype == np.dtype(dtype)
        np.testing.assert_array_equal(file[DATA][()], frames)


@pytest.mark.parametrize("way", WAYS)
def test_what_can_be_compressed_is(tmp_path, way):
    frames = frames_of("uint16", (256, 256))
    write(tmp_path / "a.h5", frames, compression=way).close()
    with h5py.File(tmp_path / "a.h5") as file:
        assert file[DATA].id.get_storage_size() < 0.7 * frames.nbytes
        assert file[DATA].id.get_chunk_info(0).filter_mask == 0


@pytest.mark.parametrize("shape", [(1, 1), (7, 9), (300, 200)], ids=str)
@pytest.mark.parametrize("way", WAYS)
def test_what_cannot_be_compressed_takes_hardly_more(tmp_path, way, shape):
    frames = noise(shape)
    write(tmp_path / "a.h5", frames, compression=way).close()
    with h5py.File(tmp_path / "a.h5") as file:
        assert file[DATA].id.get_storage_size() <= 1.01 * frames.nbytes + 40 * len(frames)
        np.testing.assert_array_equal(file[DATA][()], frames)


@pytest.mark.parametrize("chunk", [None, (8, 16)], ids=str)
@pytest.mark.parametrize("way", WAYS)
def test_the_last_frame_is_read_along_in_this_process_where_it_does_not_shrink(tmp_path, way, chunk):
    """HDF5 2.0 forgets of the chunk that was written last that filters were left out of it, if they were."""
    frames = noise((32, 32))
    writer = write(tmp_path / "a.h5", frames, compression=way, chunk=chunk)
    writer.flush()
    with h5py.File(tmp_path / "a.h5", swmr=True) as file:
        np.testing.assert_array_equal(file[DATA][-1, -8:, -16:], frames[-1, -8:, -16:])
    writer.close()


@pytest.mark.parametrize("way", WAYS)
def test_the_last_frame_moves_to_another_file_where_it_does_not_shrink(tmp_path, way):
    frames = noise((32, 32))
    one = write(tmp_path / "a.h5", frames, compression=way)
    two = write(tmp_path / "b.h5", frames[:1], compression=way)
    one.copy_to(two, len(frames) - 1)
    one.close()
    two.close()
    with h5py.File(tmp_path / "b.h5") as file:
        np.testing.assert_array_equal(file[DATA][()], [frames[0], frames[-1]])


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_the_same_chunk_as_hdf5_would_make(tmp_path, way, shuffle):
    """As to its filters and their values: what the dataset says of itself is what readers go by."""
    theirs = {
        "gzip": {"compression": "gzip", "compression_opts": 1, "shuffle": shuffle},
        "lz4": {**hdf5plugin.LZ4(), "shuffle": shuffle},
        "zstd": {**hdf5plugin.Zstd(clevel=1), "shuffle": shuffle},
        "blosc": hdf5plugin.Blosc(cname="lz4", clevel=5, shuffle=int(shuffle)),
        "bitshuffle-lz4": hdf5plugin.Bitshuffle(cname="lz4"),
        "bitshuffle-zstd": hdf5plugin.Bitshuffle(cname="zstd", clevel=1),
    }[way]
    frames = frames_of("uint16", (64, 64))
    write(tmp_path / "a.h5", frames, compression=way, shuffle=shuffle).close()
    with h5py.File(tmp_path / "a.h5") as ours, h5py.File(tmp_path / "b.h5", "w", libver=("v110", "v110")) as file:
        their = file.create_dataset("d", data=frames, chunks=(1, 64, 64), maxshape=(None, 64, 64), **theirs)
        lists = [dataset.id.get_create_plist() for dataset in (ours[DATA], their)]
        numbers = [[plist.get_filter(n)[::2] for n in range(plist.get_nfilters())] for plist in lists]
        assert numbers[0] == numbers[1]
        if way.startswith("bitshuffle"):  # the one whose bytes are made here, not by a library
            assert ours[DATA].id.read_direct_chunk((1, 0, 0)) == their.id.read_direct_chunk((1, 0, 0))


@pytest.mark.parametrize(("way", "levels"), [("gzip", (1, 9)), ("zstd", (1, 19)), ("bitshuffle-zstd", (1, 19))])
def test_a_higher_level_compresses_more(tmp_path, way, levels):
    frames = (frames_of("uint16", (128, 128)) // 7 * 7).cumsum(axis=1).astype("uint16")
    sizes = []
    for level in levels:
        path = tmp_path / f"{level}.h5"
        write(path, frames, compression=way, level=level).close()
        with h5py.File(path) as file:
            sizes.append(file[DATA].id.get_storage_size())
            np.testing.assert_array_equal(file[DATA][()], frames)
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize("way", [None, *WAYS])
@pytest.mark.parametrize(
    ("shape", "chunk"),
    [
        ((64, 48), (16, 16)),
        ((31, 17), (8, 8)),
        ((31, 17, 3), (31, 5)),
        ((9,), (4,)),
        ((5, 7), (5, 7)),
        ((5, 7), (1, 1)),
    ],
    ids=str,
)
def test_frames_in_tiles(tmp_path, way, shape, chunk):
    """Some of them at edges; some that cannot be compressed beside some that can."""
    frames = frames_of("uint16", shape)
    frames[1] = noise(shape, 1)[0]
    write(tmp_path / "a.h5", frames, compression=way, chunk=chunk).close()
    with h5py.File(tmp_path / "a.h5") as file:
        assert file[DATA].chunks == (1, *chunk, *shape[len(chunk) :])
        np.testing.assert_array_equal(file[DATA][()], frames)
    out = np.empty_like(frames[1:3])
    HDF5Frames(place=Place.of(tmp_path / "a.h5")).read_into(out, 1)
    np.testing.assert_array_equal(out, frames[1:3])


@pytest.mark.parametrize("chunk", [None, (16, 16)])
@pytest.mark.parametrize("way", WAYS)
def test_compressed_frames_are_taken_out_and_copied(tmp_path, way, chunk):
    """Chunks of every size move up, some of them not compressed."""
    frames = frames_of("uint16", (31, 33), 12)
    frames[::3] = noise((31, 33), 4)
    frames[1::3] = 7
    writer = write(tmp_path / "a.h5", frames, compression=way, chunk=chunk)
    writer.flush()
    other = Written(HDF5(compression=way, chunk=chunk), tmp_path / "b.h5", (31, 33), "uint16")
    writer.copy_to(other, 5)
    other.close()
    writer.remove(2, 3)
    writer.remove(7, 2)
    writer.append(frames[3] + 1, 99, 9.9)
    writer.close()
    kept = [0, 1, 5, 6, 7, 8, 9]
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file[DATA][()], [*frames[kept], frames[3] + 1])
        assert file["entry/data/frame_id"][()].tolist() == [*kept, 99]
    with h5py.File(tmp_path / "b.h5") as file:
        np.testing.assert_array_equal(file[DATA][()], frames[5:])
        assert file["entry/data/frame_id"][()].tolist() == list(range(5, 12))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"compression": "bzip2"}, "compression must be None or one of 'gzip', .* not 'bzip2'"),
        (
            {"compression": "gzip", "level": 10},
            "level of compression 'gzip' must be a whole number from 1 to 9, not 10",
        ),
        ({"compression": "zstd", "level": 0}, "from 1 to 22, not 0"),
        ({"compression": "zstd", "level": 2.5}, "from 1 to 22, not 2.5"),
        ({"compression": "zstd", "level": 3.0}, "from 1 to 22, not 3.0"),
        ({"compression": "zstd", "level": True}, "from 1 to 22, not True"),
        ({"compression": "lz4", "level": 1}, "level of compression 'lz4' must be left out, there are none, not 1"),
        ({"level": 1}, "level=1 is of no use without compression"),
        ({"compression": "gzip", "shuffle": 1}, "shuffle must be True or False, not 1"),
        ({"chunk": ()}, r"chunk must be a shape within a frame, such as \(256, 256\), or None, not \(\)"),
        ({"chunk": (0, 4)}, r"not \(0, 4\)"),
        ({"chunk": 4}, "not 4"),
        ({"chunk": (4.0, 4)}, r"not \(4.0, 4\)"),
        ({"durable": "always"}, "durable must be one of"),
        ({"mode": 0o440}, "mode must let the owner read and write, 0o600, while frames come, not 0o440"),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        HDF5(**settings)


@pytest.mark.parametrize(("chunk", "shape"), [((4, 4), (3, 9)), ((4, 4), (9,)), ((4, 4, 4), (9, 9, 3))], ids=str)
def test_chunks_larger_than_a_frame_are_refused(chunk, shape):
    with pytest.raises(ValueError, match=r"cannot hold frames of shape .* a chunk is part of a frame"):
        HDF5(chunk=chunk).check(shape, np.dtype("u2"))


def test_frames_too_large_for_one_chunk_are_refused():
    with pytest.raises(ValueError, match=r"cut them with chunk=\(height, width\)"):
        HDF5(compression="zstd").check((40_000, 40_000), np.dtype("u2"))
    HDF5(compression="zstd", chunk=(1000, 1000)).check((40_000, 40_000), np.dtype("u2"))


@pytest.mark.parametrize(
    ("library", "way"), [("imagecodecs", "zstd"), ("hdf5plugin", "bitshuffle-lz4"), ("imagecodecs", "gzip")]
)
def test_a_missing_library_is_named_when_the_format_is_chosen(library, way):
    code = f"""
import sys
sys.modules[{library!r}] = None
from framestore.formats import HDF5
HDF5()
if {library!r} == "hdf5plugin":
    HDF5(compression="gzip")  # which HDF5 has itself
try:
    HDF5(compression={way!r})
except ModuleNotFoundError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"compression '{way}' needs {library}: pip install 'framestore[compression]'\n", done.stderr
