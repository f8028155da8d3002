"""The handler by itself, as a data broker calls it."""

import inspect

import h5py
import numpy as np
import pytest
from area_detector_handlers.handlers import (
    AreaDetectorHDF5Handler,
    AreaDetectorHDF5SWMRHandler,
    AreaDetectorTiffHandler,
    TimepixHDF5Handler,
)
from framestore_handlers import HDF5Handler, MissingFileError, handler_registry
from framestore_handlers.place import Place
from written import Written


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


def test_a_negative_point(file):
    with pytest.raises(ValueError, match="point_number must be a whole number from 0 to 4398046511104, not -1"):
        HDF5Handler(file)(-1)


@pytest.mark.parametrize("number", [None, "1", float("nan"), float("inf"), [1]])
def test_what_is_no_number_is_refused_by_the_name_of_its_file(file, number):
    with pytest.raises(ValueError, match=r"a\.h5: point_number must be a whole number from 0 to 4398046511104, not"):
        HDF5Handler(file)(number)
    with pytest.raises(ValueError, match=r"a\.h5: frame_per_point must be a whole number from 1 to 67108864, not"):
        HDF5Handler(file, frame_per_point=number)


def test_files_of_a_datum_without_a_number_are_refused(file):
    with pytest.raises(ValueError, match=r"a\.h5: a datum does not say its point_number, it says {'index': 1}"):
        HDF5Handler(file).get_file_list([{"index": 1}])


@pytest.mark.parametrize(
    "theirs", [AreaDetectorHDF5Handler, AreaDetectorHDF5SWMRHandler, TimepixHDF5Handler, AreaDetectorTiffHandler]
)
def test_arguments_have_the_names_that_those_of_area_detector_handlers_have(theirs):
    (spec,) = theirs.specs
    names = list(inspect.signature(theirs).parameters)
    assert list(inspect.signature(handler_registry[spec]).parameters)[: len(names)] == names


def test_the_file_by_its_name(file):
    assert HDF5Handler(filename=file, frame_per_point=2)(1).shape == (2, 4, 5)


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


@pytest.mark.parametrize("finished", [True, False], ids=["finished", "writer killed"])
def test_a_file_that_is_cut_off_anywhere_is_refused_never_read_as_something_else(tmp_path, finished):
    """HDF5 itself, with swmr=True, reads zeros and old bytes out of such a file, or does not return."""
    from framestore_handlers.hdf5 import HDF5Frames

    from framestore.formats import HDF5

    whole, cut = tmp_path / "whole.h5", tmp_path / "cut.h5"
    frames = np.arange(20 * 30 * 40, dtype="uint16").reshape(20, 30, 40)
    writer = Written(HDF5(), whole, (30, 40), frames.dtype)
    for k, frame in enumerate(frames):
        writer.append(frame, k, float(k))
        writer.flush()
    if finished:
        writer.close()
    data = whole.read_bytes()
    out = np.empty_like(frames)
    for length in (*range(0, len(data), 997), len(data) - 1):
        cut.write_bytes(data[:length])
        with pytest.raises(OSError, match=r"cut\.h5 (is cut off|cannot be read as HDF5)"):
            HDF5Frames(place=Place.of(cut)).read_into(out, 0)
    cut.write_bytes(data)
    HDF5Frames(place=Place.of(cut)).read_into(out, 0)
    np.testing.assert_array_equal(out, frames)
    writer.close()


def test_a_chunk_that_was_never_written_is_refused(tmp_path):
    """Rows that a dataset was extended by, and never got: zeros that nobody measured."""
    from framestore_handlers.hdf5 import HDF5Frames

    file = h5py.File(tmp_path / "a.h5", "w", libver="latest")
    data = file.create_dataset("/entry/data/data", (2, 3, 4), "u2", maxshape=(None, 3, 4), chunks=(1, 3, 4))
    file.swmr_mode = True
    data[0] = 7
    data.resize(5, axis=0)
    data.flush()
    out = np.empty((1, 3, 4), "u2")
    HDF5Frames(place=Place.of(tmp_path / "a.h5")).read_into(out, 0)
    assert (out == 7).all()
    with pytest.raises(OSError, match="is cut off: frame 3"):
        HDF5Frames(place=Place.of(tmp_path / "a.h5")).read_into(out, 3)
    file.close()
