"""Runs as nobody plans them: NeXus' validation finds nothing, and nothing of them is lost."""

import errno
import json

import event_model
import h5py
import numpy as np
import pytest
from slow import slow

from framestore.exporters import export_nexus

NUMBER = {"source": "test", "dtype": "number", "shape": []}
OF_NEXUS = ["x", "y", "errors", "offset", "scaling_factor", "title", "DATA", "AXISNAME", "data", "signal", "time"]
OF_ITS_RULES = ["beam_mask", "motor_set", "beam_errors", "identifier_of", "beam_offset", "beam_weights"]
REFUSED = ["camera-mean", "2theta", "a/b", "a.b", "a b", "größe", "样品", " ", ".", "-", "a%2Fb", "%"]
NAMES = [*OF_NEXUS, *OF_ITS_RULES, *REFUSED, "a_b", "seq_num", "x_1", "events"]


def image(dtype, *shape):
    return {"source": "test", "dtype": "array", "shape": list(shape), "dtype_numpy": np.dtype(dtype).str}


def text(dataset):
    return dataset.asstr()[()]


@pytest.mark.parametrize("value", [1.5, "text", *slow(np.True_, 2, None, [1, 2], np.nan)], ids=str)
def test_names(make_run, export, value):
    """All of them at once, each found by what its attribute says."""
    units = ["um", "", None, "°"]
    keys = {name: NUMBER | {"units": units[place % 4]} for place, name in enumerate(NAMES)}
    run = make_run(("primary", keys, [dict.fromkeys(NAMES, value)] * 2))
    with h5py.File(export(run)) as file:
        data = file["entry/streams/primary/data"]
        found = {dataset.attrs["name"]: dataset for dataset in data.values()}
        assert set(found) == set(NAMES)
        for name, dataset in found.items():
            if isinstance(value, str):
                assert list(dataset.asstr()) == [value, value], name
            else:
                expected = [] if value is None else [value, value]
                np.testing.assert_array_equal(dataset, expected, err_msg=name)
        assert found["a_b"].name.endswith("/a_b")
        assert found["camera-mean"].name.endswith("/camera_mean")
        assert found["2theta"].name.endswith("/_2theta")
        assert found["x"].attrs["units"] == "um"


@pytest.mark.parametrize("name", ["a b/c", "样品", "DIFFRACTOMETER", *slow("2", "documents", "primary/", "name")])
def test_names_of_streams_and_devices(make_run, export, name):
    settings = {
        "object_keys": {name: ["m", "m_setpoint"]},
        "configuration": {name: {"data": {f"{name}_velocity": 3}, "timestamps": {}, "data_keys": {}}},
    }
    keys = {"m": NUMBER, "m_setpoint": NUMBER}
    run = make_run((name, keys, [{"m": 1.0, "m_setpoint": 2.0}], settings), motors=[name], detectors=[name])
    with h5py.File(export(run)) as file:
        (stream,) = file["entry/streams"].values()
        assert stream.attrs["name"] == name
        (motor,) = (group for group in file["entry/instrument"].values() if group.attrs["NX_class"] == "NXpositioner")
        assert text(motor["name"]) == name
        assert (motor["value"][()], motor["target_value"][()]) == ([1], [2])
        assert motor["velocity"][()] == 3


GRID = [[["m"], "primary"], [["n"], "primary"]]
STARTS = [
    {"hints": None, "motors": None, "detectors": None, "versions": None, "sample": None, "user": None},
    {"hints": {"dimensions": 3}, "motors": "m", "detectors": 4, "sample": 5, "user": 6, "scan_id": "a/b"},
    {"hints": {"dimensions": [["m", "primary"], [["n", 3], "primary"], [["lost"], "primary"]]}},
    {"hints": {"dimensions": [[["m"], "other"]]}, "shape": [2]},
    {
        "hints": {"gridding": "rectilinear", "dimensions": GRID},
        "shape": [10**9, 10**9],
        "snaking": "no",
    },
    {
        "hints": {"gridding": "rectilinear", "dimensions": GRID},
        "shape": ["a", None],
    },
    {"user": [{"name": "Ada", "email": "ada@example.org", "badge": 7}, "Bob", None], "operator": {"role": "host"}},
    {"sample": {"name": "Fe", "temperature": 300, "cell": {"a": [1.0, 2.0]}, "chemical_formula": None}},
    {"sample": {}, "proposal": {"proposal_id": 12, "title": "t"}, "beamline_id": "test"},
    {"a b": {"1": {"2": []}}, "title": "", "mask": b"bytes", "beam_mask": "text", "big": 2**70, "nul": "a\0b"},
    {"uneven": [[1], [2, 3]], "mixed": [1, "a", None], "texts": ["a", "ü"], "flags": [True, False], "empty": []},
    {"versions": "1.15", "instrument": np.arange(3), "sample": np.arange(2), "user": np.array(["Ada", "Bob"])},
    {"plan_args": {"args": [1, "a"], "offset": None}, "plan_name": "p", "num_points": np.int64(3)},
]


