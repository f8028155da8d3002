"""framestore's callbacks beside databroker 1.x: with a broker that holds the documents, and fed with its runs."""

import bluesky.plans as bp
import databroker.v2
import numpy as np
import pytest
import tifffile
from numbered import NumberedSource
from ophyd.sim import motor
from ways import NumpyHandler, SavedNumpyWay

from framestore.callbacks import LiveTiffExporter, post_run

SHAPE = (8, 16)


@pytest.fixture
def db(run_engine):
    db = databroker.v2.temp()
    run_engine.subscribe(db.v1.insert)
    return db


@pytest.fixture
def source():
    return NumberedSource(SHAPE)


@pytest.fixture
def scan(make_camera, source):
    return lambda: bp.scan([make_camera(source, documents="datum", frames_per_point=2)], motor, 0, 2, 3)


def check(exporter, source):
    assert not exporter.errors
    assert len(exporter.filenames) == 6
    for k, name in enumerate(exporter.filenames):
        found = tifffile.imread(name)
        assert found.dtype == "uint16"
        np.testing.assert_array_equal(found, source.expected(k))


TEMPLATE = "{start[scan_id]}/{event[data][motor]}_{event[seq_num]}_{i}.tiff"


def test_live_with_a_broker(run_engine, db, scan, source, tmp_path):
    exporter = LiveTiffExporter("camera_image", tmp_path / TEMPLATE, db=db.v1)
    run_engine(scan(), exporter)
    check(exporter, source)


@pytest.mark.parametrize("fill", [False, True])
def test_after_the_run_out_of_the_broker(run_engine, db, scan, source, tmp_path, fill):
    exporter = LiveTiffExporter("camera_image", tmp_path / TEMPLATE)
    after = post_run(exporter, db.v1, fill)
    of_a_run = post_run(lambda run: run["primary"].read("camera_image"), db.v1)
    run_engine(scan(), {"stop": [after, of_a_run]})
    assert not after.errors
    check(exporter, source)
    np.testing.assert_array_equal(of_a_run.result.reshape(-1, *SHAPE), [source.expected(k) for k in range(6)])


@pytest.mark.parametrize("fill", ["no", "yes"])
def test_a_run_of_the_catalog(run_engine, db, scan, source, tmp_path, fill):
    run_engine(scan())
    exporter = LiveTiffExporter("camera_image", tmp_path / TEMPLATE, on_error="raise")
    for name, doc in db[-1].documents(fill=fill):
        exporter(name, doc)
    check(exporter, source)


def test_a_handler_that_the_broker_knows(run_engine, db, make_camera, source, tmp_path):
    db.register_handler("MY_FORMAT_SPEC", NumpyHandler)
    way = SavedNumpyWay(source)
    camera = make_camera(way.source, **way.settings, documents="datum")
    exporter = LiveTiffExporter("camera_image", tmp_path / "{seq_num}.tiff", db=db.v1, on_error="raise")
    run_engine(bp.count([camera], 1), exporter)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "1.tiff"), source.expected(0))
