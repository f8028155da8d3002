"""What is read past HDF5, against what plain h5py gives: the same pixels, or an error that names file and frame."""

import re
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pytest
from framestore_handlers import threads
from framestore_handlers.hdf5 import HDF5Frames, pieces
from framestore_handlers.hdf5.rows import read_rows
from framestore_handlers.place import Place
from framestore_handlers.threads import usable_cpus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slow import slow

DATA = "/entry/data/data"
FILTERS = {
    "none": {},
    "gzip": {"compression": "gzip", "compression_opts": 1},
    "shuffle-gzip": {"compression": "gzip", "shuffle": True},
    "shuffle": {"shuffle": True},
    "fletcher32": {"fletcher32": True},
    "gzip-fletcher32": {"compression": "gzip", "fletcher32": True},
    "lzf": {"compression": "lzf"},
    "lz4": dict(hdf5plugin.LZ4()),
    "lz4-blocks": dict(hdf5plugin.LZ4(nbytes=64)),
    "shuffle-lz4": {**hdf5plugin.LZ4(), "shuffle": True},
    "zstd": dict(hdf5plugin.Zstd()),
    "blosc": dict(hdf5plugin.Blosc(cname="lz4")),
    "blosc-zstd": dict(hdf5plugin.Blosc(cname="zstd", shuffle=2)),
    "blosc-zlib": dict(hdf5plugin.Blosc(cname="zlib", shuffle=0)),
    "blosc-blosclz": dict(hdf5plugin.Blosc(cname="blosclz")),
    "blosc2": dict(hdf5plugin.Blosc2()),
    "bitshuffle": dict(hdf5plugin.Bitshuffle(cname="none")),
    "bitshuffle-lz4": dict(hdf5plugin.Bitshuffle(cname="lz4")),
    "bitshuffle-lz4-blocks": dict(hdf5plugin.Bitshuffle(cname="lz4", nelems=16)),
    "bitshuffle-zstd": dict(hdf5plugin.Bitshuffle(cname="zstd")),
}
OURS = ["gzip", "shuffle-gzip", "lz4", "zstd", "blosc", "bitshuffle-lz4", "bitshuffle-zstd"]
"""Those that are decoded past HDF5."""


def frames_in(path):
    return HDF5Frames(place=Place.of(path))


def read(path, start, stop):
    frames = frames_in(path)
    shape, dtype = frames.frame_type()
    out = np.full((stop - start, *shape), 99, dtype)
    frames.read_into(out, start)
    return out


def write(path, frames, **filters):
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        file.create_dataset(DATA, data=frames, **filters)


def photons(frames, shape, dtype="uint16", seed=1):
    return np.random.default_rng(seed).poisson(20, (frames, *shape)).astype(dtype)


@st.composite
def datasets(draw):
    """Shape, dtype, chunks and filters, which rows are written, and which are read."""
    frame = draw(st.sampled_from([(9,), (7, 5), (16, 24), (5, 4, 3), (1, 1), ()]))
    rows = draw(st.integers(1, 9))
    chunk = tuple(draw(st.integers(1, size)) for size in (rows, *frame))
    chunk = draw(st.sampled_from([(1, *frame), (chunk[0], *frame), chunk]))
    start = draw(st.integers(0, rows - 1))
    return {
        "shape": (rows, *frame),
        "dtype": draw(st.sampled_from(["u1", "u2", ">u2", "i4", ">f4", "f8", "u8", "f2", "?", "c8"])),
        "chunks": draw(st.sampled_from([chunk, chunk, chunk, None])),
        "filters": draw(st.sampled_from(sorted(FILTERS))),
        "written": draw(st.integers(0, rows)),
        "wanted": (start, draw(st.integers(start + 1, rows))),
        "version": draw(st.sampled_from(["earliest", "v110"])),
        "noise": draw(st.booleans()),
        "userblock": draw(st.sampled_from([0, 0, 512])),
    }


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(case=datasets())
@pytest.mark.parametrize("worth", [None, 0])
def test_the_same_as_plain_h5py(tmp_path, monkeypatch, worth, case):
    """Whatever the filters, their order, the chunks, and how many of them were ever written."""
    if worth is not None:  # small files are read past HDF5, too, and by several threads
        monkeypatch.setattr(pieces, "_WORTH_BYTES", worth)
        monkeypatch.setattr(threads, "_WORTH", worth)
    path = tmp_path / "a.h5"
    filters = FILTERS[case["filters"]] if case["chunks"] else {}
    top = 200 if case["noise"] and case["dtype"] != "?" else 2
    pixels = np.random.default_rng(1).integers(0, top, case["shape"]).astype(case["dtype"])
    with h5py.File(path, "w", libver=(case["version"], "v110"), userblock_size=case["userblock"]) as file:
        dataset = file.create_dataset(
            DATA,
            case["shape"],
            case["dtype"],
            chunks=case["chunks"],
            fillvalue=np.ones((), case["dtype"])[()],
            **filters,
        )
        dataset[: case["written"]] = pixels[: case["written"]]
    start, stop = case["wanted"]
    with h5py.File(path) as file:
        expected = file[DATA][start:stop]
    np.testing.assert_array_equal(read(path, start, stop), expected)


