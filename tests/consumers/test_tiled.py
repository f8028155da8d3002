"""A real Tiled server, bluesky's TiledWriters, and Tiled's client: byte-exact."""

from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
from bluesky.callbacks.tiled_writer import TiledWriter as OldWriter
from bluesky_tiled_plugins import TiledWriter
from bluesky_tiled_plugins.exporters import json_seq_exporter
from ophyd.sim import motor1, motor2
from plans import paused
from slow import slow
from tiled.media_type_registration import default_serialization_registry
from ways import MIMETYPES, WAYS, HDF5Way, JPEGWay, SavedJPEGWay

from framestore.formats import HDF5, TIFF, TIFFStack, Zarr


@contextmanager
def exporter():
    """The server offers a run's documents, as one that is configured for bluesky does."""
    default_serialization_registry.register("BlueskyRun", "application/json-seq", json_seq_exporter)
    try:
        yield
    finally:
        default_serialization_registry._lookup["BlueskyRun"].pop("application/json-seq")


def expected_of(way, points, frames_per_point):
    frames = np.array([way.expected(k) for k in range(points * frames_per_point)])
    return frames.reshape(points, frames_per_point, *frames.shape[1:])


@pytest.mark.parametrize("writer", [OldWriter, TiledWriter], ids=["bluesky's", "bluesky-tiled-plugins'"])
@pytest.mark.parametrize("frames_per_point", [3, *slow(1)])
@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((5, 7), "uint16"),
        ((9,), "int32"),
        pytest.param((4, 6, 3), "uint8", marks=pytest.mark.slow),
        pytest.param((8, 8), "float32", marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_count_is_byte_exact(
    tiled, run_engine, make_camera, numbered_source, documents, frames_per_point, shape, dtype, writer
):
    source = numbered_source(shape, dtype)
    camera = make_camera(source, frames_per_point=frames_per_point)
    run_engine.subscribe(writer(tiled))
    run_engine.subscribe(documents)
    run_engine(bp.count([camera], 4))
    stream = tiled[documents.of("start")[0]["uid"]]["primary"]
    expected = expected_of(HDF5Way(source), 4, frames_per_point)
    array = stream["camera_image"]
    assert array.shape == expected.shape
    got = array.read()
    assert got.dtype == np.dtype(dtype)
    assert got.tobytes() == expected.tobytes()
    assert array[2].tobytes() == expected[2].tobytes()
    everything = stream.read()
    assert everything["camera_image"].shape == expected.shape
    np.testing.assert_allclose(everything["camera_mean"], expected.reshape(4, -1).mean(axis=1), rtol=1e-6)


@pytest.mark.parametrize("family", ["stream", *slow("datum")])
@pytest.mark.parametrize(
    "settings",
    [HDF5(checksum="xxh3"), *slow(Zarr(checksum="xxh3"), TIFF(checksum="xxh3"), TIFFStack(checksum="xxh3"))],
    ids=lambda settings: settings.layout.name,
)
def test_checksums_change_nothing(tiled, run_engine, make_camera, source, documents, registered, settings, family):
    camera = make_camera(source, format=settings, documents=family, frames_per_point=3)
    run_engine.subscribe(TiledWriter(tiled, spec_to_mimetype=MIMETYPES))
    run_engine.subscribe(documents)
    run_engine(bp.count([camera], 4))
    array = tiled[documents.of("start")[0]["uid"]]["primary"]["camera_image"]
    np.testing.assert_array_equal(array.read(), expected_of(HDF5Way(source), 4, 3))


@pytest.mark.parametrize("frames_per_point", [3, *slow(1)])
@pytest.mark.parametrize("family", ["stream", "datum"])
@pytest.mark.parametrize("shape", [(6, 8, 3), *slow((8, 16))], ids=str)
@pytest.mark.parametrize("kind", [JPEGWay, SavedJPEGWay], ids=["arrays", "files"])
def test_jpeg_is_what_pillow_decodes(
    tiled, run_engine, make_camera, numbered_source, documents, kind, family, frames_per_point, shape
):
    way = kind(numbered_source(shape, "uint8"))
    camera = make_camera(way.source, **way.settings, documents=family, frames_per_point=frames_per_point)
    run_engine.subscribe(TiledWriter(tiled, spec_to_mimetype=MIMETYPES))
    run_engine.subscribe(documents)
    run_engine(bp.count([camera], 4))
    stream = tiled[documents.of("start")[0]["uid"]]["primary"]
    expected = expected_of(way, 4, frames_per_point)
    array = stream["camera_image"]
    assert (array.shape, array.dtype) == (expected.shape, np.uint8)
    np.testing.assert_array_equal(array.read(), expected)
    np.testing.assert_array_equal(array[2], expected[2])
    np.testing.assert_array_equal(stream.read()["camera_image"], expected)


def test_jpeg_by_bluesky_s_own_writer(tiled, run_engine, make_camera, numbered_source, documents):
    way = JPEGWay(numbered_source((8, 16), "uint8"))
    run_engine.subscribe(OldWriter(tiled))
    run_engine.subscribe(documents)
    run_engine(bp.count([make_camera(way.source, **way.settings)], 4))
    stream = tiled[documents.of("start")[0]["uid"]]["primary"]
    np.testing.assert_array_equal(stream["camera_image"].read(), expected_of(way, 4, 1))


@pytest.mark.parametrize("frames_per_point", [3, *slow(1)])
@pytest.mark.parametrize("family", ["stream", *slow("datum")])
@pytest.mark.parametrize("name", ["hdf5", *slow("jpeg", "compressed hdf5", "tiff", "zarr")])
def test_load_takes_a_run(tiled, run_engine, make_camera, numbered_source, documents, name, family, frames_per_point):
    """By the plugins' client of runs, and without it."""
    way = WAYS[name](numbered_source((8, 16), "uint8"))
    camera = make_camera(way.source, **way.settings, documents=family, frames_per_point=frames_per_point)
    run_engine.subscribe(TiledWriter(tiled, spec_to_mimetype=MIMETYPES))
    run_engine.subscribe(documents)
    run_engine(bp.grid_scan([camera], motor1, 0, 1, 2, motor2, 0, 2, 3))
    served = tiled[documents.of("start")[0]["uid"]]
    expected = expected_of(way, 6, frames_per_point)
    here = framestore_handlers.load(documents)["primary"]
    for run in [framestore_handlers.load(served), framestore_handlers.load(served.base)]:
        assert run.start["uid"] == documents.of("start")[0]["uid"]
        assert run.stop["exit_status"] == "success"
        assert run.streams == ["primary"]
        stream = run["primary"]
        assert (stream["camera_image"].shape, stream["camera_image"].dtype) == (expected.shape, np.uint8)
        np.testing.assert_array_equal(stream.read("camera_image", 1, -1), expected[1:-1])
        np.testing.assert_array_equal(stream["motor2"], [0, 1, 2, 0, 1, 2])
        assert stream.seq_nums.tolist() == [1, 2, 3, 4, 5, 6]
        for key in ("camera_mean", "camera_sum", "camera_centroid_x"):
            np.testing.assert_array_equal(stream[key], here[key])
        dataset = stream.to_xarray()
        np.testing.assert_array_equal(dataset["camera_image"], expected)
        np.testing.assert_allclose(dataset["time"], here.to_xarray()["time"])


def test_events_larger_than_a_block_are_read_from_the_server_in_parts(
    tiled, run_engine, make_camera, source, documents
):
    run_engine.subscribe(TiledWriter(tiled))
    run_engine.subscribe(documents)
    run_engine(bp.count([make_camera(source, frames_per_point=3)], 4))
    run = tiled[documents.of("start")[0]["uid"]].base
    stream = framestore_handlers.load(run, block_bytes=2 * 5 * 7 * 2)["primary"]
    assert stream["camera_image"].numblocks[:2] == (4, 2)
    np.testing.assert_array_equal(stream["camera_image"].compute(), expected_of(HDF5Way(source), 4, 3))


@pytest.mark.parametrize("offers", ["documents", "arrays"])
def test_a_run_that_goes_on(tiled, run_engine, make_camera, source, documents, offers):
    """The writer keeps back what it has until the run ends, or it has a lot of it."""
    writer = TiledWriter(tiled)
    run_engine.subscribe(lambda name, document: name == "stop" or writer(name, document))
    run_engine.subscribe(documents)
    run_engine(bp.count([make_camera(source)], 4))
    served = tiled[documents.of("start")[0]["uid"]]
    with exporter() if offers == "documents" else nullcontext(), pytest.warns(UserWarning, match="the server has no"):
        run = framestore_handlers.load(served)
    assert run.stop is None
    assert run.streams == ["primary"]


@pytest.mark.parametrize("offers", ["documents", "arrays"])
@pytest.mark.parametrize("family", ["stream", "datum"])
@pytest.mark.parametrize("when", ["save", *slow("read")])
def test_frames_of_a_paused_run_stand_beside_their_numbers_or_are_refused(
    tiled, run_engine, make_camera, source, documents, when, family, offers
):
    """What documents of a server say of the rows is made up; and some rows it cannot give at all."""
    run_engine.subscribe(TiledWriter(tiled))
    run_engine.subscribe(documents)
    paused(run_engine, make_camera(source, documents=family), (1, when))
    with exporter() if offers == "documents" else nullcontext():
        stream = framestore_handlers.load(tiled[documents.of("start")[0]["uid"]])["primary"]
    assert stream.seq_nums.tolist() == [1, 2, 3, 4]
    if (family, when) == ("datum", "read"):  # its file has a row that belongs to no event
        with pytest.raises(Exception, match="Can not reshape"):
            stream.read("camera_image")
        return
    frames = stream.read("camera_image")
    assert len(frames) == 4
    np.testing.assert_allclose(frames.mean(axis=(1, 2, 3)), stream["camera_mean"])


def test_documents_that_a_server_has_kept_are_taken(documents, run_engine, make_camera, source):
    """Played: servers over databroker's own database give documents as they were."""
    run_engine(bp.count([make_camera(source)], 3), documents)

    class Run:
        specs = (SimpleNamespace(name="BlueskyRun", version="2.0"),)

        def documents(self, fill):
            assert fill is False
            return iter(documents)

    array = framestore_handlers.load(Run())["primary"]["camera_image"]
    np.testing.assert_array_equal(array.compute(), expected_of(HDF5Way(source), 3, 1))


def test_a_catalog_is_not_a_run(tiled, run_engine, make_camera, source):
    run_engine(bp.count([make_camera(source)]), TiledWriter(tiled))
    with pytest.raises(TypeError, match="documents must be"):
        framestore_handlers.load(tiled)


def test_a_server_that_fails_is_not_taken_for_one_without_documents():
    """Played: Tiled's client tries a real one again for half a minute."""

    class BrokenError(Exception):
        response = SimpleNamespace(status_code=500)

    class Run:
        specs = (SimpleNamespace(name="BlueskyRun", version="2.0"),)

        def documents(self, fill):
            raise BrokenError

    with pytest.raises(BrokenError):
        framestore_handlers.load(Run())


def test_grid_scan_stands_beside_its_motors(tiled, run_engine, make_camera, source, documents):
    camera = make_camera(source)
    run_engine.subscribe(TiledWriter(tiled))
    run_engine(bp.grid_scan([camera], motor1, 0, 1, 2, motor2, 0, 2, 3), documents)
    dataset = tiled[documents.of("start")[0]["uid"]]["primary"].read()
    np.testing.assert_array_equal(dataset["motor2"], [0, 1, 2, 0, 1, 2])
    np.testing.assert_array_equal(dataset["camera_image"][:, 0], [source.expected(k) for k in range(6)])


def test_a_paused_and_resumed_run_is_byte_exact(tiled, run_engine, make_camera, source, documents):
    """What a pause made the plan take anew is in Tiled once, and nothing is missing."""
    run_engine.subscribe(TiledWriter(tiled))
    run_engine.subscribe(documents)
    paused(run_engine, make_camera(source, frames_per_point=2), (1, "read"), (3, "read"), points=5)
    dataset = tiled[documents.of("start")[0]["uid"]]["primary"].read()
    assert dataset["camera_image"].shape == (5, 2, 5, 7)
    np.testing.assert_allclose(dataset["camera_image"].mean(axis=(1, 2, 3)), dataset["camera_mean"])
    taken = [0, 1, *range(4, 8), *range(10, 14)]  # frames 2, 3 and 8, 9 were taken back
    np.testing.assert_array_equal(
        np.asarray(dataset["camera_image"]).reshape(10, 5, 7), [source.expected(k) for k in taken]
    )
