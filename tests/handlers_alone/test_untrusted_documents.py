"""What documents claim that cannot be is refused: quickly, by name, and before memory is taken for it."""

import copy
import re
import resource

import framestore_handlers
import numpy as np
import pytest
from memory import little_memory

DATA_KEY = {"source": "x", "dtype": "array", "shape": [1, 6, 8], "dtype_numpy": "<u2", "external": "STREAM:"}
SCALAR = {"source": "x", "dtype": "number", "shape": []}


def streamed():
    """Documents of four frames in one file, which is not there."""
    place = {"data_key": "image", "uri": "file://localhost/nowhere/x.h5", "mimetype": "application/x-hdf5"}
    ranges = {"indices": {"start": 0, "stop": 4}, "seq_nums": {"start": 1, "stop": 5}}
    keys = {"image": dict(DATA_KEY)}
    return {
        "start": {"uid": "run", "time": 0.0},
        "descriptor": {"uid": "d", "run_start": "run", "name": "primary", "data_keys": keys},
        "stream_resource": {"uid": "r", **place, "parameters": {"dataset": "/data"}},
        "stream_datum": {"uid": "r/0", "stream_resource": "r", "descriptor": "d", **ranges},
    }


def legacy():
    """Documents of one event with a frame, and a number."""
    keys = {"image": {**DATA_KEY, "external": "FILESTORE:"}, "number": SCALAR}
    kwargs = {"frame_per_point": 1}
    place = {"root": "/nowhere", "resource_path": "x.h5", "spec": "AD_HDF5", "resource_kwargs": kwargs}
    data = {"image": "r/0", "number": 1.0}
    return {
        "start": {"uid": "run", "time": 0.0},
        "descriptor": {"uid": "d", "run_start": "run", "name": "primary", "data_keys": keys},
        "resource": {"uid": "r", "run_start": "run", **place},
        "datum": {"datum_id": "r/0", "resource": "r", "datum_kwargs": {"point_number": 0}},
        "event": {"uid": "e", "descriptor": "d", "seq_num": 1, "time": 0.0, "data": data, "timestamps": {}},
    }


def changed(documents, path, value):
    """The documents, with another value in one of them, or without it where the value is ``...``."""
    documents = copy.deepcopy(documents)
    *way, last = path.split(".")
    place = documents
    for name in way:
        place = place[name]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return documents


def frames(documents):
    return framestore_handlers.load(documents.items())["primary"]["image"]


def test_documents_as_they_are_open():
    assert frames(streamed()).shape == (4, 1, 6, 8)
    assert frames(legacy()).shape == (1, 1, 6, 8)


NO_SHAPES = [
    [10**9, 10**9],
    [1, 10**9, 10**9],
    [10**30, 6, 8],
    [2**26 + 1, 6, 8],
    [1, -6, 8],
    [1, 0, 8],
    [1, 6.0, 8],
    [1, True, 8],
    [1, "6", 8],
    [1, [6], 8],
    [1] * 33,
    [0, 6, 8],
    [1, float("nan"), 8],
    "168",
    168,
    {"a": 1},
    None,
    ...,
]


@pytest.mark.parametrize("shape", NO_SHAPES, ids=lambda shape: f"{shape!r:.30}")
@pytest.mark.parametrize("documents", [streamed(), legacy()], ids=["streamed", "legacy"])
def test_shapes_that_are_none(documents, shape):
    documents = changed(documents, "descriptor.data_keys.image.shape", shape)
    with little_memory(), pytest.raises(ValueError, match=r"image"):
        frames(documents)


@pytest.mark.parametrize(
    "dtype",
    ["O", "|O", "<U8", "S4", "V16", "M8[s]", "garbage", 7, [["a", "O"]], [["a", "V3"]], {"a": 1}, "u2,O", "<u2" * 9],
)
def test_dtypes_that_are_no_numbers(dtype):
    documents = changed(streamed(), "descriptor.data_keys.image.dtype_numpy", dtype)
    with pytest.raises(ValueError, match="image.*the dtype of its pixels must be one of numbers"):
        frames(documents)


