"""Files of areaDetector's HDF5 plugin that are not just frames one after another."""

from pathlib import Path

import framestore_handlers
import h5py
import ioc
import numpy as np
import pytest
from area_detector_handlers.handlers import (
    AreaDetectorHDF5Handler,
    AreaDetectorHDF5SWMRHandler,
    AreaDetectorHDF5SWMRTimestampHandler,
)
from framestore_handlers import HDF5Handler, MissingFileError, handler_registry


def load(path, *, shape=(1, 4, 5), points=6, spec="AD_HDF5", dtype="uint16", **kwargs):
    datums = [{"point_number": k} for k in range(points)]
    pairs = ioc.run_of(spec, path, datums, shape=shape, dtype=dtype, **kwargs)
    return framestore_handlers.load(pairs)["primary"].read("image")


def test_the_plugin_links_its_frames(tmp_path):
    """Not a copy: the file holds the frames once, under two names."""
    path = ioc.write_plugin(tmp_path / "a.h5", ioc.frames(6))
    with h5py.File(path) as file:
        assert file["entry/data/data"] == file["entry/instrument/detector/data"]
    np.testing.assert_array_equal(load(path)[:, 0], ioc.frames(6))


@pytest.mark.parametrize("leading", [(2, 3), (3, 1, 2), (2, 1, 3, 1)], ids=str)
@pytest.mark.parametrize("per_point", [1, 3])
def test_extra_dimensions_number_frames_in_the_order_of_writing(tmp_path, leading, per_point):
    """Rows of a scan that area-detector-handlers takes for points."""
    path = ioc.write_plugin(tmp_path / "a.h5", ioc.frames(6).reshape(*leading, 4, 5))
    expected = ioc.frames(6).reshape(-1, per_point, 4, 5)
    points = 6 // per_point
    given = load(path, shape=(per_point, 4, 5), points=points, frame_per_point=per_point)
    np.testing.assert_array_equal(given, expected)
    np.testing.assert_array_equal(load(path, points=points, shape=(per_point, 4, 5), dtype=None), expected)
    handler = HDF5Handler(path, frame_per_point=per_point)
    for k in range(points):
        np.testing.assert_array_equal(handler(k).compute(), expected[k])
    with pytest.raises(OSError, match=f"does not hold point {points}"):
        handler(points)
    with AreaDetectorHDF5Handler(str(path), frame_per_point=1) as theirs:
        assert theirs(0).shape == (1, *leading[1:], 4, 5)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3)], ids=str)
def test_a_file_of_one_frame_has_no_dimension_for_frames(tmp_path, shape):
    frame = ioc.frames(1, shape)[0]
    path = ioc.write_plugin(tmp_path / "a.h5", frame, dims=len(shape), chunks=None)
    np.testing.assert_array_equal(load(path, shape=(1, *shape), points=1)[0, 0], frame)
    np.testing.assert_array_equal(HDF5Handler(path)(0).compute()[0], frame)
    with pytest.raises(OSError, match="does not hold point 1"):
        HDF5Handler(path)(1)


