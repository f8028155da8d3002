"""A run is watched in a catalog of databroker 1.x that another callback fills; and its file by itself."""

import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
import suitcase.msgpack
from databroker._drivers.msgpack import BlueskyMsgpackCatalog
from ophyd.sim import motor


@pytest.mark.parametrize("interface", ["v1", "v2", "file"])
def test_each_snapshot_has_what_had_come(run_engine, make_camera, way, tmp_path, interface):
    catalog = BlueskyMsgpackCatalog(f"{tmp_path}/*.msgpack")
    seen, watched = [], []

    def watch(uid):
        catalog.force_reload()
        given = {
            "v2": lambda: catalog[uid],
            "v1": lambda: catalog.v1[uid],
            "file": lambda: tmp_path / f"{uid}.msgpack",
        }[interface]()
        return way.load(given, live=True, poll=0.01, timeout=60)

    def look(name, document):
        if name == "start":
            watched.append(watch(document["uid"]))
        if name in {"start", "descriptor", "event"}:
            seen.append(next(watched[0]))

    run_engine.subscribe(suitcase.msgpack.Serializer(tmp_path, flush=True))
    run_engine.subscribe(look)
    run_engine(
        bp.scan([make_camera(way.source, **way.settings, documents="datum", frames_per_point=2)], motor, 0, 2, 3)
    )
    seen.extend(watched[0])
    assert [run.stop is None for run in seen] == [True] * 5 + [False]
    expected = np.array([way.expected(k) for k in range(6)]).reshape(3, 2, 8, 16)
    for count, run in enumerate(seen[1:5]):
        stream = run["primary"]
        np.testing.assert_array_equal(stream["motor"], np.arange(count))
        np.testing.assert_array_equal(stream["camera_image"].compute(), expected[:count])
    np.testing.assert_array_equal(seen[-1]["primary"].read("camera_image"), expected)


@pytest.mark.parametrize("cut", [0, 9])
def test_the_file_of_suitcase_msgpack(run_engine, make_camera, way, tmp_path, cut):
    """Also when its writer was killed within the last document."""
    run_engine.subscribe(suitcase.msgpack.Serializer(tmp_path))
    camera = make_camera(way.source, **way.settings, documents="datum", frames_per_point=2)
    (uid,) = run_engine(bp.scan([camera], motor, 0, 2, 3)).run_start_uids
    path = tmp_path / f"{uid}.msgpack"
    path.write_bytes(path.read_bytes()[: -cut or None])
    if cut:
        with pytest.warns(framestore_handlers.CutFileWarning, match="the last, is cut off"):
            run = way.load(path)
    else:
        run = way.load(path)
    assert (run.stop is None) == bool(cut)
    expected = np.array([way.expected(k) for k in range(6)]).reshape(3, 2, 8, 16)
    np.testing.assert_array_equal(run["primary"]["camera_image"].compute(), expected)
    np.testing.assert_array_equal(run["primary"]["motor"], [0, 1, 2])
