"""Arrays of runs as they come: several files, streams and cameras, gaps, other shapes, documents of others."""

import copy

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import dask.array as da
import framestore_handlers
import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow import slow

SHAPES = {"grey": (5, 7), "rgb": (5, 7, 3), "spectrum": (9,)}
FAMILIES = ["stream", "datum"]


@pytest.fixture(params=FAMILIES)
def family(request):
    return request.param


@pytest.mark.parametrize("dtype", ["uint8", "<f4", "bool", *slow("int16", ">u2", "float64")])
@pytest.mark.parametrize("kind", SHAPES)
def test_kinds_of_frames(run_engine, make_camera, numbered_source, documents, kind, dtype):
    source = numbered_source(SHAPES[kind], dtype)
    run_engine(bp.count([make_camera(source, frames_per_point=2, stats=())], 3), documents)
    expected = np.array([source.expected(k) for k in range(6)]).reshape(3, 2, *SHAPES[kind])
    stream = framestore_handlers.load(documents)["primary"]
    array = stream["camera_image"]
    assert (array.shape, array.dtype) == (expected.shape, np.dtype(dtype))
    for found in (array.compute(), stream.read("camera_image"), stream.to_xarray()["camera_image"].values):
        assert found.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(found, expected)


def test_cameras_of_other_shapes_and_bursts_stand_beside_each_other(
    run_engine, make_camera, numbered_source, documents, family
):
    sources = {"grey": numbered_source((5, 7)), "colour": numbered_source((4, 6, 3), "uint8")}
    cameras = [
        make_camera(source, name=name, frames_per_point=frames, documents=family)
        for (name, source), frames in zip(sources.items(), (1, 3), strict=True)
    ]
    run_engine(bp.count(cameras, 4), documents)
    dataset = framestore_handlers.load(documents)["primary"].to_xarray()
    assert dataset["grey_image"].shape == (4, 1, 5, 7)
    assert dataset["colour_image"].shape == (4, 3, 4, 6, 3)
    assert dataset["grey_image_timestamp"].shape == (4, 1)
    assert dataset["colour_image_timestamp"].shape == (4, 3)
    assert len(set(dataset["grey_image"].dims) & set(dataset["colour_image"].dims)) == 1, "the events'"
    assert [frame.tolist() for frame in dataset["colour_image"].values.reshape(12, 4, 6, 3)] == [
        sources["colour"].expected(k).tolist() for k in range(12)
    ]


def test_streams_of_one_run_have_their_own_frames(run_engine, make_camera, source, documents, family):
    camera = make_camera(source, documents=family, frames_per_point=2)

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def dark_then_primary():
        for name, points in (("dark", 3), ("primary", 3)):
            for _ in range(points):
                yield from bps.trigger_and_read([camera], name)

    run_engine(dark_then_primary(), documents)
    run = framestore_handlers.load(documents)
    assert run.streams == ["dark", "primary"]
    for name, points in (("dark", [0, 1, 2]), ("primary", [3, 4, 5])):
        expected = [[source.expected(2 * k), source.expected(2 * k + 1)] for k in points]
        np.testing.assert_array_equal(run[name]["camera_image"].compute(), expected)
        np.testing.assert_array_equal(run[name].read("camera_image", 1, 3), expected[1:3])
    assert len(run.files()) == len(set(run.files()))


def test_two_stagings_in_one_run_are_one_array_of_two_files(run_engine, make_camera, source, documents, family, files):
    camera = make_camera(source, documents=family, frames_per_point=2)

    @bpp.run_decorator()
    def plan():
        for _ in range(2):
            yield from bps.stage(camera)
            for _ in range(3):
                yield from bps.trigger_and_read([camera])
            yield from bps.unstage(camera)

    run_engine(plan(), documents)
    expected = np.array([source.expected(k) for k in range(12)]).reshape(6, 2, 5, 7)
    run = framestore_handlers.load(documents, block_bytes=4 * 2 * 5 * 7 * 2)
    assert sorted(run.files()) == files()
    array = run["primary"]["camera_image"]
    assert array.chunks[0] == (4, 2), "blocks are even, whatever file their frames are in"
    np.testing.assert_array_equal(array.compute(), expected)
    np.testing.assert_array_equal(array[2:5, 1].compute(), expected[2:5, 1])


