"""What is read past HDF5, against what plain h5py gives: the same pixels, or an error that names file and frame."""

import framestore_handlers.hdf5.pieces
import h5py
import hdf5plugin
import numpy as np
import pytest
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
    frame = draw(st.sampled_from([(9,), (7, 5), (16, 24), (5, 4, 3), (1, 1)]))
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
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(case=datasets())
@pytest.mark.parametrize("worth", [None, 0])
def test_the_same_as_plain_h5py(tmp_path, monkeypatch, worth, case):
    """Whatever the filters, their order, the chunks, and how many of them were ever written."""
    if worth is not None:  # small files are read past HDF5, too, and by several threads
        monkeypatch.setattr(framestore_handlers.hdf5.pieces, "_WORTH_BYTES", worth)
        monkeypatch.setattr(framestore_handlers.threads, "_WORTH", worth)
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
