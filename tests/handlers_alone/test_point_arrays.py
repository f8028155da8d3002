"""A point as handlers give it is read without dask's scheduler, where that would read it here, too."""

import pickle

import dask
import dask.array as da
import numpy as np
import pytest
from framestore_handlers.frame_array import FrameArray
from framestore_handlers.point_array import PointArray
from framestore_handlers.segments import Segment


class Numbered:
    """A file of which every pixel tells where it stands."""

    def read_into(self, out, start):
        out[...] = np.arange(start * 20, (start + len(out)) * 20).reshape(-1, 4, 5)

    def files(self, start, stop):
        return []


@pytest.fixture
def point():
    segment = Segment(file=Numbered(), first=6, events=1)
    return PointArray.of(FrameArray(segments=(segment,), shape=(1, 3, 4, 5), dtype=np.dtype("i8")))


EXPECTED = np.arange(6 * 20, 9 * 20).reshape(3, 4, 5)


def test_it_is_read_at_once(point, monkeypatch):
    monkeypatch.setattr(da.Array, "compute", None)  # what dask would do
    for pixels in (point.compute(), np.asarray(point)):
        np.testing.assert_array_equal(pixels, EXPECTED)
        assert pixels.dtype == point.dtype
    assert np.asarray(point, "f4").dtype == np.dtype("f4")
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(point, copy=False)


def sent(array):
    """As it comes out in another process."""
    return pickle.loads(pickle.dumps(array))  # noqa: S301 - it was made here


def test_what_is_made_of_it_is_dasks(point):
    for made, value in [(point + 1, EXPECTED + 1), (point[1], EXPECTED[1]), (sent(point), EXPECTED)]:
        assert type(made) is da.Array
        np.testing.assert_array_equal(made.compute(), value)
    np.testing.assert_array_equal(dask.compute(point, point[0])[0], EXPECTED)


def test_what_was_assigned_is_seen(point):
    point[0] = -1
    assert (point.compute()[0] == -1).all()
    np.testing.assert_array_equal(np.asarray(point)[1:], EXPECTED[1:])


def test_a_scheduler_that_is_chosen_reads(point):
    """It may be on another machine, which sees the files."""
    asked = []

    def elsewhere(*args, **kwargs):
        asked.append(0)
        return dask.get(*args, **kwargs)

    np.testing.assert_array_equal(point.compute(scheduler=elsewhere), EXPECTED)
    with dask.config.set(scheduler=elsewhere):
        np.testing.assert_array_equal(point.compute(), EXPECTED)
        np.testing.assert_array_equal(np.asarray(point), EXPECTED)
    assert len(asked) == 3
