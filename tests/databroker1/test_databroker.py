"""databroker 1.x: documents from the RunEngine, handlers by entry point or by hand, arrays out of it.

It runs in an environment of its own, beside bluesky and ophyd.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import bluesky.plans as bp
import databroker.v2
import framestore_handlers
import numpy as np
import pytest
from framestore_handlers.registry import written_specs
from ophyd.sim import motor
from plans import paused
from ways import NumpyHandler


@pytest.fixture
def db(run_engine):
    db = databroker.v2.temp()
    run_engine.subscribe(db.v1.insert)
    return db


@pytest.fixture(params=[1, 3])
def frames_per_point(request):
    return request.param


@pytest.fixture
def expected(way, frames_per_point):
    return np.array([way.expected(k) for k in range(4 * frames_per_point)]).reshape(4, frames_per_point, 8, 16)


@pytest.fixture
def scan(run_engine, db, make_camera, way, frames_per_point):
    """A scan of 4 points in the broker."""
    db.register_handler("MY_FORMAT_SPEC", NumpyHandler)
    camera = make_camera(way.source, **way.settings, documents="datum", frames_per_point=frames_per_point)
    run_engine(bp.scan([camera], motor, 0, 3, 4))
    return db


def test_read_is_exact_and_in_memory(scan, expected):
    image = scan[-1].primary.read()["camera_image"]
    assert isinstance(image.data, np.ndarray)
    assert image.dtype == np.uint8
    assert image.dims == ("time", "camera_frame", "camera_y", "camera_x")
    np.testing.assert_array_equal(image, expected)


def test_to_dask_is_exact_and_lazy(scan, expected):
    dataset = scan[-1].primary.to_dask()
    image = dataset["camera_image"]
    assert not isinstance(image.data, np.ndarray)
    assert (image.shape, image.dtype) == (expected.shape, np.uint8)
    np.testing.assert_array_equal(image.data.compute(), expected)
    np.testing.assert_array_equal(dataset["motor"], [0, 1, 2, 3])


def test_the_table_of_v1_is_exact(scan, expected):
    header = scan.v1[-1]
    table = header.table(fill=True)
    np.testing.assert_array_equal(np.stack(table["camera_image"]), expected)
    np.testing.assert_array_equal(table["motor"], [0, 1, 2, 3])
    for image, point in zip(header.data("camera_image"), expected, strict=True):
        np.testing.assert_array_equal(image, point)
    assert all(isinstance(value, str) for value in header.table(fill=False)["camera_image"])


@pytest.mark.parametrize("interface", ["v1", "v2"])
def test_load_is_exact(scan, way, expected, interface):
    run = way.load(scan[-1] if interface == "v2" else scan.v1[-1])
    assert run.start["plan_name"] == "scan"
    assert run.stop["exit_status"] == "success"
    stream = run["primary"]
    assert (stream["camera_image"].shape, stream["camera_image"].dtype) == (expected.shape, np.uint8)
    np.testing.assert_array_equal(stream["camera_image"].compute(), expected)
    np.testing.assert_array_equal(stream.read("camera_image", 1, 3), expected[1:3])
    np.testing.assert_array_equal(stream["motor"], [0, 1, 2, 3])
    means = [[way.seen(len(point) * k + j) for j in range(len(point))] for k, point in enumerate(expected)]
    np.testing.assert_allclose(stream["camera_mean"], np.mean(means, axis=(1, 2, 3)))
    np.testing.assert_array_equal(stream.to_xarray()["camera_image"], expected)


def test_handlers_are_found_by_entry_point(db):
    for spec in written_specs:
        assert db.handler_registry[spec] is framestore_handlers.handler_registry[spec]


CODE = """
import json, sys
import bluesky.plans as bp, databroker.v2, framestore_handlers, numpy as np
from bluesky import RunEngine
from databroker.core import discover_handlers
from pathlib import Path
from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.sources import SavingSource
from PIL import Image

found = [spec for spec in discover_handlers() if spec in framestore_handlers.handler_registry]
db = databroker.v2.temp()
RE = RunEngine()
RE.subscribe(db.v1.insert)
saved = []

def acquire_image(filepath):
    Image.fromarray(np.random.default_rng(len(saved)).integers(0, 255, (32, 48), "uint8")).save(filepath)
    saved.append(np.asarray(Image.open(filepath)))
    return 32, 48

def camera():
    source = SavingSource(acquire_image, shape=(32, 48))
    provider = StaticPathProvider(UUIDFilenameProvider(), Path(sys.argv[1]))
    return Camera(source, provider, format="jpeg", documents="datum", name="camera")

RE(bp.count([camera()], 3))
try:
    db[-1].primary.read()
    without = "read"
except Exception as error:
    without = repr(error)
db.register_handler("FRAMESTORE_JPEG", framestore_handlers.JPEGHandler)
RE(bp.count([camera()], 3))
same = bool((db[-1].primary.read()["camera_image"].values[:, 0] == np.array(saved[3:])).all())
print(json.dumps({"found": found, "without": without, "same": same}))
"""


def test_handlers_are_registered_by_hand_where_entry_points_are_absent(tmp_path):
    """A distribution of the same name, without entry points, hides the installed one's."""
    shadow = tmp_path / "shadow" / "framestore_handlers-0.0.dist-info"
    shadow.mkdir(parents=True)
    (shadow / "METADATA").write_text("Metadata-Version: 2.1\nName: framestore-handlers\nVersion: 0.0\n")
    (shadow / "entry_points.txt").touch()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE, tmp_path / "frames"],
        env={**os.environ, "PYTHONPATH": str(shadow.parent)},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["found"] == []
    assert "FRAMESTORE_JPEG" in said["without"]
    assert said["same"]


def test_a_paused_run(run_engine, db, make_camera, way):
    """What a pause made the plan take anew is there once, and its frames are those of its numbers."""
    camera = make_camera(way.source, **way.settings, documents="datum")
    db.register_handler("MY_FORMAT_SPEC", NumpyHandler)
    paused(run_engine, camera, (0, "read"), (2, "read"))
    taken = [way.expected(k) for k in (1, 2, 4, 5)]
    np.testing.assert_array_equal(db[-1].primary.read()["camera_image"].values[:, 0], taken)
    np.testing.assert_array_equal(way.load(db[-1])["primary"].read("camera_image")[:, 0], taken)


def test_stream_documents_that_databroker_drops_are_missed(run_engine, db, make_camera, source):
    run_engine(bp.count([make_camera(source)], 2))
    with pytest.warns(UserWarning, match='databroker 1.x keeps no .* of camera_image.*documents="datum"'):
        run = framestore_handlers.load(db[-1])
    assert len(run["primary"]["camera_mean"]) == 2
    with pytest.raises(ValueError, match="the documents name no frames of 'camera_image' for event 1"):
        run["primary"]["camera_image"]


def test_a_file_that_is_gone_is_named(run_engine, db, make_camera, source, files):
    run_engine(bp.count([make_camera(source, documents="datum")], 2))
    (path,) = files()
    path.unlink()
    with pytest.raises(Exception, match=path.name):
        db[-1].primary.read()
    with pytest.raises(FileNotFoundError, match=path.name):
        framestore_handlers.load(db[-1])["primary"]["camera_image"].compute()


def test_this_environment_is_the_one_that_is_meant():
    assert databroker.__version__.startswith("1.2.")
    assert Path(sys.prefix) != Path(sys.base_prefix)
