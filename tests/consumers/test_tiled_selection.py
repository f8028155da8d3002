"""What is asked of an array in files is what numpy gives, and little more is read."""

from pathlib import Path

import numpy as np
import pytest
from framestore_handlers.segments import Segment
from framestore_handlers.tiled import selection
from framestore_handlers.tiled.selection import Selection

KEYS = np.s_[
    ...,
    2,
    -1,
    (-1, 1),
    (slice(1, 4), ..., slice(None, None, 2)),
    (slice(None, None, -2), slice(1, None), 3, slice(2, 5)),
    (slice(None), slice(None, None, -1)),
    (slice(None), slice(None), slice(None, None, -1), 0),
    slice(2, 2),
    (0, 0, 0, 0),
    (),
]


class Memory:
    """Frames in memory, as if each had a file; it counts those that are read."""

    def __init__(self, frames):
        self.frames, self.count, self.most = frames, 0, 0

    def read_into(self, out, start):
        assert start + len(out) <= len(self.frames)
        out[...] = self.frames[start : start + len(out)]
        self.count += len(out)
        self.most = max(self.most, len(out))

    def files(self, start, stop):
        return [Path(str(number)) for number in range(start, stop)]


@pytest.fixture
def made():
    """An array (7, 3, 5, 6) in two files, of which some frames belong to no event; the files, and the array."""
    frames = np.arange(2 * 12 * 5 * 6, dtype="u2").reshape(2, 12, 5, 6)
    files = [Memory(part) for part in frames]
    places = [(0, 0, 2), (0, 9, 1), (1, 0, 4)]
    parts = [Segment(file=files[file], first=first, events=events) for file, first, events in places]
    array = np.concatenate([frames[file, first : first + 3 * events] for file, first, events in places])
    return Selection(segments=parts, shape=(7, 3, 5, 6), dtype="<u2"), files, array.reshape(7, 3, 5, 6)


@pytest.mark.parametrize("events_at_once", [1, 2, 100])
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_it_is_what_numpy_gives(made, key, events_at_once, monkeypatch):
    chosen, files, array = made
    monkeypatch.setattr(selection, "CHUNK_BYTES", events_at_once * array[0].nbytes)
    got = chosen.read(key)
    assert got.shape == array[key].shape
    np.testing.assert_array_equal(got, array[key])
    np.testing.assert_array_equal(chosen.read(np.s_[1:6, :, :, 1:], key), array[1:6, :, :, 1:][key])
    assert max(file.most for file in files) <= 3 * events_at_once


@pytest.mark.parametrize(("key", "frames"), [((2, 1), 1), ((slice(None, None, 3), 0), 3), (slice(1, 3), 6), ((), 21)])
def test_frames_that_are_not_wanted_are_not_read(made, key, frames):
    chosen, files, _ = made
    chosen.read(key)
    assert sum(file.count for file in files) == frames
    assert len(chosen.frame_numbers(key)) == frames
