"""A real Tiled server, bluesky's TiledWriter, and Tiled's client: byte-exact."""

import bluesky.plans as bp
import numpy as np
import pytest
from bluesky.callbacks.tiled_writer import TiledWriter
from ophyd.sim import motor1, motor2
from tiled.client import from_uri
from tiled.server.simple import SimpleTiledServer


@pytest.fixture
def tiled(tmp_path, folder):
    folder.mkdir()
    with SimpleTiledServer(tmp_path / "tiled", readable_storage=[folder]) as server:
        yield from_uri(server.uri)


@pytest.mark.parametrize("frames_per_point", [1, 3])
@pytest.mark.parametrize(
    ("shape", "dtype"), [((5, 7), "uint16"), ((4, 6, 3), "uint8"), ((8, 8), "float32"), ((9,), "int32")], ids=str
)
def test_count_is_byte_exact(
    tiled, run_engine, make_camera, numbered_source, documents, frames_per_point, shape, dtype
):
    source = numbered_source(shape, dtype)
    camera = make_camera(source, frames_per_point=frames_per_point)
    run_engine.subscribe(TiledWriter(tiled))
    run_engine.subscribe(documents)
    run_engine(bp.count([camera], 4))
    stream = tiled[documents.of("start")[0]["uid"]]["primary"]
    expected = np.array([source.expected(k) for k in range(4 * frames_per_point)]).reshape(4, frames_per_point, *shape)
    array = stream["camera_image"]
    assert array.shape == expected.shape
    got = array.read()
    assert got.dtype == np.dtype(dtype)
    assert got.tobytes() == expected.tobytes()
    assert array[2].tobytes() == expected[2].tobytes()
    everything = stream.read()
    assert everything["camera_image"].shape == expected.shape
    np.testing.assert_allclose(everything["camera_mean"], expected.reshape(4, -1).mean(axis=1), rtol=1e-6)


def test_grid_scan_stands_beside_its_motors(tiled, run_engine, make_camera, source, documents):
    camera = make_camera(source)
    run_engine.subscribe(TiledWriter(tiled))
    run_engine(bp.grid_scan([camera], motor1, 0, 1, 2, motor2, 0, 2, 3), documents)
    dataset = tiled[documents.of("start")[0]["uid"]]["primary"].read()
    np.testing.assert_array_equal(dataset["motor2"], [0, 1, 2, 0, 1, 2])
    np.testing.assert_array_equal(dataset["camera_image"][:, 0], [source.expected(k) for k in range(6)])


def test_a_paused_and_resumed_run_is_byte_exact(tiled, run_engine, make_camera, source, documents):
    """What a pause made the plan take anew is in Tiled once, and nothing is missing."""
    import bluesky.plan_stubs as bps
    import bluesky.preprocessors as bpp
    from bluesky.utils import RunEngineInterrupted

    camera = make_camera(source, frames_per_point=2)
    pauses = [1, 3]

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        for k in range(5):
            yield from bps.checkpoint()
            yield from bps.trigger(camera, wait=True)
            yield from bps.create()
            yield from bps.read(camera)
            if k in pauses:
                pauses.remove(k)
                yield from bps.pause()
            yield from bps.save()

    run_engine.subscribe(TiledWriter(tiled))
    run_engine.subscribe(documents)
    with pytest.raises(RunEngineInterrupted):
        run_engine(plan())
    with pytest.raises(RunEngineInterrupted):
        run_engine.resume()
    run_engine.resume()
    dataset = tiled[documents.of("start")[0]["uid"]]["primary"].read()
    assert dataset["camera_image"].shape == (5, 2, 5, 7)
    np.testing.assert_allclose(dataset["camera_image"].mean(axis=(1, 2, 3)), dataset["camera_mean"])
    taken = [0, 1, *range(4, 8), *range(10, 14)]  # frames 2, 3 and 8, 9 were taken back
    np.testing.assert_array_equal(
        np.asarray(dataset["camera_image"]).reshape(10, 5, 7), [source.expected(k) for k in taken]
    )