def test_frames_of_one_number_in_a_chunk_each(tmp_path):
    """Such as a scaler: too many chunks for few bytes to have them listed."""
    write(tmp_path / "a.h5", np.arange(100.0, 140.0), chunks=(1,))
    np.testing.assert_array_equal(read(tmp_path / "a.h5", 0, 40), np.arange(100.0, 140.0))


@pytest.mark.parametrize("filters", ["none", *OURS])
def test_a_chunk_whose_filters_were_left_out(tmp_path, filters):
    """The mask of each chunk says so; HDF5 leaves a filter out that makes a chunk larger."""
    frames = photons(3, (8, 8))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset(DATA, data=frames, chunks=(1, 8, 8), **FILTERS[filters])
        count = dataset.id.get_create_plist().get_nfilters()
        plain = np.arange(64, dtype="u2").reshape(8, 8)
        dataset.id.write_direct_chunk((1, 0, 0), plain.tobytes(), 2**count - 1)
    np.testing.assert_array_equal(read(tmp_path / "a.h5", 0, 3), [frames[0], plain, frames[2]])


@pytest.mark.parametrize("filters", ["bitshuffle-lz4", "lz4", *slow("gzip", "zstd", "blosc", "bitshuffle-zstd")])
def test_a_damaged_chunk_is_an_error_that_names_it_or_some_pixels_never_a_crash(tmp_path, filters):
    """Bytes of a chunk are changed, cut off and added, as a disk or somebody hostile would; in a process of its own."""
    code = """
import random, sys
import h5py, hdf5plugin, numpy as np
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place

path, dice, errors = sys.argv[1], random.Random(1), 0
with h5py.File(path) as file:
    good = file["/entry/data/data"].id.read_direct_chunk((1, 0, 0))[1]
frames = HDF5Frames(place=Place.of(path))
out = np.empty((3, 32, 33), "u2")
for turn in range(int(sys.argv[2])):
    chunk = bytearray(good)
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(dice.choice([min(len(chunk), 32), len(chunk)]))
        kind = dice.randrange(4)
        if kind == 0:
            chunk[place] = dice.randrange(256)
        elif kind == 1:
            size = dice.choice([0, 16, 0x7FFFFFF8, 0xFFFFFFFF])
            chunk[place : place + 4] = size.to_bytes(4, dice.choice(["big", "little"]))
        elif kind == 2:
            del chunk[max(place, 1) :]
        else:
            chunk[place:place] = bytes(dice.randrange(1, 40))
    with h5py.File(path, "r+") as file:
        file["/entry/data/data"].id.write_direct_chunk((1, 0, 0), bytes(chunk))
    try:
        frames.read_into(out, 0)
    except OSError as error:
        errors += 1
        assert str(error).startswith(f"{path}: frame 1 of /entry/data/data is damaged: "), error
print(errors)
"""
    write(tmp_path / "a.h5", photons(3, (32, 33)), chunks=(1, 32, 33), **FILTERS[filters])
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.h5", "150"], capture_output=True, text=True, check=True, timeout=120
    )
    assert int(done.stdout) > 50


def test_bitshuffle_that_would_have_its_library_read_beyond_the_chunk(tmp_path):
    """More blocks than the chunk holds: a head that says smaller ones."""
    write(tmp_path / "a.h5", photons(1, (64, 67)), chunks=(1, 64, 67), **hdf5plugin.Bitshuffle(nelems=64))
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        dataset = file[DATA]
        chunk = bytearray(dataset.id.read_direct_chunk((0, 0, 0))[1])
        chunk[8:12] = (96).to_bytes(4, "big")
        dataset.id.write_direct_chunk((0, 0, 0), bytes(chunk))
    with pytest.raises(OSError, match="frame 0 of /entry/data/data is damaged: its blocks go on behind its end"):
        read(tmp_path / "a.h5", 0, 1)


