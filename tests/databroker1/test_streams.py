"""Dark frames and data, and several runs, in one staging, in all interfaces of databroker."""

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import databroker.v2
import numpy as np
import pytest
from ways import NumpyHandler


@pytest.fixture
def db(run_engine):
    db = databroker.v2.temp()
    db.register_handler("MY_FORMAT_SPEC", NumpyHandler)
    run_engine.subscribe(db.v1.insert)
    return db


@pytest.fixture
def camera(make_camera, way):
    return make_camera(way.source, **way.settings, documents="datum", frames_per_point=2)


def points(camera, name, count):
    for _ in range(count):
        yield from bps.trigger_and_read([camera], name=name)


def check(db, way, index, stream, first, count):
    """Points ``first`` and on, ``count`` of them, are those of the stream of a run."""
    expected = [[way.expected(2 * k + j) for j in range(2)] for k in range(first, first + count)]
    run, header = db[index], db.v1[index]
    np.testing.assert_array_equal(run[stream].read()["camera_image"], expected)
    np.testing.assert_array_equal(np.asarray(db[index][stream].to_dask()["camera_image"]), expected)
    np.testing.assert_array_equal(np.stack(header.table(stream, fill=True)["camera_image"]), expected)
    np.testing.assert_array_equal(np.stack(list(header.data("camera_image", stream))), expected)
    np.testing.assert_array_equal(way.load(run)[stream]["camera_image"].compute(), expected)


def test_dark_and_primary_in_one_staging(run_engine, db, camera, way):
    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        yield from points(camera, "dark", 2)
        yield from points(camera, "primary", 3)

    run_engine(plan())
    check(db, way, -1, "dark", 0, 2)
    check(db, way, -1, "primary", 2, 3)


def test_two_runs_in_one_staging(run_engine, db, camera, way):
    @bpp.stage_decorator([camera])
    def plan():
        for _ in range(2):
            yield from bpp.run_wrapper(points(camera, "primary", 3))

    run_engine(plan())
    check(db, way, -2, "primary", 0, 3)
    check(db, way, -1, "primary", 3, 3)
