"""Spectra of an Xspress3, frame by frame or all of a file at once."""

import os

import framestore_handlers
import h5py
import ioc
import numpy as np
import pytest
from area_detector_handlers.handlers import Xspress3HDF5Handler as Theirs
from framestore_handlers import MissingFileError
from framestore_handlers.areadetector.bulk import BulkXSPRESS
from framestore_handlers.areadetector.xspress3 import Xspress3HDF5Handler
from framestore_handlers.hdf5 import handler as hdf5_handler


@pytest.fixture
def data():
    return ioc.frames(6, (4, 8), "uint32")


@pytest.fixture
def path(tmp_path, data):
    return ioc.write_plugin(tmp_path / "a.h5", data)


@pytest.fixture
def handler(path):
    return Xspress3HDF5Handler(path)


def load(path, datums, shape, spec="XSP3", dtype="uint32"):
    pairs = ioc.run_of(spec, path, datums, shape=shape, dtype=dtype)
    return framestore_handlers.load(pairs)["primary"].read("image")


def test_all_frames_or_all_channels(path, handler, data):
    np.testing.assert_array_equal(handler(frame=2).compute(), data[2])
    np.testing.assert_array_equal(handler(channel=3).compute(), data[:, 2])
    np.testing.assert_array_equal(handler().compute(), data)
    with Theirs(str(path)) as theirs:
        np.testing.assert_array_equal(theirs(channel=3), data[2])  # of another frame, all channels


@pytest.mark.parametrize("channel", [0, -1])
def test_channels_count_from_1(path, handler, channel):
    with pytest.raises(ValueError, match=f"channel must be a whole number from 1 to 4398046511104, not {channel}"):
        handler(0, channel)
    with pytest.raises(ValueError, match=f"channel must be a whole number from 1 to 4398046511104, not {channel}"):
        load(path, [{"frame": 0, "channel": channel}], (8,))


@pytest.mark.parametrize(("frame", "channel"), [(6, 1), (0, 5)])
def test_spectra_that_are_not_there(path, handler, frame, channel):
    with pytest.raises(OSError, match=r"a\.h5 holds 6 frames of 4 channels; .* is not in it"):
        handler(frame, channel)
    with pytest.raises(OSError, match=r"a\.h5: .* holds (\(6, 4, 8\) uint32|6 frames)"):
        load(path, [{"frame": frame, "channel": channel}], (8,))


def test_negative_frames(handler):
    with pytest.raises(ValueError, match="frame must be a whole number from 0 to 4398046511104, not -1"):
        handler(-1, 1)


@pytest.mark.parametrize("shape", [(4,), (16,), (1, 4), (2, 8), (2, 4)], ids=str)
def test_spectra_of_another_length_than_documents_say(path, shape):
    with pytest.raises(OSError, match=r"a\.h5 holds (frames of \(8,\)|an event of \d+ rows), its documents say"):
        load(path, [{"frame": 1, "channel": 1}], shape)


