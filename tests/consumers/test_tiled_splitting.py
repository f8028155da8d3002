"""A run in several files, in a real Tiled server: one array."""

import bluesky.plans as bp
import numpy as np
import pytest
from bluesky.callbacks.tiled_writer import TiledWriter as OldWriter
from bluesky_tiled_plugins import TiledWriter
from slow import slow

from framestore.formats import HDF5, JPEG, TIFF
from framestore.plans import fly

WRITERS = pytest.mark.parametrize("writer", [OldWriter, TiledWriter], ids=["bluesky's", "bluesky-tiled-plugins'"])


def frames_of(source, points, frames):
    return np.array([source.expected(k) for k in range(points * frames)]).reshape(points, frames, *source.shape)


@pytest.mark.parametrize("frames_per_point", [1, *slow(3)])
@pytest.mark.parametrize(
    ("family", "writer"),
    [("stream", OldWriter), ("stream", TiledWriter), ("datum", TiledWriter)],  # bluesky's own joins no two Resources
    ids=["stream, bluesky's", "stream, bluesky-tiled-plugins'", "datum, bluesky-tiled-plugins'"],
)
def test_step_scans(tiled, run_engine, make_camera, source, documents, family, frames_per_point, writer):
    camera = make_camera(source, format=HDF5(rotate_frames=4), documents=family, frames_per_point=frames_per_point)
    run_engine.subscribe(writer(tiled))
    run_engine.subscribe(documents)
    run_engine(bp.count([camera], 7))
    assert len(documents.of("resource", "stream_resource")) == (2 if frames_per_point == 1 else 7)
    stream = tiled[documents.of("start")[0]["uid"]]["primary"]
    np.testing.assert_array_equal(stream["camera_image"].read(), frames_of(source, 7, frames_per_point))
    assert stream.read()["camera_image"].shape[0] == 7


@WRITERS
def test_fly_scans(tiled, run_engine, make_camera, source, documents, writer):
    camera = make_camera(source, format=HDF5(rotate_frames=10), frames_per_point=2)
    run_engine.subscribe(writer(tiled))
    run_engine.subscribe(documents)
    run_engine(fly([camera], 100, flush_period=0.01))
    image = tiled[documents.of("start")[0]["uid"]]["primary"]["camera_image"].read()
    np.testing.assert_array_equal(image, frames_of(source, 100, 2))


@pytest.mark.parametrize("kind", [TIFF, *slow(JPEG)])
def test_series_of_files(tiled, run_engine, make_camera, numbered_source, documents, kind):
    source = numbered_source((8, 16), "uint8")
    camera = make_camera(source, format=kind(rotate_frames=3), stats=())
    run_engine.subscribe(TiledWriter(tiled))
    run_engine.subscribe(documents)
    run_engine(bp.count([camera], 7))
    image = tiled[documents.of("start")[0]["uid"]]["primary"]["camera_image"].read()
    assert image.shape == (7, 1, 8, 16)
    if kind is TIFF:
        np.testing.assert_array_equal(image, frames_of(source, 7, 1))
    else:
        assert np.abs(image.astype(int) - frames_of(source, 7, 1)).max() < 64
