"""Values of all kinds, under names of all kinds: h5py gives back what the events said."""

import json
import math

import h5py
import numpy as np
import pytest
from rebuilt import events_of

from framestore.exporters import export_hdf5

HUGE = 2**53 + 1


def run_of(data, stream="primary", **data_keys):
    """A run of one event for each of ``data``, all of which a test says; a key's data key may be given."""
    names = dict.fromkeys(name for values in data for name in values)
    keys = {name: {"source": "s", "dtype": "number", "shape": []} | data_keys.get(name, {}) for name in names}
    pairs = [
        ("start", {"uid": "run", "time": 0.0, "scan_id": 3}),
        ("descriptor", {"uid": "d", "run_start": "run", "name": stream, "data_keys": keys}),
    ]
    for row, values in enumerate(data):
        times = {name: 10.0 * row + column for column, name in enumerate(values)}
        event = {"uid": f"e{row}", "descriptor": "d", "seq_num": row + 1, "time": float(row), "filled": {}}
        pairs.append(("event", event | {"data": values, "timestamps": times}))
    return pairs


def events_in(documents):
    return [document for name, document in documents if name == "event"]


@pytest.fixture
def exported(tmp_path):
    def export(documents, **settings):
        return export_hdf5(documents, tmp_path, **settings).files[0]

    return export


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, -2, 3], "i8"),
        ([1, 2**63, 3], None),
        ([2**63, 2**63 + 1, 2**64 - 1], "u8"),
        ([2**70, 1, 2], None),
        ([1.5, math.inf, -0.0], "f8"),
        ([1, 2.5, 3], "f8"),
        ([HUGE, 2.5, 3], None),
        ([True, False, True], "?"),
        ([True, 1, 0], None),
        (["a", "Größe 😀", ""], object),
        (["a\0", "b", "c"], None),
        (["a", 1, 2.5], None),
        ([[1, 2], [3, 4], [5, 6]], "i8"),
        ([[1, 2], [3.5, 4], [5, 6]], "f8"),
        ([[1], [2, 3], []], None),
        ([[], [], []], "f8"),
        ([["a"], ["b"], ["c"]], None),
        ([{"x": 1}, {}, {"y": [None]}], None),
        ([[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 0], [1, 2]]], "i8"),
        ([1 + 2j, 3 - 4j, 0j], "c16"),
    ],
    ids=str,
)
def test_values_come_back_as_they_were(exported, values, dtype):
    documents = run_of([{"x": value} for value in values])

    path = exported(documents)

    with h5py.File(path) as file:
        found = file["primary/data/x"]
        assert found.attrs.get("encoding") == (None if dtype else "json")
        assert found.dtype == np.dtype(dtype or object)
    assert events_of(path, "primary") == events_in(documents)


def test_numbers_that_are_none_come_back(exported):
    with h5py.File(exported(run_of([{"x": math.nan}, {"x": 1.0}]))) as file:
        assert np.array_equal(file["primary/data/x"][:], [math.nan, 1], equal_nan=True)


def test_values_that_are_arrays_keep_their_dtype(exported):
    values = [np.array([1, 2], "u1"), np.array([3, 4], "u1")]

    with h5py.File(exported(run_of([{"x": value} for value in values]))) as file:
        assert file["primary/data/x"].dtype == "u1"
        assert np.array_equal(file["primary/data/x"][:], values)


def test_values_that_are_missing_leave_their_rows_out(exported):
    documents = run_of([{"x": 1, "y": 1.5}, {"y": None}, {"x": 3, "y": None}, {"x": None, "y": 4.5}])

    path = exported(documents)

    with h5py.File(path) as file:
        for name, numbers, values in (("x", [1, 3], [1, 3]), ("y", [1, 4], [1.5, 4.5])):
            found = file[f"primary/data/{name}"]
            assert found[:].tolist() == values
            assert file[found.attrs["seq_num"]][:].tolist() == numbers
            assert len(file[f"primary/timestamps/{name}"]) == len(values)
    assert events_of(path, "primary") == events_in(documents)