def test_a_file_that_lost_its_end_after_it_was_opened_names_the_first_frame_that_is_gone(tmp_path):
    """Where HDF5 has told where the rows are, and they are read past it."""
    write(tmp_path / "a.h5", photons(40, (256, 256)), chunks=(1, 256, 256))
    with h5py.File(tmp_path / "a.h5") as file:
        places = []
        file[DATA].id.chunk_iter(lambda info: places.append((info.byte_offset, info.chunk_offset[0])))
        with (tmp_path / "a.h5").open("r+b") as raw:
            raw.truncate(sorted(places)[-3][0] + 100)
        out = np.empty((40, 256, 256), "u2")
        with pytest.raises(OSError, match=f"a.h5 is cut off: frame {sorted(places)[-3][1]} of /entry/data/data"):
            read_rows(file[DATA], tmp_path / "a.h5", out, 0)


def test_pixels_that_this_process_has_not_flushed_are_read(tmp_path):
    """A writer of this process holds back what it was given; HDF5 knows, the file does not."""
    frames = photons(40, (256, 256))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset(DATA, data=np.zeros_like(frames), chunks=(1, 256, 256))
        file.flush()
        dataset[...] = frames
        np.testing.assert_array_equal(read(tmp_path / "a.h5", 0, 40), frames)


UNWRITTEN = {
    "plain": {"chunks": (1, 64, 64)},
    "plain-large": {"chunks": (1, 64, 64), "shape": (300, 64, 64)},
    "several": {"chunks": (2, 64, 64)},
    "tiles": {"chunks": (1, 32, 32)},
    "gzip": {"chunks": (1, 64, 64), "compression": "gzip"},
    "gzip-tiles": {"chunks": (1, 32, 32), "compression": "gzip"},
    "lzf": {"chunks": (1, 64, 64), "compression": "lzf"},
    "zeros-as-areadetector": {"chunks": (1, 64, 64), "fillvalue": 0},
}


@pytest.mark.parametrize("layout", UNWRITTEN)
def test_frames_that_were_never_written_are_not_made_up(tmp_path, layout):
    """Frame 1 is of zeros, but it was written."""
    frames = photons(4, (64, 64)) * np.array([1, 0, 1, 1], "u2")[:, None, None]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset(DATA, dtype="u2", **({"shape": (6, 64, 64)} | UNWRITTEN[layout]))[:4] = frames
    np.testing.assert_array_equal(read(tmp_path / "a.h5", 0, 4), frames)
    for start in (0, 3, 4):
        with pytest.raises(OSError, match=r"a\.h5: frame 4 of /entry/data/data was never written"):
            read(tmp_path / "a.h5", start, 6)


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_a_tile_that_was_never_written_is_not_made_up(tmp_path, compression):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset(DATA, (3, 64, 64), "u2", chunks=(1, 32, 64), compression=compression)
        data[:2], data[2, :32] = 7, 7
    assert (read(tmp_path / "a.h5", 0, 2) == 7).all()
    with pytest.raises(OSError, match=r"a\.h5: frame 2 of /entry/data/data was never written, or not all of it"):
        read(tmp_path / "a.h5", 1, 3)