class Made:
    """Documents made by hand, and the file of 12 frames of (2, 3) that they point to; frame k is full of k."""

    def __init__(self, path):
        self.path = path
        with h5py.File(path, "w") as file:
            file["/entry/data/data"] = np.repeat(np.arange(12, dtype="u2"), 6).reshape(12, 2, 3)
        self.image = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": [1, 2, 3], "external": "STREAM:"}
        self.parameters = {"dataset": "/entry/data/data", "chunk_shape": [1, 2, 3]}

    def pairs(self, *datums, **image):
        resource = {"uid": "r", "data_key": "image", "mimetype": "application/x-hdf5", "parameters": self.parameters}
        pairs = [
            ("start", {"uid": "run", "time": 0.0}),
            ("descriptor", self.descriptor("d", **image)),
            ("stream_resource", resource | {"uri": f"file://localhost{self.path}"}),
        ]
        return [*pairs, *(self.datum(*datum) for datum in datums)]

    def descriptor(self, uid, **image):
        data_key = {key: value for key, value in (self.image | image).items() if value is not None}
        return {"uid": uid, "run_start": "run", "name": "primary", "data_keys": {"image": data_key}}

    def datum(self, start, stop, seq_num=None):
        first = start + 1 if seq_num is None else seq_num
        document = {"uid": f"r/{start}", "stream_resource": "r", "descriptor": "d"}
        document["indices"] = {"start": start, "stop": stop}
        return "stream_datum", document | {"seq_nums": {"start": first, "stop": first + stop - start}}

    def stream(self, *datums, **image):
        return framestore_handlers.load(self.pairs(*datums, **image))["primary"]


@pytest.fixture
def made(tmp_path):
    return Made(tmp_path / "a.h5")


def values(array):
    found = np.asarray(array)
    return found.reshape(len(found), -1)[:, 0].tolist()


def test_a_shape_without_the_axis_of_frames(made):
    """As Tiled and some writers have it: an event is one frame, and the shape is the frame's."""
    stream = made.stream((0, 12), shape=[2, 3])
    assert stream["image"].shape == (12, 2, 3)
    assert values(stream["image"]) == values(stream.read("image")) == list(range(12))
    assert values(stream.read("image", 4, 6)) == [4, 5]
    dataset = stream.to_xarray()
    assert dataset["image"].shape == (12, 2, 3)
    assert dataset["image_timestamp"].shape == (12,)


def test_a_number_an_event(made, tmp_path):
    with h5py.File(made.path, "r+") as file:
        file["/numbers"] = np.arange(12.0)
    made.parameters = {"dataset": "/numbers", "chunk_shape": [12]}
    for shape, expected in (([], (12,)), ([1], (12, 1))):
        array = made.stream((0, 12), shape=shape, dtype_numpy="<f8")["image"]
        assert array.shape == expected
        assert values(array) == list(range(12))


@pytest.mark.parametrize("shape", [[1, 2, 3], [2, 3]])
def test_legacy_documents_without_dtype(made, shape):
    """An older ophyd's: no dtype_numpy, and a shape that need not be that of the frames."""
    pairs = [
        ("start", {"uid": "run", "time": 0.0}),
        ("descriptor", made.descriptor("d", dtype_numpy=None, external="FILESTORE:", shape=shape)),
    ]
    resource = {"uid": "r", "spec": "AD_HDF5", "root": "/", "resource_path": str(made.path)[1:]}
    pairs.append(("resource", resource | {"resource_kwargs": {"frame_per_point": 1}}))
    for k in range(4):
        pairs.append(("datum", {"datum_id": f"r/{k}", "resource": "r", "datum_kwargs": {"point_number": k}}))
        pairs.append(("event", {"uid": k, "descriptor": "d", "seq_num": k + 1, "time": k, "data": {"image": f"r/{k}"}}))
    stream = framestore_handlers.load(pairs)["primary"]
    assert stream["image"].shape == (4, *shape)
    assert stream["image"].dtype == np.uint16
    assert values(stream["image"]) == [0, 1, 2, 3]


def test_structured_pixels(made):
    dtype = np.dtype([("height", "<f4"), ("valid", "|b1")])
    pixels = np.zeros((4, 2, 3), dtype)
    pixels["height"] = np.arange(24).reshape(4, 2, 3)
    with h5py.File(made.path, "r+") as file:
        file.create_dataset("/points", data=pixels)
    made.parameters = {"dataset": "/points", "chunk_shape": [1, 2, 3]}
    array = made.stream((0, 4), dtype_numpy=[["height", "<f4"], ["valid", "|b1"]])["image"]
    assert array.dtype == dtype
    np.testing.assert_array_equal(array.compute()[:, 0], pixels)


def test_a_stream_without_events(made):
    pairs = made.pairs()
    stream = framestore_handlers.load([pairs[0], pairs[1]])["primary"]
    assert len(stream) == 0
    assert stream["image"].shape == stream.read("image").shape == (0, 1, 2, 3)
    assert stream.to_xarray()["image"].shape == (0, 1, 2, 3)
    assert stream.files("image") == stream.missing_files("image") == []