def test_what_events_say_besides_comes_back(exported):
    documents = run_of([{"x": 1}, {"x": 2}])
    events_in(documents)[0] |= {"note": {"by": "Zoë"}}
    events_in(documents)[1]["timestamps"] = {"x": None}

    path = exported(documents)

    assert events_of(path, "primary") == events_in(documents)


NAMES = ["a/b", "/a", ".", "..", "a.b", "100%", "%2F", "Größe 5 µm", " ", "", "a\0b", "\ud800", "documents", "seq_num"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_of_all_kinds(exported, name):
    documents = run_of([{name: 1, "other": 2}], stream=name)

    path = exported(documents)

    with h5py.File(path) as file:
        (stream,) = set(file) - {"documents"}
        assert len(file[stream]["data"]) == 2
        (key,) = set(file[stream]["data"]) - {"other"}
        dataset = file[stream]["data"][key]
        assert dataset[:].tolist() == [1]
        assert file[dataset.attrs["seq_num"]][:].tolist() == [1]
        told = [file[stream].attrs["name"], dataset.attrs["name"]]
        assert [json.loads(found) if found.startswith('"') else found for found in told] == [name, name]


def test_names_that_differ_stay_apart(exported):
    names = [*NAMES, "a%2Fb", "%2E", "%", "%%"]

    with h5py.File(exported(run_of([{name: number for number, name in enumerate(names)}]))) as file:
        assert sorted(dataset[0] for dataset in file["primary/data"].values()) == list(range(len(names)))


def test_attributes_are_what_the_data_key_says(exported):
    data_key = {
        "dtype": "number",
        "units": "mm",
        "precision": 3,
        "object_name": "stage",
        "limits": {"control": {"low": -1, "high": None}},
        "choices": ["in", "out"],
        "lower_ctrl_limit": -1.5,
        "ok": True,
        "none": None,
        "large": "x" * 100_000,
        "large number": 2**100,
    }

    with h5py.File(exported(run_of([{"x": 1.0}], x=data_key))) as file:
        assert dict(file["primary/data/x"].attrs) == {
            "name": "x",
            "source": "s",
            "seq_num": "/primary/seq_num",
            "units": "mm",
            "precision": 3,
            "object_name": "stage",
            "limits": '{"control": {"low": -1, "high": null}}',
            "choices": '["in", "out"]',
            "lower_ctrl_limit": -1.5,
            "ok": True,
            "large number": str(2**100),
        }
        (descriptor,) = json.loads(file["documents/descriptors"][()])
        assert descriptor["data_keys"]["x"]["large"] == data_key["large"]


def test_images_that_stand_in_the_events(exported):
    images = np.random.default_rng(1).integers(0, 99, (3, 4, 5)).astype("u1")
    documents = run_of([{"image": image} for image in images], image={"dtype": "array", "shape": [4, 5]})

    with h5py.File(exported(documents)) as file:
        found = file["primary/data/image"]
        assert found.dtype == "u1"
        assert np.array_equal(found[:], images[:, np.newaxis])
        assert file["primary/timestamps/image"][:].tolist() == [0, 10, 20]


def test_images_of_several_shapes_stay_with_the_values(exported):
    images = [[[1, 2], [3, 4]], [[1], [2], [3]]]
    documents = run_of([{"image": image} for image in images], image={"dtype": "array", "shape": [2, 2]})

    path = exported(documents)

    with h5py.File(path) as file:
        assert [json.loads(text) for text in file["primary/data/image"][:]] == images
    assert events_of(path, "primary") == events_in(documents)


def test_a_sequence_number_that_came_twice(exported):
    documents = run_of([{"x": 1}, {"x": 2}, {"x": 3}])
    events_in(documents)[2]["seq_num"] = 2

    with h5py.File(exported(documents)) as file:
        assert file["primary/seq_num"][:].tolist() == [1, 2]
        assert file["primary/data/x"][:].tolist() == [1, 3]
