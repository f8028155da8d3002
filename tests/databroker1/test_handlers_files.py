"""What databroker 1.x asks handlers beside frames: which files there are, how large they are, and copies of them."""

import warnings

import bluesky.plans as bp
import dask.array as da
import databroker.v2
import event_model
import framestore_handlers
import numpy as np
import pytest
from own_formats import NumpyStackHandler
from ways import NumpyHandler


@pytest.fixture
def db(run_engine):
    db = databroker.v2.temp()
    db.register_handler("MY_FORMAT_SPEC", NumpyHandler)
    run_engine.subscribe(db.v1.insert)
    return db


@pytest.fixture
def scan(run_engine, db, make_camera, way):
    """A scan of 3 points of 2 frames in the broker."""
    camera = make_camera(way.source, **way.settings, documents="datum", frames_per_point=2)
    run_engine(bp.count([camera], 3))
    camera.unstage()
    return db


def resources(run):
    return [document for name, document in run.documents(fill="no") if name == "resource"]


def data_files(folder):
    """All files below a folder but for hidden ones."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def test_files_of_a_run(scan, folder):
    (resource,) = resources(scan[-1])
    assert sorted(scan[-1].get_file_list(resource)) == [str(path) for path in data_files(folder)]


def test_the_size_of_a_run(scan, folder):
    expected = sum(path.stat().st_size for path in data_files(folder))
    assert scan.v1.export_size(scan.v1[-1]) * 1e9 == pytest.approx(expected)


def test_a_run_is_exported_with_its_files(scan, way, folder, tmp_path):
    """What stands in the copy is read, and the original is gone."""
    other = databroker.v2.temp()
    other.register_handler("MY_FORMAT_SPEC", NumpyHandler)
    copied = scan.v1.export(scan.v1[-1], other.v1, new_root=str(tmp_path / "copy"))
    assert sorted(old for old, _ in copied) == [str(path) for path in data_files(folder)]
    folder.rename(tmp_path / "away")
    expected = np.array([way.expected(k) for k in range(6)]).reshape(3, 2, 8, 16)
    np.testing.assert_array_equal(other[-1].primary.read()["camera_image"], expected)
    np.testing.assert_array_equal(way.load(other[-1])["primary"].read("camera_image"), expected)


def test_filler_delays_nothing_that_is_lazy_already(scan, way):
    """databroker adds the option to event-model, for handlers that return arrays in memory."""
    handlers = framestore_handlers.handler_registry | way.handlers
    with event_model.Filler(handlers, coerce="delayed", inplace=False) as filler:
        filled = [filler(*pair) for pair in scan[-1].documents(fill="no")]
    images = [document["data"]["camera_image"] for name, document in _events(filled)]
    assert all(isinstance(image, da.Array) for image in images)
    found = np.array([image.compute() for image in images])
    np.testing.assert_array_equal(found.reshape(6, 8, 16), [way.expected(k) for k in range(6)])


def _events(pairs):
    """(name, document) of single events."""
    for name, document in pairs:
        if name == "event_page":
            yield from (("event", event) for event in event_model.unpack_event_page(document))
        elif name == "event":
            yield name, document


def test_a_handler_of_one_s_own_takes_the_place_of_another(db, run_engine, tmp_path):
    """A file of many frames, in a format that only the user knows."""
    frames = np.arange(4 * 3 * 5, dtype="uint16").reshape(4, 3, 5)
    np.save(tmp_path / "a.npy", frames)
    with pytest.raises(event_model.DuplicateHandler):
        db.register_handler("AD_HDF5", NumpyStackHandler)
    db.register_handler("AD_HDF5", NumpyStackHandler, overwrite=True)
    run = event_model.compose_run()
    key = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": [2, 3, 5], "external": "FILESTORE:"}
    descriptor = run.compose_descriptor(name="primary", data_keys={"image": key})
    kwargs = {"frame_per_point": 2}
    resource = run.compose_resource("AD_HDF5", str(tmp_path), "a.npy", kwargs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        insert = db.v1.insert
        insert("start", run.start_doc)
        insert("descriptor", descriptor.descriptor_doc)
        insert("resource", resource.resource_doc)
        for k in (1, 0):
            datum = resource.compose_datum({"point_number": k})
            insert("datum", datum)
            data, times, filled = {"image": datum["datum_id"]}, {"image": 0.0}, {"image": False}
            insert("event", descriptor.compose_event(data=data, timestamps=times, filled=filled))
        insert("stop", run.compose_stop())
    expected = frames.reshape(2, 2, 3, 5)[::-1]
    np.testing.assert_array_equal(db[-1].primary.read()["image"], expected)
    np.testing.assert_array_equal(np.asarray(db[-1].primary.to_dask()["image"]), expected)
    np.testing.assert_array_equal(np.stack(db.v1[-1].table(fill=True)["image"]), expected)
    run = framestore_handlers.load(db[-1], handlers={"AD_HDF5": NumpyStackHandler})
    np.testing.assert_array_equal(run["primary"].read("image"), expected)
    assert db[-1].get_file_list(resources(db[-1])[0]) == [str(tmp_path / "a.npy")]