def test_a_scan_that_was_ended_early_is_not_filled_up_with_zeros(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("entry/data/data", (2, 3, 4, 5), "uint16", chunks=(1, 1, 4, 5))
        data.attrs["NDArrayNumDims"] = np.int32(2)
        for k in range(4):
            data[k // 3, k % 3] = ioc.frames(4)[k]
    np.testing.assert_array_equal(load(path, points=4)[:, 0], ioc.frames(4))
    with pytest.raises(OSError, match=r"holds nothing at \(1, 1, 0, 0\): it was never written"):
        load(path, points=6)


def test_extra_dimensions_of_a_virtual_dataset(tmp_path):
    """A source that is gone is missed, not read as zeros."""
    frames = ioc.frames(6).reshape(2, 3, 4, 5)
    layout = h5py.VirtualLayout((2, 3, 4, 5), "uint16")
    for row in range(2):
        ioc.write_plugin(tmp_path / f"{row}.h5", frames[row])
        layout[row] = h5py.VirtualSource(f"{row}.h5", "entry/data/data", (3, 4, 5))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_virtual_dataset("entry/data/data", layout).attrs["NDArrayNumDims"] = np.int32(2)
    np.testing.assert_array_equal(load(tmp_path / "a.h5")[:, 0], ioc.frames(6))
    (tmp_path / "1.h5").unlink()
    np.testing.assert_array_equal(load(tmp_path / "a.h5", points=3)[:, 0], ioc.frames(3))
    with pytest.raises(MissingFileError, match=r"1\.h5"):
        load(tmp_path / "a.h5")


def test_frames_of_planes_are_no_rows_of_a_scan(tmp_path):
    """Documents that say another shape than the file are not followed into it."""
    path = ioc.write_plugin(tmp_path / "a.h5", ioc.frames(2, (3, 4, 5)), dims=3)
    with pytest.raises(OSError, match=r"holds frames of \(3, 4, 5\) uint16, .* say \(4, 5\)"):
        load(path, points=6)
    np.testing.assert_array_equal(load(path, shape=(1, 3, 4, 5), points=2)[:, 0], ioc.frames(2, (3, 4, 5)))


@pytest.mark.parametrize("dims", [0, 7, 3, "two", [1, 2]], ids=str)
def test_a_number_of_dimensions_that_is_none_counts_for_nothing(tmp_path, dims):
    path = ioc.write_plugin(tmp_path / "a.h5", ioc.frames(6))
    with h5py.File(path, "r+") as file:
        file["entry/data/data"].attrs["NDArrayNumDims"] = dims
    np.testing.assert_array_equal(load(path)[:, 0], ioc.frames(6))


def test_a_file_that_is_cut_off_is_named(tmp_path):
    path = ioc.write_plugin(tmp_path / "a.h5", ioc.frames(600))
    path.write_bytes(path.read_bytes()[:-1000])
    for spec in ("AD_HDF5", "AD_HDF5_SWMR", "TPX_HDF5", "AD_HDF5_TS"):
        with pytest.raises(OSError, match=r"a\.h5 (cannot be read as HDF5|is cut off)"):
            handler_registry[spec](path)(0)


class Writing:
    """A file that its writer has open, of more and more frames."""

    def __init__(self, path: Path):
        self.file = h5py.File(path, "w", libver="latest")
        detector = self.file.create_group("entry/instrument/detector")
        settings = {"maxshape": (None, 4, 5), "chunks": (1, 4, 5)}
        self.columns = {"data": detector.create_dataset("data", (0, 4, 5), "uint16", **settings)}
        self.file.create_group("entry/data")["data"] = self.columns["data"]
        attributes = self.file.create_group("entry/instrument/NDAttributes")
        for name in ("NDArrayEpicsTSSec", "NDArrayEpicsTSnSec"):
            self.columns[name] = attributes.create_dataset(name, (0,), "uint32", maxshape=(None,), chunks=(16,))
        self.file.swmr_mode = True

    def append(self, k):
        values = {"data": ioc.frames(k + 1)[k], "NDArrayEpicsTSSec": k, "NDArrayEpicsTSnSec": 500_000_000}
        for name, column in self.columns.items():
            column.resize(k + 1, axis=0)
            column[k] = values[name]
            column.flush()


def test_it_is_read_while_it_is_written(tmp_path):
    writing = Writing(tmp_path / "a.h5")
    frames, times = (handler_registry[spec](tmp_path / "a.h5") for spec in ("AD_HDF5_SWMR", "AD_HDF5_SWMR_TS"))
    for k in range(4):
        with pytest.raises(OSError, match=f"does not hold point {k}"):
            frames(k)
        with pytest.raises(OSError, match=f"does not hold point {k}"):
            times(k)
        writing.append(k)
        np.testing.assert_array_equal(frames(k).compute(), ioc.frames(k + 1)[k:])
        np.testing.assert_array_equal(times(k).compute(), [k + 0.5])
        np.testing.assert_array_equal(
            load(tmp_path / "a.h5", points=k + 1, spec="AD_HDF5_SWMR")[-1], [ioc.frames(k + 1)[k]]
        )
    writing.file.close()
    np.testing.assert_array_equal(frames(2).compute(), ioc.frames(3)[2:])


def test_what_area_detector_handlers_makes_of_such_files(tmp_path):
    """Why ours differ: no more than a reminder to look again when these pass."""
    path = str(ioc.write_plugin(tmp_path / "a.h5", ioc.frames(6)))
    with AreaDetectorHDF5SWMRHandler(path) as theirs:
        theirs(0)
        with pytest.raises(AttributeError):
            theirs(1)
    with AreaDetectorHDF5SWMRTimestampHandler(path) as theirs:
        theirs(0)
        with pytest.raises(AttributeError):
            theirs(1)


def test_timestamps_of_a_file_without(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["entry/data/data"] = ioc.frames(6)
    with pytest.raises(OSError, match="has no dataset /entry/instrument/NDAttributes/NDArrayEpicsTSnSec"):
        handler_registry["AD_HDF5_TS"](tmp_path / "a.h5")(0)


def test_timestamps_are_numbers(tmp_path):
    path = ioc.write_plugin(tmp_path / "a.h5", ioc.frames(6))
    with pytest.raises(OSError, match=r"timestamps are numbers, float64; its documents say \(\) float32"):
        load(path, spec="AD_HDF5_TS", shape=(1,), dtype="float32")


@pytest.mark.parametrize("spec", ["AD_HDF5_SWMR", "AD_HDF5_TS", "TPX_HDF5"])
def test_negative_points(tmp_path, spec):
    path = ioc.write_plugin(tmp_path / "a.h5", ioc.frames(6))
    with pytest.raises(ValueError, match="point_number must be a whole number from 0 to 4398046511104, not -1"):
        handler_registry[spec](path)(-1)