@pytest.mark.parametrize("number", [*range(3), 6, 7, 9, 11, *slow(3, 4, 5, 8, 10, 12)])
def test_start_documents(make_run, export, number):
    """Whatever stands in it, it is there as it was, as JSON."""
    start = STARTS[number]
    keys = {"m": NUMBER, "n": NUMBER}
    run = make_run(("primary", keys, [{"m": 1.0, "n": 2.0}] * 3), **start)
    with h5py.File(export(run)) as file:
        written = json.loads(text(file["entry/documents/start"]))
    assert written["uid"] == run.start["uid"]
    for key, value in start.items():
        if isinstance(value, np.ndarray | np.generic):
            assert written[key] == value.tolist()
        elif key != "mask":
            assert written[key] == value


def test_what_the_start_document_says_stands_in_its_places(make_run, export):
    run = make_run(**STARTS[6], **STARTS[7], beamline_id="a beamline")
    with h5py.File(export(run)) as file:
        entry = file["entry"]
        users = [group for name, group in entry.items() if name.startswith("user")]
        assert [text(user["name"]) for user in users[:2]] == ["Ada", "Bob"]
        assert text(users[0]["email"]) == "ada@example.org"
        assert users[0]["parameters/badge"][()] == 7
        assert text(users[2]["role"]) == "host"
        assert text(entry["sample/name"]) == "Fe"
        assert entry["sample/parameters/temperature"][()] == 300
        np.testing.assert_array_equal(entry["sample/parameters/cell/a"], [1, 2])
        assert text(entry["instrument/name"]) == "a beamline"


@pytest.mark.parametrize("stop", [True, False])
@pytest.mark.parametrize("streams", [[], ["primary"], ["baseline", "other"]])
def test_runs_without_events(make_run, export, streams, stop):
    run = make_run(*((name, {"m": NUMBER, "i": image("u2", 4, 5)}, []) for name in streams), stop=stop)
    with h5py.File(export(run)) as file:
        assert list(file["entry/streams"]) == streams
        assert ("end_time" in file["entry"]) == stop
        assert ("default" in file["entry"].attrs) == bool(streams)


IMAGES = [("u1", (4, 5)), ("b1", (4, 5)), ("f4", (4, 5, 3)), ("u2", (2, 4, 5)), ("c8", (4, 5)), ("i8", (4, 5, 4))]


@pytest.mark.parametrize("kind", [*IMAGES[1:4], *slow(IMAGES[0], *IMAGES[4:])], ids=str)
def test_images_in_events(make_run, export, kind):
    dtype, shape = kind
    if dtype == "b1":
        values = [np.arange(20).reshape(shape) % (k + 2) == 0 for k in range(3)]
    else:
        values = [(np.arange(np.prod(shape)).reshape(shape) + k).astype(dtype) for k in range(3)]
    run = make_run(("primary", {"i": image(dtype, *shape), "m": NUMBER}, [{"i": i, "m": 0.5} for i in values]))
    with h5py.File(export(run)) as file:
        shown = file["entry/data"][file["entry/data"].attrs["signal"]]
        assert shown.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(shown, values)
        (detector,) = file["entry/instrument"].values()
        place = "image/mask" if dtype == "b1" else "data"
        assert detector[place] == shown