def test_gaps_in_numbers_and_indices(made):
    stream = made.stream((0, 2), (3, 4, 0), (7, 12, 100))
    assert stream.seq_nums.tolist() == [0, 1, 2, *range(100, 105)]
    assert values(stream["image"]) == values(stream.read("image")) == [3, 0, 1, 7, 8, 9, 10, 11]
    assert values(stream["image"][2:5]) == [1, 7, 8]


def test_a_shape_that_changes_in_the_middle_is_refused_and_the_rest_is_read(made):
    pairs = made.pairs((0, 2))
    other = made.descriptor("d2", shape=[1, 4, 6])
    number = {"source": "s", "dtype": "number", "shape": []}
    for document in (pairs[1][1], other):
        document["data_keys"]["a"] = number
    pairs += [("event", {"uid": "e", "descriptor": "d", "seq_num": 1, "time": 0.0, "data": {"a": 5}})]
    pairs += [("descriptor", other)]
    pairs += [("event", {"uid": "f", "descriptor": "d2", "seq_num": 2, "time": 1.0, "data": {"a": 6}})]
    stream = framestore_handlers.load(pairs)["primary"]
    for read in (lambda: stream["image"], lambda: stream.read("image"), stream.to_xarray):
        with pytest.raises(ValueError, match="its descriptors say of 'image' .*; one shape is needed"):
            read()
    assert stream["a"].tolist() == stream.to_xarray(["a"])["a"].values.tolist() == [5, 6]


def test_blocks_of_another_size_for_one_array(made):
    stream = made.stream((0, 12))
    assert stream["image"].numblocks[0] == 1
    array = stream.array("image", block_bytes=5 * 12)
    assert array.chunks[0] == (5, 5, 2)
    assert values(array) == list(range(12))
    with pytest.raises(ValueError, match="block_bytes must be 1 or more, not 0"):
        stream.array("image", block_bytes=0)


@pytest.mark.parametrize("ask", ["array", "timestamps", "read_timestamps", "files", "missing_files"])
def test_values_that_stand_in_events_have_no_files(made, ask):
    pairs = made.pairs((0, 1))
    pairs[1][1]["data_keys"]["a"] = {"source": "s", "dtype": "number", "shape": []}
    stream = framestore_handlers.load(pairs)["primary"]
    with pytest.raises(KeyError, match="the values of 'a' stand in the events, not in files"):
        getattr(stream, ask)("a")


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        ("|u1", [[0, 255], [1, 2]], "uint8"),
        ("<u8", [[1, 2**64 - 1], [0, 3]], "uint64"),
        ("<f4", [[0.5, float("nan")], [1, 2]], "float32"),
        ("|b1", [[True, False], [True, True]], "bool"),
        ("|u1", [[0, 256], [1, 2]], "int64"),
        ("|i1", [[0.5, 1.0], [1.0, 2.0]], "float64"),
        ("<f4", [[1e300, 1.0], [1.0, 2.0]], "float64"),
        ("wrong", [[0, 1], [1, 2]], "int64"),
        (None, [[0, 1], [1, 2]], "int64"),
    ],
)
def test_lists_in_events_have_the_dtype_of_their_data_key_where_it_holds_them(dtype, values, expected):
    """JSON has lists for arrays, and forgets what their dtype was."""
    data_key = {"source": "s", "dtype": "array", "shape": [2], "dtype_numpy": dtype}
    pairs = [
        ("start", {"uid": "run", "time": 0.0}),
        ("descriptor", {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"a": data_key}}),
    ]
    for number, value in enumerate(values, 1):
        event = {"uid": f"e{number}", "descriptor": "d", "seq_num": number, "time": 0.0}
        pairs.append(("event", event | {"data": {"a": value}, "timestamps": {"a": 0.0}}))
    stream = framestore_handlers.load(pairs)["primary"]
    for found in (stream["a"], stream.read("a"), stream.to_xarray()["a"].values):
        assert found.dtype == np.dtype(expected)
        np.testing.assert_array_equal(found, np.array(values, expected))


class Noted:
    """Frames in memory that note what is read of them; a stand-in for a file."""

    frames_per_event = None

    def __init__(self, frames):
        self.frames = frames
        self.read = []

    def read_into(self, out, start):
        self.read.append((start, start + len(out)))
        out[...] = self.frames[start : start + len(out)]

    def files(self, start, stop):
        return [self]


