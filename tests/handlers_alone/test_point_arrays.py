"""One event out of a lazy array is read without dask's scheduler, where that would read it here, too."""

import pickle

import dask
import dask.array as da
import numpy as np
import pytest
from framestore_handlers.blocks import in_blocks
from framestore_handlers.frame_array import FrameArray
from framestore_handlers.segments import Segment

SHAPE = (40, 3, 4, 5)


class Numbered:
    """A file of which every pixel tells where it stands."""

    def read_into(self, out, start):
        out[...] = np.arange(start * 20, (start + len(out)) * 20).reshape(-1, 4, 5)

    def files(self, start, stop):
        return []


@pytest.fixture
def frames():
    segments = tuple(Segment(file=Numbered(), first=0, events=20) for _ in range(2))
    return FrameArray(segments=segments, shape=SHAPE, dtype=np.dtype("i8"))


@pytest.fixture
def expected():
    half = np.arange(20 * 60).reshape(20, 3, 4, 5)
    return np.concatenate((half, half))


@pytest.mark.parametrize(
    "index", [7, -1, np.int64(30), (5,), (25, 2), (-2, -3), (39, ...), (3, slice(None)), (3, 1, ..., slice(None))]
)
def test_one_is_read_at_once(frames, expected, index, monkeypatch):
    lazy = in_blocks(frames, (16, 3, 4, 5))[index]
    monkeypatch.setattr(da.Array, "compute", None)  # what dask would do
    for pixels in (lazy.compute(), np.asarray(lazy)):
        np.testing.assert_array_equal(pixels, expected[index])
        assert pixels.dtype == lazy.dtype
    assert lazy.shape == expected[index].shape


@pytest.mark.parametrize("index", [slice(3, 4), (3, slice(1)), (3, 1, 2), ([3], 1), np.arange(40) == 3, (3, None)])
def test_all_else_is_left_to_dask(frames, expected, index):
    lazy = in_blocks(frames, (16, 3, 4, 5))[index]
    assert type(lazy) is da.Array
    np.testing.assert_array_equal(lazy.compute(), expected[index])


@pytest.mark.parametrize("index", [40, -41, (0, 3)])
def test_there_is_none_beyond_the_last(frames, index):
    with pytest.raises(IndexError):
        in_blocks(frames, (16, 3, 4, 5))[index]


def test_events_of_several_blocks_stay_in_them(frames, expected):
    lazy = in_blocks(frames, (1, 2, 4, 5))
    assert lazy[3].chunks[0] == (2, 1)
    np.testing.assert_array_equal(lazy[3].compute(), expected[3])
    np.testing.assert_array_equal(lazy[3, 2].compute(), expected[3, 2])


def sent(array):
    """As it comes out in another process."""
    return pickle.loads(pickle.dumps(array))  # noqa: S301 - it was made here


def test_what_is_made_of_it_is_dasks(frames, expected):
    lazy = in_blocks(frames, (16, 3, 4, 5))
    one = lazy[9]
    for made, value in [
        (one + 1, expected[9] + 1),
        (one[1], expected[9][1]),
        (sent(one), expected[9]),
    ]:
        assert type(made) is da.Array
        np.testing.assert_array_equal(made.compute(), value)
    np.testing.assert_array_equal(dask.compute(one, lazy[4])[0], expected[9])
    np.testing.assert_array_equal(sent(lazy)[9].compute(), expected[9])


def test_what_was_assigned_is_seen(frames, expected):
    lazy = in_blocks(frames, (16, 3, 4, 5))
    one = lazy[9]
    one[0] = -1
    assert (one.compute()[0] == -1).all()
    assert (np.asarray(one)[1:] == expected[9, 1:]).all()
    lazy[9] = -2
    assert (lazy[9].compute() == -2).all()
    np.testing.assert_array_equal(lazy[10].compute(), expected[10])


def test_a_scheduler_that_is_chosen_reads(frames, expected):
    """It may be on another machine, which sees the files."""
    one = in_blocks(frames, (16, 3, 4, 5))[9]
    asked = []

    def elsewhere(*args, **kwargs):
        asked.append(0)
        return dask.get(*args, **kwargs)

    np.testing.assert_array_equal(one.compute(scheduler=elsewhere), expected[9])
    with dask.config.set(scheduler=elsewhere):
        np.testing.assert_array_equal(one.compute(), expected[9])
        np.testing.assert_array_equal(np.asarray(one), expected[9])
    assert len(asked) == 3
