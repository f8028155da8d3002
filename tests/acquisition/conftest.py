"""Acquisitions into HDF5 files, and what is in them."""

from queue import SimpleQueue

import h5py
import pytest

from framestore.acquisition import Acquisition, Order
from framestore.formats import HDF5


@pytest.fixture
def acquire(tmp_path):
    """Make acquisitions that are closed at the end."""
    made = []

    def make(source, **settings):
        acquisition = Acquisition(source, HDF5(), camera="cam", **settings)
        acquisition.start()
        acquisition.open(tmp_path / f"{len(made)}.h5")
        made.append(acquisition)
        return acquisition

    yield make
    for acquisition in made:
        acquisition.close()


@pytest.fixture
def take():
    """Arm an order and wait for its end; returns the order, the counts that were told, and the error."""

    def arm(acquisition, frames, **settings):
        counts, errors = [], SimpleQueue()
        order = Order(frames, on_written=counts.append, on_end=errors.put, **settings)
        acquisition.arm(order)
        error = errors.get(timeout=30)
        assert order.ended.wait(10)
        return order, counts, error

    return arm


@pytest.fixture
def stored():
    """The frames in a file, and their ids."""

    def read(path):
        with h5py.File(path, "r", swmr=True) as file:
            return file["entry/data/data"][()], file["entry/data/frame_id"][()]

    return read