@pytest.mark.parametrize(
    ("indices", "seq_nums"),
    [
        ((0, 2**62), (1, 2**62 + 1)),
        ((0, 2**42 + 1), (1, 2**42 + 2)),
        ((0, 10**400), (1, 10**400 + 1)),
        ((-1, 3), (1, 5)),
        ((4, 0), (5, 1)),
        ((0, 4), (-4, 0)),
        ((0, 4), (2**62, 2**62 + 4)),
        ((0.0, 4.0), (1.0, 5.0)),
        ((0, 4.5), (1, 5.5)),
        (("0", "4"), ("1", "5")),
        ((None, 4), (1, 5)),
        ((float("nan"), 4), (1, 5)),
    ],
)
def test_ranges_that_are_none(indices, seq_nums):
    ranges = {"indices": indices, "seq_nums": seq_nums}
    documents = streamed()
    for name, (start, stop) in ranges.items():
        documents = changed(documents, f"stream_datum.{name}", {"start": start, "stop": stop})
    with (
        little_memory(),
        pytest.raises(ValueError, match="stream_datum document r/0|stream_datum document 'r/0'|image: "),
    ):
        frames(documents)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("datum.datum_kwargs.point_number", -1),
        ("datum.datum_kwargs.point_number", 0.5),
        ("datum.datum_kwargs.point_number", "0"),
        ("datum.datum_kwargs.point_number", 2**62),
        ("datum.datum_kwargs.point_number", 10**400),
        ("datum.datum_kwargs.point_number", float("nan")),
        ("datum.datum_kwargs.point_number", float("inf")),
        ("datum.datum_kwargs.point_number", [0]),
        ("datum.datum_kwargs.point_number", None),
        ("datum.datum_kwargs.point_number", ...),
        ("datum.datum_kwargs", None),
        ("datum.datum_kwargs", ...),
        ("datum.resource", "other"),
        ("datum.resource", []),
        ("resource.resource_kwargs.frame_per_point", 0),
        ("resource.resource_kwargs.frame_per_point", -1),
        ("resource.resource_kwargs.frame_per_point", "3"),
        ("resource.resource_kwargs.frame_per_point", 1e9),
        ("resource.resource_kwargs.frame_per_point", float("nan")),
        ("resource.resource_kwargs", []),
        ("resource.resource_kwargs", None),
        ("resource.spec", []),
        ("resource.spec", "NO_SUCH"),
        ("resource.root", ...),
        ("event.seq_num", -1),
        ("event.seq_num", 1.5),
        ("event.seq_num", "1"),
        ("event.seq_num", 2**62),
        ("event.seq_num", 10**400),
        ("event.seq_num", [1]),
        ("event.seq_num", ...),
        ("event.data", None),
        ("event.data", ...),
        ("event.data.image", {"a": 1}),
        ("event.data.image", "r/1"),
        ("event.descriptor", {}),
        ("descriptor.data_keys", []),
        ("descriptor.data_keys.image", 3),
        ("descriptor.name", 3),
        ("descriptor.uid", {}),
        ("start.uid", []),
        ("start.uid", 3),
    ],
)
def test_values_that_are_none(path, value):
    with little_memory(), pytest.raises(ValueError):  # noqa: PT011 - each says what it is about
        frames(changed(legacy(), path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("stream_resource.uri", 3),
        ("stream_resource.uri", "http://localhost/x.h5"),
        ("stream_resource.uri", "file:///a\0.h5"),
        ("stream_resource.uri", ...),
        ("stream_resource.mimetype", {}),
        ("stream_resource.mimetype", "application/x-tiled-array"),
        ("stream_resource.parameters", None),
        ("stream_resource.parameters", [1]),
        ("stream_resource.parameters.dataset", 5),
        ("stream_resource.parameters.dataset", "a\0b"),
        ("stream_resource.parameters", {"join_method": "stack", "chunk_shape": "abc"}),
        ("stream_resource.parameters", {"join_method": "stack", "chunk_shape": [1]}),
        ("stream_resource.parameters", {"join_method": "stack", "chunk_shape": {"a": 1}}),
        ("stream_resource.parameters", {"join_method": "stack", "chunk_shape": [1, 10**12, 6, 8]}),
        ("stream_resource.parameters", {"chunk_shape": True}),
        ("stream_resource.parameters", {"chunk_shape": 0.5}),
        ("stream_resource.data_key", []),
        ("stream_datum.indices", None),
        ("stream_datum.indices", [0, 4]),
        ("stream_datum.descriptor", 7),
    ],
)
def test_streams_that_are_none(path, value):
    with little_memory(), pytest.raises(ValueError):  # noqa: PT011 - each says what it is about
        frames(changed(streamed(), path, value))


@pytest.mark.parametrize(
    "template", ["%s" * 9, "{0.__class__}", "%999999999d", "{:999999999d}", 7, None, "../x_{:d}.png"]
)
def test_templates_that_are_none(template):
    documents = changed(streamed(), "stream_resource.mimetype", "multipart/related;type=image/png")
    documents = changed(documents, "stream_resource.uri", "file://localhost/nowhere/")
    documents = changed(documents, "stream_resource.parameters", {"template": template})
    with little_memory(), pytest.raises(ValueError):  # noqa: PT011 - each says what it is about
        framestore_handlers.load(documents.items())["primary"].read("image")


@pytest.mark.parametrize("filename", [7, None, ["x"], b"x"])
def test_names_of_a_series_that_are_none(filename):
    documents = changed(streamed(), "stream_resource.mimetype", "multipart/related;type=image/png")
    documents = changed(documents, "stream_resource.uri", "file://localhost/nowhere/")
    documents = changed(documents, "stream_resource.parameters", {"template": "%s%s_%d.png", "filename": filename})
    with pytest.raises(ValueError, match=re.escape(f"its filename is {filename!r}, expected text")):
        framestore_handlers.load(documents.items())["primary"].read("image")


