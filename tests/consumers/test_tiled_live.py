"""A run is watched through a real Tiled server, which is asked again and again, while a TiledWriter gives it more."""

import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
from bluesky_tiled_plugins import TiledWriter
from slow import slow
from ways import MIMETYPES, WAYS


@pytest.mark.parametrize("family", ["stream", *slow("datum")])
@pytest.mark.parametrize("name", ["hdf5", *slow("tiff", "jpeg")])
def test_each_snapshot_has_what_the_server_had(
    tiled, run_engine, make_camera, numbered_source, documents, name, family
):
    way = WAYS[name](numbered_source((8, 16), "uint8"))
    camera = make_camera(way.source, **way.settings, documents=family, frames_per_point=2)
    seen = []

    def look(name, document):
        if name == "event":
            if not watched:
                served = tiled[documents.of("start")[0]["uid"]]
                watched.append(framestore_handlers.load(served, live=True, poll=0.01, timeout=60))
            seen.append(next(watched[0]))

    watched = []
    run_engine.subscribe(documents)
    run_engine.subscribe(TiledWriter(tiled, batch_size=1, spec_to_mimetype=MIMETYPES))
    run_engine.subscribe(look)
    run_engine(bp.count([camera], 3))
    seen.extend(watched[0])
    assert [run.stop is None for run in seen] == [True] * (len(seen) - 1) + [False]
    expected = np.array([way.expected(k) for k in range(6)]).reshape(3, 2, 8, 16)
    for count, run in enumerate(seen[:3], 1):
        stream = run["primary"]
        assert len(stream["camera_mean"]) == count, "it has not changed since"
        images = stream.read("camera_image")
        assert count - 1 <= len(images) <= count
        np.testing.assert_array_equal(images, expected[: len(images)])
        np.testing.assert_array_equal(stream["camera_image"].compute(), expected[: len(images)])
    np.testing.assert_array_equal(seen[-1]["primary"].read("camera_image"), expected)


@pytest.mark.slow
def test_a_writer_that_was_killed(tiled, run_engine, make_camera, source, documents):
    writer = TiledWriter(tiled, batch_size=1)
    run_engine.subscribe(documents)
    run_engine.subscribe(lambda name, document: name == "stop" or writer(name, document))
    run_engine(bp.count([make_camera(source)], 2))
    uid = documents.of("start")[0]["uid"]
    runs = framestore_handlers.load(tiled[uid], live=True, poll=0.01, timeout=0.2)
    assert len(next(runs)["primary"]["camera_mean"]) == 2
    with pytest.raises(TimeoutError, match=f"nothing new of run {uid}.* came from the Tiled server for 0.2 s"):
        next(runs)
