"""A point that a handler gives: a dask array, which numpy reads without dask."""

import pickle

import dask
import dask.array as da
import h5py
import numpy as np
import pytest
from framestore_handlers import handler_registry
from framestore_handlers.place import MissingFileError


@pytest.fixture
def frames():
    return np.random.default_rng(1).poisson(20, (6, 8, 9)).astype("u2")


@pytest.fixture
def path(tmp_path, frames):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("/entry/data/data", data=frames, chunks=(1, 8, 9), maxshape=(None, 8, 9))
    return tmp_path / "a.h5"


@pytest.fixture
def handler(path):
    return handler_registry["AD_HDF5"](path, frame_per_point=2)


def no_scheduler(*_, **__):
    raise AssertionError("dask was asked")


def test_numpy_reads_it_without_dask(handler, frames):
    point = handler(1)
    assert isinstance(point, da.Array)
    with dask.config.set(scheduler=no_scheduler):
        np.testing.assert_array_equal(np.asarray(point), frames[2:4])
        np.testing.assert_array_equal(np.array(point, dtype="f4"), frames[2:4].astype("f4"))
        assert np.asarray(point, dtype="f4").dtype == "f4"


def test_there_are_no_pixels_without_reading_them(handler):
    with pytest.raises(ValueError, match="cannot be given without a copy"):
        np.asarray(handler(1), copy=False)


MADE = {
    "itself": (lambda point: point, lambda pixels: pixels),
    "part": (lambda point: point[0, 2:5], lambda pixels: pixels[0, 2:5]),
    "sum": (lambda point: point.sum(axis=0), lambda pixels: pixels.sum(axis=0)),
    "blocks": (lambda point: point.rechunk((1, 4, 4)), lambda pixels: pixels),
    "stack": (lambda point: da.stack([point, point]), lambda pixels: np.stack([pixels, pixels])),
    "pickled": (lambda point: pickle.loads(pickle.dumps(point)), lambda pixels: pixels),  # noqa: S301 - our own
    "persisted": (lambda point: point.persist(scheduler="sync"), lambda pixels: pixels),
}


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_of_it_is_what_numpy_makes(handler, frames, name):
    made, expected = MADE[name]
    np.testing.assert_array_equal(made(handler(1)).compute(scheduler="sync"), expected(frames[2:4]))
    np.testing.assert_array_equal(np.asarray(made(handler(1))), expected(frames[2:4]))


def test_what_is_assigned_to_it_stays(handler, frames):
    point = handler(1)
    point[0, 0, 0] = 999
    expected = frames[2:4].copy()
    expected[0, 0, 0] = 999
    np.testing.assert_array_equal(np.asarray(point), expected)


def test_points_that_come_later_are_seen(path, handler, frames):
    with pytest.raises(OSError, match="does not hold point 3"):
        handler(3)
    handler(2)
    with h5py.File(path, "r+") as file:
        file["/entry/data/data"].resize(8, axis=0)
        file["/entry/data/data"][6:] = frames[:2]
    np.testing.assert_array_equal(np.asarray(handler(3)), frames[:2])


def test_a_file_that_is_gone_is_missed_at_once(path, handler):
    handler(2)
    path.unlink()
    with pytest.raises(MissingFileError):
        handler(0)
