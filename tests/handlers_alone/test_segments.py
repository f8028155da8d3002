"""Frames of which many are left out: what a part of them costs, and that it is the right part."""

import pickle

import numpy as np
import pytest
from framestore_handlers.frame_array import FrameArray
from framestore_handlers.segments import Segment

EVENTS = 2000


class Numbers:
    """A file whose frames are their numbers."""

    def read_into(self, out, start):
        out[...] = np.arange(start, start + len(out)).reshape(-1, 1)

    def files(self, start, stop):
        return []


class Counted(list):
    """Segments that count how often one is looked at."""

    looks = 0

    def __getitem__(self, index):
        self.looks += 1
        return super().__getitem__(index)

    def __iter__(self):
        for item in super().__iter__():
            self.looks += 1
            yield item


def every_second(frames=2, make=tuple):
    """Of 2, 1, 2, 1, ... events, with a frame left out between them."""
    file, first, segments = Numbers(), 0, []
    for number in range(EVENTS):
        segments.append(Segment(file=file, first=first, events=1 + number % 2))
        first += (1 + number % 2) * frames + 1
    events = sum(segment.events for segment in segments)
    array = FrameArray(segments=make(segments), shape=(events, frames, 1), dtype=np.dtype("i8"))
    rows = [segment.first + k for segment in segments for k in range(segment.events * frames)]
    return array, np.array(rows).reshape(events, frames, 1)


def test_all_blocks_together_look_at_each_segment_hardly_more_than_once():
    array, expected = every_second(make=Counted)
    array.segments.looks = 0
    assert not len(expected) % 10
    for start in range(0, len(expected), 10):
        np.testing.assert_array_equal(array.read(start, start + 10), expected[start : start + 10])
    assert array.segments.looks < 2 * EVENTS


@pytest.mark.parametrize("frames", [1, 3])
def test_each_part_is_the_right_one(frames):
    array, expected = every_second(frames)
    array = pickle.loads(pickle.dumps(array))  # noqa: S301 - it was made here
    for start, stop in [(0, 1), (0, 7), (1, 2), (2, 3), (5, 5), (1999, 2004), (2990, 3000), (0, 3000)]:
        np.testing.assert_array_equal(array.read(start, stop), expected[start:stop])
    for first in range(1, 12):
        out = np.zeros((5, 1), "i8")
        array.read_into(out, first)
        np.testing.assert_array_equal(out, expected.reshape(-1, 1)[first : first + 5])


def test_the_ends_are_not_sent_along():
    array, _ = every_second()
    assert len(pickle.dumps(array)) < len(pickle.dumps(array.segments)) + 300