def test_a_dataset_in_one_piece_that_was_never_written_is_not_made_up(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset(DATA, (5, 64, 64), "u2")
    with pytest.raises(OSError, match=r"a\.h5: frame 2 of /entry/data/data was never written"):
        read(tmp_path / "a.h5", 2, 5)


MANY = 30_000
"""Chunks whose places take 240 kB of the file."""


def bytes_read():
    """By this process, until now."""
    return int(re.search(r"rchar: (\d+)", Path("/proc/self/io").read_text())[1])


@pytest.mark.parametrize("index", [None, MANY], ids=["growing", "fixed"])
def test_one_frame_of_a_virtual_dataset_does_not_have_all_chunks_looked_for(tmp_path, index):
    frame = photons(1, (8, 8))[0]
    with h5py.File(tmp_path / "source.h5", "w", libver=("v110", "v110")) as file:
        data = file.create_dataset("data", (MANY, 8, 8), "u2", chunks=(1, 8, 8), maxshape=(index, 8, 8))
        for number in range(MANY - 2):
            data.id.write_direct_chunk((number, 0, 0), frame.tobytes())
    layout = h5py.VirtualLayout((MANY, 8, 8), "u2")
    layout[:] = h5py.VirtualSource("source.h5", "data", (MANY, 8, 8))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_virtual_dataset(DATA, layout)
    read(tmp_path / "a.h5", 5, 6)
    before = bytes_read()
    np.testing.assert_array_equal(read(tmp_path / "a.h5", MANY - 3, MANY - 2)[0], frame)
    assert bytes_read() - before < 100_000
    with pytest.raises(OSError, match=rf"source\.h5: frame {MANY - 2} of /data was never written"):
        read(tmp_path / "a.h5", MANY - 3, MANY)


def test_a_chunk_that_hdf5_holds_as_zeros_was_not_written_either(tmp_path):
    """Somebody else in this process has read it: HDF5 then tells its size."""
    with h5py.File(tmp_path / "source.h5", "w") as file:
        data = file.create_dataset("data", (5000, 8, 8), "u2", chunks=(1, 8, 8))
        data[:4] = 7
    layout = h5py.VirtualLayout((5000, 8, 8), "u2")
    layout[:] = h5py.VirtualSource("source.h5", "data", (5000, 8, 8))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_virtual_dataset(DATA, layout)
    with h5py.File(tmp_path / "source.h5") as file:
        data = file["data"]
        assert not data[4].any()
        with pytest.raises(OSError, match=r"source\.h5: frame 4 of /data was never written"):
            read(tmp_path / "a.h5", 4, 5)
    assert (read(tmp_path / "a.h5", 3, 4) == 7).all()


@pytest.mark.parametrize("layout", [{}, {"chunks": (1, 8, 8)}, {"chunks": (1, 8, 8), "compression": "gzip"}])
def test_a_fill_value_that_the_writer_chose_is_read(tmp_path, layout):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset(DATA, (5, 8, 8), "f4", fillvalue=np.nan, **layout)
    assert np.isnan(read(tmp_path / "a.h5", 1, 5)).all()


@pytest.mark.parametrize("kind", ["external", "virtual", "compact"])
def test_rows_that_do_not_stand_in_the_file_as_such(tmp_path, kind):
    frames = photons(4, (5, 7))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        if kind == "external":
            external = [(str(tmp_path / "raw"), 16, frames.nbytes)]
            file.create_dataset(DATA, data=frames, external=external)
        elif kind == "virtual":
            file["d"] = frames
            layout = h5py.VirtualLayout(frames.shape, frames.dtype)
            layout[...] = h5py.VirtualSource(file["d"])
            file.create_virtual_dataset(DATA, layout)
        else:
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_layout(h5py.h5d.COMPACT)
            file.create_group("entry/data")
            space, kind_of_value = h5py.h5s.create_simple(frames.shape), h5py.h5t.NATIVE_UINT16
            made = h5py.h5d.create(file.id, DATA.encode(), kind_of_value, space, plist)
            made.write(h5py.h5s.ALL, h5py.h5s.ALL, frames)
    np.testing.assert_array_equal(read(tmp_path / "a.h5", 1, 3), frames[1:3])


def test_integers_of_fewer_bits_than_their_bytes_are_converted(tmp_path):
    """12 bits that stand 4 bits up, as some detectors' drivers have them."""
    kind = h5py.h5t.STD_U16LE.copy()
    kind.set_precision(12)
    kind.set_offset(4)
    frames = photons(30, (256, 256))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((1, 256, 256))
        plist.set_deflate(1)
        file.create_group("entry/data")
        made = h5py.h5d.create(file.id, DATA.encode(), kind, h5py.h5s.create_simple(frames.shape), plist)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, frames)
    with h5py.File(tmp_path / "a.h5") as file:
        raw = file[DATA].id.read_direct_chunk((0, 0, 0))[1]
        np.testing.assert_array_equal(np.frombuffer(zlib.decompress(raw), "u2"), frames[0].reshape(-1) << 4)
    np.testing.assert_array_equal(read(tmp_path / "a.h5", 0, 30), frames)


def test_there_is_hardly_more_in_memory_than_the_frames(tmp_path):
    """A chunk for each thread, not the file: numpy tells tracemalloc what it takes, as Python does."""
    frames = photons(1, (512, 512)).repeat(64, axis=0)
    write(tmp_path / "a.h5", frames, chunks=(1, 512, 512), **FILTERS["bitshuffle-lz4"])
    out = np.empty_like(frames)
    file = frames_in(tmp_path / "a.h5")
    file.read_into(out[:2], 0)  # libraries are imported
    tracemalloc.start()
    file.read_into(out, 0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(out, frames)
    assert peak < 2 * usable_cpus() * frames[0].nbytes + 2**20
