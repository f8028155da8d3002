"""Which frames stand beside which events, by ranges of any size and order; what they claim costs no memory."""

import itertools
import tracemalloc
import warnings
from collections import Counter
from contextlib import contextmanager

import framestore_handlers
import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow import slow

FRAMES = 60
IMAGE = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": [1, 1, 1], "external": "STREAM:"}
NUMBER = {"source": "s", "dtype": "number", "shape": []}


def documents(path, ranges, seq_nums=()):
    """Of ``ranges`` (index, seq_num, length) of frames, and of events; each has for ``a`` how many came before."""
    place = {"mimetype": "application/x-hdf5", "uri": f"file://localhost{path}", "parameters": {"dataset": "data"}}
    pairs = [
        ("start", {"uid": "run", "time": 0.0}),
        (
            "descriptor",
            {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": IMAGE, "a": NUMBER}},
        ),
        ("stream_resource", {"uid": "r", "data_key": "image", **place}),
    ]
    for index, first, length in ranges:
        counts = {"indices": (index, index + length), "seq_nums": (first, first + length)}
        document = {name: {"start": start, "stop": stop} for name, (start, stop) in counts.items()}
        pairs.append(("stream_datum", {"uid": f"r/{index}", "stream_resource": "r", "descriptor": "d", **document}))
    for k, seq_num in enumerate(seq_nums):
        event = {"uid": f"e{k}", "descriptor": "d", "seq_num": seq_num, "time": float(k), "data": {"a": k}}
        pairs.append(("event", event))
    return pairs


def stream_of(*given, **options):
    return framestore_handlers.load(documents(*given), **options)["primary"]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A file of frames, each full of its number."""
    path = tmp_path_factory.mktemp("ranges") / "a.h5"
    with h5py.File(path, "w") as file:
        file["data"] = np.arange(FRAMES, dtype="u2").reshape(-1, 1, 1)
    return path


def numbered(seq_nums):
    """(sequence number, how many times it came before) of each."""
    came = Counter()
    for seq_num in seq_nums:
        yield seq_num, came[seq_num]
        came[seq_num] += 1


def expected_rows(ranges, seq_nums, repeats):
    """{(sequence number, occurrence): which frame, or None where there is none}, row by row, found out one by one."""
    indices = [index + k for index, _, length in ranges for k in range(length)]
    numbers = [first + k for _, first, length in ranges for k in range(length)]
    if not seq_nums and len(set(numbers)) < len(numbers):
        numbers = range(1, len(numbers) + 1)
    frames = dict(zip(numbered(numbers), indices, strict=True))
    last = dict(sorted(frames))
    events = list(numbered(seq_nums))
    for seq_num, occurrence in events:
        if seq_num in last:
            frames.setdefault((seq_num, occurrence), frames[seq_num, last[seq_num]])
    rows = sorted({*events, *(row for row in frames if row[0] > max(seq_nums))}) if events else sorted(frames)
    if repeats == "last":
        rows = [row for row, after in itertools.zip_longest(rows, rows[1:]) if after is None or after[0] != row[0]]
    return {row: frames.get(row) for row in rows}


@st.composite
def scans(draw):
    """Ranges of frames, in any order and over each other, and events or none."""
    ranges = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 12), st.integers(0, 6)), max_size=6))
    index, placed = 0, []
    for skipped, first, length in ranges:
        placed.append((index + skipped, first, length))
        index += skipped + length
    seq_nums = draw(st.one_of(st.just([]), st.lists(st.integers(0, 16), max_size=12), st.just(list(range(14)))))
    return draw(st.permutations(placed)), seq_nums


@pytest.mark.parametrize("repeats", ["last", "all"])
@pytest.mark.parametrize("examples", [60, *slow(3000)])
def test_frames_stand_beside_their_events(path, repeats, examples):
    @settings(max_examples=examples, deadline=None)
    @given(scans(), st.integers(-3, 20), st.integers(-3, 20))
    def check(scan, start, stop):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            check_scan(*scan, start, stop)

    def check_scan(ranges, seq_nums, start, stop):
        stream = stream_of(path, ranges, seq_nums, repeats=repeats)
        rows = expected_rows(ranges, seq_nums, repeats)
        for low, high in ((start, stop), (0, None)):
            part = list(rows.values())[low:high]
            if None in part:
                with pytest.raises(ValueError, match="the documents name no frames of 'image' for event"):
                    stream.read("image", low, high)
            else:
                assert stream.read("image", low, high)[:, 0, 0, 0].tolist() == part
        events = len(seq_nums) if repeats == "all" else len(set(seq_nums))
        assert stream.seq_nums.tolist() == [seq_num for seq_num, _ in rows][: events or None]
        assert len(stream) == (events or len(rows))

    check()


@pytest.mark.parametrize("repeats", ["last", "all"])
@settings(max_examples=60, deadline=None)
@given(scan=scans())
def test_a_table_has_the_events_that_are_complete(path, repeats, scan):
    ranges, seq_nums = scan
    if not seq_nums:
        return
    stream = stream_of(path, ranges, seq_nums, repeats=repeats)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        table = stream.to_xarray(timestamps=False)
    frames = expected_rows(ranges, seq_nums, "all")
    complete = {event: k for k, event in enumerate(numbered(seq_nums)) if frames[event] is not None}
    kept = sorted({event[0]: event for event in sorted(complete)}.values() if repeats == "last" else complete)
    assert table["seq_num"].values.tolist() == [seq_num for seq_num, _ in kept]
    assert table["a"].values.tolist() == [complete[event] for event in kept]
    assert not kept or table["time"].values.tolist() == [complete[event] for event in kept]
    assert table["image"].values[:, 0, 0, 0].tolist() == [frames[event] for event in kept]


def test_a_part_that_is_complete_is_read_though_others_are_not(path):
    """As where a StreamDatum was lost; rows are numbered as the events are."""
    stream = stream_of(path, [(0, 1, 3), (5, 6, 3)], range(1, 9))
    assert stream.read("image", 0, 3)[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert stream.read("image", 5)[:, 0, 0, 0].tolist() == [5, 6, 7]
    assert stream.read("image", -2, -1)[:, 0, 0, 0].tolist() == [6]
    assert stream.read("image", 4, 4).shape == (0, 1, 1, 1)
    assert stream.read_timestamps("image", 5).shape == (3, 1)
    with pytest.raises(ValueError, match=r"no frames of 'image' for event 4, nor for 1 others of 3;"):
        stream.read("image", 2, 5)
    with pytest.raises(ValueError, match=r"no frames of 'image' for event 5;"):
        stream.read_timestamps("image", 4)
    with pytest.raises(ValueError, match=r"no frames of 'image' for event 4, nor for 1 others of 8;"):
        stream["image"]


@contextmanager
def hardly_memory():
    """At most 4 MiB, by what Python and numpy take."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("events", [(), range(1, 4)], ids=["flown", "with events"])
@pytest.mark.parametrize("number", [10**8, 2**42])
def test_ranges_cost_nothing_however_long_they_are(path, number, events):
    """Half of them in one document, the others in a thousand; a gap behind the tenth."""
    ranges = [
        (0, 1, 10),
        (11, 12, number // 2),
        *((number // 2 + 11 + k, number // 2 + 12 + k, 1) for k in range(1000)),
    ]
    ranges.append((number // 2 + 1011, number // 2 + 1012, number - number // 2 - 1011))
    stream_of(path, ranges, events).read("image", 0, 2)  # what is imported is none of theirs
    pairs = documents(path, ranges, events)
    with hardly_memory():
        stream = framestore_handlers.load(pairs)["primary"]
        assert len(stream) == (len(events) or number - 1)
        assert stream.read("image", 8, 12)[:, 0, 0, 0].tolist() == [8, 9, 11, 12]
        assert stream.files("image") == [path]
        with pytest.raises(OSError, match="a.h5"):
            stream.read("image", -1)


def test_a_long_run_is_an_array_at_once(path):
    stream = stream_of(path, [(0, 1, 10**8)])
    assert stream["image"].shape == (10**8, 1, 1, 1)
    assert stream["image"][7].compute().item() == 7


@pytest.mark.parametrize("ranges", [[(0, 1, 2**40)], [(k, 1 + k, 2**28) for k in range(2)]], ids=["one", "again"])
def test_numbers_of_too_many_events_are_refused(path, ranges):
    stream = stream_of(path, ranges, [1])
    with hardly_memory(), pytest.raises(ValueError, match="claim .* events, more than the .* numbered one by one"):
        len(stream_of(path, ranges).seq_nums)
    assert stream.seq_nums.tolist() == [1]
    assert stream.read("image", 0, 1).item() == 0


@pytest.mark.parametrize(
    ("ranges", "frames"), [([(0, 1, 2**42), (0, 1, 1)], 1), ([(0, 1, 2**42)], 2), ([(2**42 - 1, 1, 1)], 2)]
)
def test_more_frames_than_can_be_counted_are_refused(path, ranges, frames):
    pairs = documents(path, ranges)
    pairs[1][1]["data_keys"] = {"image": IMAGE | {"shape": [frames, 1, 1]}}
    with hardly_memory(), pytest.raises(ValueError, match="image: its documents claim .* events or frames, more than"):
        framestore_handlers.load(pairs)["primary"].read("image", 0, 1)


def test_ranges_over_each_other_are_refused_before_memory_is_taken(path):
    """Each of a few thousand documents names nearly all events anew."""
    ranges = [(k, k, 2**20 - 2 * k) for k in range(3000)]
    stream = stream_of(path, ranges, [1])
    with hardly_memory(), pytest.raises(ValueError, match="name events anew so many times"):
        stream.read("image", 0, 1)


@pytest.mark.parametrize("repeats", ["last", "all"])
def test_long_ranges_again(path, repeats):
    """Millions of events, all of them again: the last ones count; one by one they are too many."""
    million = 2**21
    stream = stream_of(path, [(0, 1, million), (30, 1, million)], [1, 1], repeats=repeats)
    if repeats == "last":
        with hardly_memory():
            assert stream.read("image", 0, 3).ravel().tolist() == [30, 31, 32]
    else:
        with pytest.raises(ValueError, match="name events anew so many times"):
            stream.read("image", 0, 3)


def test_the_same_event_too_many_times(path):
    many = 2**20
    page = {"uid": ["e"] * many, "descriptor": "d", "seq_num": [1] * many, "time": [0.0] * many}
    pairs = [*documents(path, []), ("event_page", page | {"data": {"a": [0] * many}, "timestamps": {}})]
    with pytest.raises(ValueError, match="event 1 came more than 524288 times"):
        len(framestore_handlers.load(pairs)["primary"])
