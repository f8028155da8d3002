"""The handler by itself, as a data broker calls it."""

import h5py
import numpy as np
import pytest
from framestore_handlers import HDF5Handler, MissingFileError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["/entry/data/data"] = np.arange(6 * 4 * 5, dtype="uint16").reshape(6, 4, 5)
    return path


def test_points_are_lazy(file):
    handler = HDF5Handler(file, frame_per_point=2)
    point = handler(point_number=1)
    assert (point.shape, point.dtype) == ((2, 4, 5), np.uint16)
    np.testing.assert_array_equal(point.compute(), np.arange(40, 80).reshape(2, 4, 5))
    assert handler.get_file_list([{"point_number": 1}]) == [str(file)]


def test_a_point_that_is_not_there(file):
    with pytest.raises(OSError, match="does not hold point 3 with 2 frames a point"):
        HDF5Handler(file, frame_per_point=2)(3)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(MissingFileError, match="none.h5"):
        HDF5Handler(tmp_path / "none.h5")(0)


def test_a_file_without_the_dataset(tmp_path):
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["/entry/other"] = [1]
    with pytest.raises(OSError, match="has no dataset /entry/data/data"):
        HDF5Handler(tmp_path / "b.h5")(0)


def test_it_reads_along(make_camera, source, files):
    camera = make_camera(source, documents="datum")
    camera.stage()
    camera.trigger().wait(10)
    (path,) = files()
    handler = HDF5Handler(path)
    for point in range(3):
        np.testing.assert_array_equal(handler(point).compute(), [source.expected(point)])
        camera.trigger().wait(10)