def test_channels_of_a_run_each_its_own(path, data):
    datums = [{"frame": k // 4, "channel": k % 4 + 1} for k in range(24)]
    np.testing.assert_array_equal(load(path, datums, (8,)), data.reshape(24, 8))


def test_frames_in_another_order(path, data):
    order = [3, 1, 2, 5, 0]
    np.testing.assert_array_equal(load(path, [{"frame": k, "channel": 2} for k in order], (8,)), data[order, 1])


@pytest.mark.parametrize("datum", [{"frame": 1}, {"channel": 1}, {}, {"frame": 1, "channel": 1, "roi": 2}], ids=str)
def test_datums_that_say_less_or_more(path, datum):
    with pytest.raises(
        ValueError, match="a datum (does not say its (frame|channel)|says roi, of which nothing is known)"
    ):
        load(path, [datum], (8,))


def test_a_file_that_is_open(path, data):
    with h5py.File(path) as file:
        handler = Xspress3HDF5Handler(file)
    np.testing.assert_array_equal(handler(1, 2).compute(), data[1, 1])


def test_another_dataset(path, data):
    np.testing.assert_array_equal(Xspress3HDF5Handler(path, key="entry/data/data")(1, 2).compute(), data[1, 1])


@pytest.mark.parametrize("count", [5, 7])
def test_a_fly_scan_of_another_length_than_documents_say(path, count):
    """A row of a map that lost its last pixel is not filled up, nor one with too many cut."""
    with pytest.raises(OSError, match=f"holds an event of 6 rows, its documents say {count}"):
        load(path, [{}], (count, 4, 8), "XSP3_FLY")


def test_a_row_of_a_map_is_a_file(tmp_path):
    """Each event has a resource of its own."""
    rows = [ioc.frames(6, (4, 8), "uint32") + 1000 * k for k in range(3)]
    for k, row in enumerate(rows):
        ioc.write_plugin(tmp_path / f"{k}.h5", row)
    pairs = list(ioc.run_of("XSP3_FLY", tmp_path / "0.h5", [{}] * 3, shape=(6, 4, 8), dtype="uint32"))
    (resource,) = [doc for name, doc in pairs if name == "resource"]
    for k in (1, 2):
        pairs.insert(2, ("resource", resource | {"uid": f"r{k}", "resource_path": f"{tmp_path}/{k}.h5"}))
        datum = next(doc for name, doc in pairs if doc.get("datum_id") == f"r/{k}")
        datum["resource"] = f"r{k}"
    np.testing.assert_array_equal(framestore_handlers.load(pairs)["primary"]["image"].compute(), rows)


def test_numbers_that_are_not_there(path):
    with pytest.raises(OSError, match="has no dataset /entry/instrument/detector/NDAttributes/ROI1"):
        BulkXSPRESS(path)(target="ROI1")


def test_a_fly_scan_is_read_in_blocks(path, data):
    array = framestore_handlers.load(
        ioc.run_of("XSP3_FLY", path, [{}], shape=(6, 4, 8), dtype="uint32"), block_bytes=2 * 4 * 8 * 4
    )["primary"]["image"]
    assert array.numblocks == (1, 3, 1, 1)
    np.testing.assert_array_equal(array.compute()[0], data)


@pytest.mark.parametrize("spec", ["XSP3", "XSP3_FLY"])
def test_a_source_of_a_virtual_dataset_that_is_gone(tmp_path, path, data, spec):
    layout = h5py.VirtualLayout(data.shape, data.dtype)
    layout[:] = h5py.VirtualSource(path, "entry/data/data", data.shape)
    with h5py.File(tmp_path / "virtual.h5", "w") as file:
        file.create_virtual_dataset("entry/instrument/detector/data", layout)
    datum, shape = ({"frame": 1, "channel": 2}, (8,)) if spec == "XSP3" else ({}, (6, 4, 8))
    expected = data[1, 1] if spec == "XSP3" else data
    np.testing.assert_array_equal(load(tmp_path / "virtual.h5", [datum], shape, spec)[0], expected)
    path.unlink()
    with pytest.raises(MissingFileError, match=r"a\.h5"):
        load(tmp_path / "virtual.h5", [datum], shape, spec)


LAYOUTS = {
    "frames": {"chunks": (1, 4, 8)},
    "channels": {"chunks": (1, 1, 8)},
    "several": {"chunks": (3, 4, 8)},
    "gzip": {"chunks": (1, 4, 8), "compression": "gzip"},
    "swapped": {"chunks": (1, 4, 8), "dtype": ">u4"},
}


def rested(path, data, time, **settings):
    """A file that nobody has changed for a long time."""
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        file.create_dataset("/entry/instrument/detector/data", data=data, **settings)
    os.utime(path, (time, time))
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_spectra_one_at_a_time_are_those_of_the_file_as_it_is_then(tmp_path, data, layout):
    """Also where the file is replaced by another of the same length."""
    handler = Xspress3HDF5Handler(rested(tmp_path / "a.h5", data, 1.7e9, **LAYOUTS[layout]))
    for expected, time in ((data, 1.7e9), (data[::-1], 1.7e9 + 1)):
        rested(tmp_path / "a.h5", expected, time, **LAYOUTS[layout])
        for frame, channel in ((0, 1), (5, 4), (5, 1), (2, 3), (2, 3)):
            np.testing.assert_array_equal(handler(frame, channel).compute(), expected[frame, channel - 1])


def test_a_file_that_rests_is_looked_at_once(tmp_path, data, monkeypatch):
    handler = Xspress3HDF5Handler(rested(tmp_path / "a.h5", data, 1.7e9, chunks=(1, 4, 8)))
    np.testing.assert_array_equal(handler(0, 1).compute(), data[0, 0])
    looks, trusted = [], hdf5_handler.trusted
    monkeypatch.setattr(hdf5_handler, "trusted", lambda *args: looks.append(args) or trusted(*args))
    for frame in range(6):
        np.testing.assert_array_equal(handler(frame, 3).compute(), data[frame, 2])
    assert not looks
    rested(tmp_path / "a.h5", data[:4], 1.7e9 + 1, chunks=(1, 4, 8))
    with pytest.raises(OSError, match=r"a\.h5: .* holds 4 frames, its documents name frames up to 6"):
        handler(5, 1).compute()