@pytest.mark.parametrize("documents", [[("start", 3)], [("start",)], ["start"], [3], [None], 3, [{"a": 1}]])
def test_what_are_no_documents(documents):
    with pytest.raises(TypeError, match="documents must be"):
        framestore_handlers.load(documents)


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_documents_that_are_nested_without_end(tmp_path, suffix):
    path = tmp_path / f"run{suffix}"
    line = '{"name": "start", "doc": ' + '{"a": ' * 200_000 + "1" + "}" * 200_000 + "}\n"
    path.write_text(line * 2 if suffix == ".jsonl" else f"[\n{line.strip()},\n{line.strip()}\n]")
    with pytest.raises(ValueError, match=rf"run{suffix}: line"):
        framestore_handlers.load(path)


def test_a_long_run_of_large_frames_opens():
    """10 TB: 100,000 frames of 100 MB."""
    documents = changed(streamed(), "descriptor.data_keys.image.shape", [1, 10_000, 5_000])
    documents = changed(documents, "stream_datum.indices.stop", 100_000)
    documents = changed(documents, "stream_datum.seq_nums.stop", 100_001)
    array = frames(documents)
    assert array.nbytes == 10**13
    assert array.shape == (100_000, 1, 10_000, 5_000)


def test_frames_that_do_not_fit_into_memory_are_refused_by_name():
    """Each is allowed; together they are 6.7 TB, more than addresses here, which is what memory begins with."""
    documents = changed(streamed(), "descriptor.data_keys.image.shape", [2**16, 10_000, 10_000])
    stream = framestore_handlers.load(documents.items())["primary"]
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (2**40, before[1]))
    try:
        with pytest.raises(OSError, match="image.* do not fit into memory"):
            stream.read("image")
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_files_of_more_frames_than_there_can_be_are_not_listed(tmp_path):
    documents = changed(streamed(), "stream_resource.mimetype", "multipart/related;type=image/png")
    documents = changed(documents, "stream_resource.uri", f"file://localhost{tmp_path}/")
    documents = changed(documents, "stream_resource.parameters", {"template": "{:d}.png", "chunk_shape": [1, 6, 8]})
    for name, first in (("indices", 0), ("seq_nums", 1)):
        documents = changed(documents, f"stream_datum.{name}", {"start": first, "stop": first + 10**8})
    run = framestore_handlers.load(documents.items())
    for list_files in (run.files, run.missing_files):
        with little_memory(), pytest.raises(ValueError, match="claim 100000000 frames in files of their own"):
            list_files()


def test_numbers_of_numpy_are_numbers():
    documents = changed(streamed(), "descriptor.data_keys.image.shape", [np.int64(1), np.uint16(6), 8])
    assert frames(changed(documents, "stream_datum.indices.stop", np.int32(4))).shape == (4, 1, 6, 8)


MANY = 2**26
"""Frames in an event: a text of ten times as many characters would be 640 MiB."""


class Called:
    """A handler of others."""

    def __init__(self, path, **kwargs):
        self.path = path

    def __call__(self, point_number):
        raise AssertionError(point_number)


@pytest.mark.parametrize("number", ["0123456789", b"0123456789", [0, 1, 2], (0, 1)])
@pytest.mark.parametrize(("spec", "name"), [("AD_HDF5", "point_number"), ("IMM", "index"), ("MY", "point_number")])
def test_what_is_no_number_is_not_multiplied(spec, name, number):
    documents = changed(legacy(), "resource.spec", spec)
    documents = changed(documents, "resource.resource_kwargs", {"frame_per_point": MANY, "frames_per_point": MANY})
    documents = changed(documents, "descriptor.data_keys.image.shape", [MANY, 1, 1])
    documents = changed(documents, "datum.datum_kwargs", {name: number})
    with little_memory(), pytest.raises(ValueError, match=f"{name} must be a whole number from 0 to"):
        framestore_handlers.load(documents.items(), handlers={"MY": Called})["primary"]["image"]


def test_half_a_point_is_none():
    """Though half of two frames would be one."""
    documents = changed(legacy(), "resource.resource_kwargs.frame_per_point", 2)
    documents = changed(documents, "descriptor.data_keys.image.shape", [2, 6, 8])
    with pytest.raises(ValueError, match=r"r/0: point_number must be a whole number .* not 0\.5"):
        frames(changed(documents, "datum.datum_kwargs.point_number", 0.5))


def test_whole_floats_of_databases_are_numbers():
    documents = changed(legacy(), "datum.datum_kwargs.point_number", 3.0)
    assert frames(changed(documents, "event.seq_num", 1.0)).shape == (1, 1, 6, 8)