def test_values_that_some_events_lack(make_run, export):
    """They are no axis of others, and their own numbers stand beside them."""
    rows = [{"m": 1.0, "n": 5.0}, {"m": 2.0, "n": None}, {"m": 3.0, "n": 7.0}]
    start = {"hints": {"dimensions": [[["n"], "primary"]]}, "detectors": ["device"]}
    run = make_run(("primary", {"m": NUMBER, "n": NUMBER}, rows), **start)
    with h5py.File(export(run)) as file:
        data = file["entry/data"]
        assert (data.attrs["signal"], list(data.attrs["axes"])) == ("m", ["time"])
        assert "n" not in data
        values = file["entry/streams/primary/data/n"]
        np.testing.assert_array_equal(values, [5, 7])
        np.testing.assert_array_equal(file[values.attrs["seq_num"]], [1, 3])


def test_attributes_that_mean_something_else_in_nexus(make_run, export):
    odd = {"signal": 1, "axis": 2, "target": "/nowhere", "axes": "a", "units": 5, "\ud800": 1}
    run = make_run(("primary", {"m": NUMBER | odd}, [{"m": 1.0}]))
    with h5py.File(export(run)) as file:
        attributes = file["entry/data/m"].attrs
        assert not {"signal", "axis", "axes"} & set(attributes)
        assert (attributes["units"], attributes["target"]) == ("5", "/entry/streams/primary/data/m")
        (descriptor,) = json.loads(text(file["entry/documents/descriptors"]))
        assert {key: descriptor["data_keys"]["m"][key] for key in odd} == odd


def test_settings_of_a_camera(make_run, export):
    said = {
        "cam_exposure_time": (0.5, "ms"),
        "cam_exposures_per_frame": (4, None),
        "cam_velocity": (2**70, None),
        "cam_gain": (2, "dB"),
        "cam_x_pixel_size": (5, "um"),
        "cam_mask": ("text", None),
        "cam-list": ([[1, 2], [3, 4]], None),
    }
    configuration = {
        "data": {key: value for key, (value, _) in said.items()},
        "timestamps": {},
        "data_keys": {key: NUMBER | {"units": units} for key, (_, units) in said.items()},
    }
    settings = {"object_keys": {"cam": ["i"]}, "configuration": {"cam": configuration}}
    run = make_run(("primary", {"i": image("u1", 4, 5)}, [{"i": np.zeros((4, 5), "u1")}], settings))
    with h5py.File(export(run)) as file:
        cam = file["entry/instrument/cam"]
        assert (cam["count_time"][()], cam["count_time"].attrs["units"]) == (2.0, "ms")
        assert text(cam["gain_setting"]) == "2"
        assert (cam["x_pixel_size"][()], cam["x_pixel_size"].attrs["units"]) == (5, "um")
        assert (cam["configuration/cam_gain"][()], cam["configuration/cam_gain"].attrs["units"]) == (2, "dB")
        assert json.loads(text(cam["configuration/cam_velocity"])) == 2**70
        found = {group.attrs.get("name", name): group[()] for name, group in cam["configuration"].items()}
        assert set(found) == set(said)
        np.testing.assert_array_equal(found["cam-list"], [[1, 2], [3, 4]])


def test_documents_that_event_model_makes_are_enough(tmp_path, validate):
    """A run without object_keys, configuration and hints, as (name, document) pairs."""
    run = event_model.compose_run()
    descriptor = run.compose_descriptor(name="primary", data_keys={"m": NUMBER})
    pairs = [("start", run.start_doc), ("descriptor", descriptor.descriptor_doc)]
    pairs += [("event", descriptor.compose_event(data={"m": k}, timestamps={"m": 0.0})) for k in range(3)]
    pairs.append(("stop", run.compose_stop()))
    (path,) = export_nexus(pairs, tmp_path, "{start[uid]:.8}.nxs", progress=False).files
    validate(path)
    assert path.name == f"{run.start_doc['uid'][:8]}.nxs"
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["entry/data/m"], [0, 1, 2])


def test_a_full_disk(make_run, small_disk):
    """It is said as the system says it, and nothing is left under the file's name."""
    rows = [{"m": 1.0, "i": np.random.default_rng(k).integers(0, 255, (256, 256), "u1")} for k in range(20)]
    run = make_run(("primary", {"m": NUMBER, "i": image("u1", 256, 256)}, rows))
    with pytest.raises(OSError, match="No space left") as raised:
        export_nexus(run, small_disk, "a.nxs", progress=False)
    assert raised.value.errno == errno.ENOSPC
    assert not (small_disk / "a.nxs").exists()
