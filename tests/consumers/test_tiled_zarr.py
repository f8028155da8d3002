"""A real Tiled server, the TiledWriter of bluesky-tiled-plugins, and Zarr stores."""

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import numpy as np
import pytest
from bluesky_tiled_plugins import TiledWriter
from slow import slow
from ways import MIMETYPES

from framestore.formats import Zarr


def expected_of(source, points, frames_per_point):
    frames = np.array([source.expected(k) for k in range(points * frames_per_point)])
    return frames.reshape(points, frames_per_point, *frames.shape[1:])


@pytest.mark.parametrize(
    ("family", "settings"),
    [("stream", Zarr()), ("datum", Zarr()), ("stream", Zarr(shard=True, compression="zstd"))],
    ids=["stream", "datum", "shards"],
)
@pytest.mark.parametrize("frames_per_point", [3, *slow(1)])
@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((5, 7), ">u2"),
        pytest.param((4, 6, 3), "u1", marks=pytest.mark.slow),
        pytest.param((9,), "i4", marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_count_is_exact(
    tiled, run_engine, make_camera, numbered_source, documents, frames_per_point, shape, dtype, family, settings
):
    source = numbered_source(shape, dtype)
    camera = make_camera(source, format=settings, documents=family, frames_per_point=frames_per_point)
    run_engine.subscribe(TiledWriter(tiled, spec_to_mimetype=MIMETYPES))
    run_engine.subscribe(documents)
    run_engine(bp.count([camera], 4))
    served = tiled[documents.of("start")[0]["uid"]]
    expected = expected_of(source, 4, frames_per_point)
    array = served["primary"]["camera_image"]
    assert array.shape == expected.shape
    np.testing.assert_array_equal(array.read(), expected)
    np.testing.assert_array_equal(array[2], expected[2])
    everything = served["primary"].read()
    np.testing.assert_array_equal(everything["camera_image"], expected)
    np.testing.assert_allclose(everything["camera_mean"], expected.reshape(4, -1).mean(axis=1), rtol=1e-6)
    for run in (framestore_handlers.load(documents), framestore_handlers.load(served)):
        np.testing.assert_array_equal(run["primary"]["camera_image"], expected)


def test_a_validated_run(tiled, run_engine, make_camera, source, documents):
    """The plugins' own look at the files, after the run."""
    run_engine.subscribe(TiledWriter(tiled, validate=True))
    run_engine.subscribe(documents)
    run_engine(bp.count([make_camera(source, format="zarr", frames_per_point=3)], 4))
    array = tiled[documents.of("start")[0]["uid"]]["primary"]["camera_image"]
    np.testing.assert_array_equal(array.read(), expected_of(source, 4, 3))


def test_a_server_reads_along(tiled, run_engine, make_camera, source, documents):
    """Each point, as soon as it was saved, while the camera is still staged."""
    camera = make_camera(source, format="zarr", frames_per_point=2)
    run_engine.subscribe(TiledWriter(tiled, batch_size=1))
    run_engine.subscribe(documents)
    seen = []

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        for _ in range(4):
            yield from bps.trigger_and_read([camera])
            stream = tiled[documents.of("start")[0]["uid"]]["primary"]
            if "camera_image" in stream:
                seen.append(stream["camera_image"].read())

    run_engine(plan())
    assert len(seen) >= 3
    for frames in seen:
        np.testing.assert_array_equal(frames, expected_of(source, len(frames), 2))
    assert len(seen[-1]) >= 3
