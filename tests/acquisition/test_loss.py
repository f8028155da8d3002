"""Frames that are lost, stale, doubled or incomplete."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framestore import Frame, IncompleteFrameError, LostFramesError
from framestore.acquisition.ids import FrameIds

SHAPE = (3, 4)


class Scripted:
    """Gives frames with the ids of a list, each full of its place in it.

    None stands for an incomplete frame of that place, a tuple for an incomplete one with that id.
    """

    shape, dtype = SHAPE, np.dtype("u2")

    def __init__(self, ids):
        self.script = list(enumerate(ids))

    def start(self): ...
    def stop(self): ...

    def next_frame(self, timeout):
        place, frame_id = self.script.pop(0)
        if frame_id is None:
            raise IncompleteFrameError(place, "two packets were lost")
        if isinstance(frame_id, tuple):
            raise IncompleteFrameError(*frame_id)
        return Frame(np.full(SHAPE, place, "u2"), frame_id, float(place))


def orders(acquire, take, ids, frames, count, **settings):
    """Take so many orders; their errors and how many frames each lost."""
    acquisition = acquire(Scripted(ids), **settings)
    ended = [take(acquisition, frames) for _ in range(count)]
    return acquisition, [error for *_, error in ended], [order.dropped for order, *_ in ended]


@pytest.mark.parametrize(
    ("ids", "frames", "dropped", "places"),
    [
        ([0, 1, 2, 3], 1, [0, 0, 0, 0], [0, 1, 2, 3]),
        ([5, 6, 9, 10], 1, [0, 0, 2, 0], [0, 1, 2, 3]),
        ([5, 6, 9, 10], 2, [0, 2], [0, 1, 2, 3]),
        ([5, 7, 9, 10], 4, [2], [0, 1, 2, 3]),
        ([1, 1, 2, 3], 1, [0, 1, 0], [0, 2, 3]),
        ([8, 9, 7, 10], 1, [0, 0, 1], [0, 1, 3]),
        ([0, 1, None, 3], 3, [1], [0, 1, 3]),
        ([0, None, None, 3], 2, [2], [0, 3]),
        ([1, (4,), 5, 6], 3, [3], [0, 2, 3]),
        ([1, (None,), 3, 4], 3, [1], [0, 2, 3]),
        ([1, (None,), 5, 6], 3, [3], [0, 2, 3]),
        ([65534, 65535, 1, 2], 2, [0, 0], [0, 1, 2, 3]),
        ([65534, 65535, 0, 1], 2, [0, 0], [0, 1, 2, 3]),
        ([65533, 1, 2, 3], 2, [2, 0], [0, 1, 2, 3]),
        ([2**32 - 1, 0, 1, 2], 4, [0], [0, 1, 2, 3]),
    ],
)
def test_what_is_missing_is_counted_and_the_next_good_frames_are_taken(
    acquire, take, stored, tmp_path, ids, frames, dropped, places
):
    acquisition, errors, lost = orders(acquire, take, ids, frames, len(dropped), on_dropped="record")
    assert errors == [None] * len(dropped)
    assert lost == dropped
    assert acquisition.frames_dropped == sum(dropped)
    data, stored_ids = stored(tmp_path / "0.h5")
    assert data[:, 0, 0].tolist() == places
    assert stored_ids.tolist() == [ids[place] for place in places]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([3, 4, 6], "cam: a frame between frames 4 and 6 did not arrive"),
        ([3, 4, 16], "cam: 11 frames between frames 4 and 16 did not arrive"),
        ([3, 4, 4], "cam: frame 4 came again, or out of order, after 4"),
        ([3, 4, 2], "cam: frame 2 came again, or out of order, after 4"),
        ([65534, 65535, 2], "cam: a frame between frames 65535 and 2 did not arrive"),
    ],
)
def test_what_is_missing_fails_the_order_by_default(acquire, take, stored, tmp_path, ids, message):
    acquisition, errors, lost = orders(acquire, take, ids, 1, 3)
    assert errors[:2] == [None, None]
    assert isinstance(errors[2], LostFramesError)
    assert message in str(errors[2])
    assert "on_dropped='record'" in str(errors[2])
    assert lost[2] == acquisition.frames_dropped > 0
    assert stored(tmp_path / "0.h5")[1].tolist() == ids[:2]


def test_an_incomplete_frame_fails_the_order_by_default(acquire, take):
    _, errors, _ = orders(acquire, take, [0, None], 2, 1)
    assert isinstance(errors[0], IncompleteFrameError)
    assert "cam: frame 1 arrived incomplete: two packets were lost" in str(errors[0])


def test_the_order_after_a_loss_that_failed_begins_anew(acquire, take):
    _, errors, _ = orders(acquire, take, [0, 5, 6, 7], 1, 4)
    assert [type(error) for error in errors] == [type(None), LostFramesError, type(None), type(None)]


def test_ids_that_the_camera_gave_while_it_failed_are_not_missed(acquire, take):
    source = Scripted([0, 1, 5, 6])
    acquisition = acquire(source)
    assert take(acquisition, 2)[2] is None
    good, source.next_frame = source.next_frame, lambda timeout: 1 / 0
    assert isinstance(take(acquisition, 1)[2], ZeroDivisionError)
    source.next_frame = good
    assert take(acquisition, 2)[2] is None, "the error has told already that something happened"


def test_a_camera_that_counts_from_the_beginning_again_is_followed(acquire, take):
    _, errors, lost = orders(acquire, take, [700, 701, 0, 1, 2, 3], 1, 5, on_dropped="record")
    assert errors == [None] * 5
    assert lost == [0, 0, 1, 0, 0], "of the new count, the first could have been a stale frame"


@given(
    start=st.integers(0, 70000),
    steps=st.lists(st.integers(1, 40), max_size=200),
    zero=st.booleans(),
)
def test_a_16_bit_counter_is_followed_over_its_end(start, steps, zero):
    """An independent counter: position k of an endless stream, of which some frames arrive."""
    period = 65536 if zero else 65535

    def number(k):
        return k % period if zero else k % period + 1

    ids, k, missing = FrameIds(), start, 0
    ids.missing(number(k))
    seen = 0
    for step in steps:
        before, k = k, k + step
        missing += step - 1
        gap = ids.missing(number(k))
        crossed = zero and before // period != k // period and number(k) != 0
        # A counter with a zero, read by one who does not know of it: 0 is not missed.
        assert gap is not None
        assert gap == step - 1 - crossed
        seen += gap + crossed
    assert seen == missing