def noted(events, frames, shape, segments):
    """A lazy array over a file, and what it is to be; ``segments`` are (first event in the file, events)."""
    from framestore_handlers import blocks

    whole = np.arange(np.prod([events, frames, *shape]), dtype="i4").reshape(events * frames, *shape)
    file = Noted(whole)
    parts = [blocks.Segment(file=file, first=first * frames, events=count) for first, count in segments]
    rows = [row for first, count in segments for row in range(first, first + count)]
    return file, parts, whole.reshape(events, frames, *shape)[rows]


@pytest.mark.parametrize("index", [7, -1, (7, 1), (slice(6, 8), 0), (7, slice(0, 1), 2)])
def test_only_what_is_asked_for_is_read(index):
    from framestore_handlers import blocks

    file, parts, expected = noted(16, 2, (600, 600), [(0, 16)])
    array = blocks.lazy(parts, (2, 600, 600), "i4", block_bytes=8 * 2 * 600 * 600 * 4)
    np.testing.assert_array_equal(array[index].compute(), expected[index])
    wanted = np.arange(32).reshape(16, 2)[index[:2] if isinstance(index, tuple) else index]
    assert sum(stop - start for start, stop in file.read) == np.size(wanted)


def test_frames_between_small_ones_are_read_along_at_once():
    from framestore_handlers import blocks

    file, parts, expected = noted(100, 1, (4, 4), [(0, 100)])
    np.testing.assert_array_equal(blocks.lazy(parts, (1, 4, 4), "i4")[3::7].compute(), expected[3::7])
    assert len(file.read) == 1


steps_on = st.builds(slice, *[st.one_of(st.none(), st.integers(-8, 8))] * 2, st.sampled_from([None, 1, 2, 3]))
steps_back = st.builds(slice, st.none(), st.none(), st.sampled_from([-1, -2]))  # dask has others wrong: x[-4::-1] of 3
slices = st.one_of(steps_on, steps_back)
picks = st.one_of(slices, st.integers(-2, 1), st.lists(st.integers(-2, 1), min_size=1, max_size=4))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    segments=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), min_size=1, max_size=4),
    frames=st.integers(2, 3),
    axes=st.lists(picks, min_size=1, max_size=4),
    second=slices,
    block_bytes=st.integers(1, 400),
)
def test_any_index_picks_what_numpy_does(segments, frames, axes, second, block_bytes):
    """Each axis by itself, one after another, as dask's fused slices are."""
    from framestore_handlers import blocks

    _, parts, expected = noted(8, frames, (2, 3), [*segments, (1, 2)])
    array = blocks.lazy(parts, (frames, 2, 3), "i4", block_bytes)
    assert isinstance(array, da.Array)
    for axis, pick in reversed(list(enumerate(axes))):
        index = (slice(None),) * axis + (pick,)
        array, expected = array[index], expected[index]
    if expected.ndim and not isinstance(axes[0], int):
        array, expected = array[second], expected[second]
    np.testing.assert_array_equal(array.compute(scheduler="synchronous"), expected)


def test_a_run_that_never_stopped(run_engine, make_camera, source, documents, family):
    camera = make_camera(source, documents=family, frames_per_point=2)
    run_engine(bp.count([camera], 3), documents)
    pairs = [pair for pair in copy.deepcopy(documents.pairs) if pair[0] != "stop"]
    run = framestore_handlers.load(pairs)
    assert run.stop is None
    expected = np.array([source.expected(k) for k in range(6)]).reshape(3, 2, 5, 7)
    np.testing.assert_array_equal(run["primary"].to_xarray()["camera_image"].values, expected)


def test_gaps_in_one_file_are_read_along(made, monkeypatch):
    """A plan that triggers twice and reads once leaves every other frame out."""
    from framestore_handlers.hdf5 import HDF5Frames

    opened = []
    read_into = HDF5Frames.read_into
    monkeypatch.setattr(
        HDF5Frames, "read_into", lambda self, out, start: opened.append(len(out)) or read_into(self, out, start)
    )
    stream = made.stream(*((k, k + 1, k) for k in range(1, 12, 2)))
    assert values(stream["image"]) == values(stream.read("image")) == [1, 3, 5, 7, 9, 11]
    assert opened == [11, 11]


def test_a_gap_that_is_damaged_is_not_missed(made):
    with h5py.File(made.path, "w") as file:
        data = file.create_dataset("/entry/data/data", (5, 2, 3), "u2", chunks=(1, 2, 3), compression="gzip")
        data[...] = np.repeat(np.arange(5, dtype="u2"), 6).reshape(5, 2, 3)
        data.id.write_direct_chunk((2, 0, 0), b"damaged")
    stream = made.stream((0, 2), (3, 5, 3))
    assert values(stream.read("image")) == values(stream["image"]) == [0, 1, 3, 4]
