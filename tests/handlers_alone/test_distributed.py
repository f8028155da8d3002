"""Blocks on the workers of a cluster, and what they weigh on their way there."""

import doctest
import pickle
import re
import sys
from pathlib import Path

import bluesky.plans as bp
import dask
import numpy as np
import pytest
from framestore_handlers import MissingFileError
from slow import slow
from ways import WAYS

from framestore.paths import StaticPathProvider, UUIDFilenameProvider

TUTORIAL = Path(__file__).parents[2] / "docs/tutorials/large-runs.md"
FAMILIES = ["stream", "datum"]


@pytest.fixture(scope="module")
def client():
    """Of two workers, fresh processes."""
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=":0") as cluster, Client(cluster) as client:
        yield client


@pytest.fixture
def scanned(run_engine, make_camera, documents, numbered_source):
    """Take 8 points of 2 frames; the way they went into files, and what is expected back."""

    def scan(name, family="stream", **settings):
        way = WAYS[name](numbered_source((8, 16), "uint8"))
        camera = make_camera(way.source, **way.settings, documents=family, frames_per_point=2, **settings)
        run_engine(bp.count([camera], 8), documents)
        expected = np.array([way.expected(k) for k in range(16)]).reshape(8, 2, 8, 16)
        return way.load(documents, block_bytes=3 * 2 * 8 * 16)["primary"], expected

    return scan


@pytest.mark.parametrize("family", ["stream", *slow("datum")])
@pytest.mark.parametrize("name", WAYS)
def test_a_block_is_small_on_its_way(scanned, tmp_path, name, family):
    deep = tmp_path.joinpath(*["deep" * 25] * 5)
    deep.mkdir(parents=True)
    assert len(str(deep)) > 500
    provider = StaticPathProvider(UUIDFilenameProvider(), deep)
    stream, _ = scanned(name, family, path_provider=provider)
    for array in (stream["camera_image"], stream.timestamps("camera_image"), stream["camera_image"].mean(axis=0)):
        (optimized,) = dask.optimize(array)
        for graph in (array.dask, optimized.dask):
            for task in dict(graph).values():
                assert len(pickle.dumps(task)) < 4000


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", WAYS)
def test_workers_read_every_format(client, scanned, name, family):
    stream, expected = scanned(name, family)
    array = stream["camera_image"]
    assert array.numblocks[0] == 3
    np.testing.assert_array_equal(client.compute(array).result(60), expected)
    np.testing.assert_array_equal(client.compute(array[4, 1, 2:5]).result(60), expected[4, 1, 2:5])
    assert stream.to_xarray()["camera_image"].sum().compute().item() == expected.sum()


@pytest.mark.slow
def test_workers_need_framestore_handlers_alone(scanned):
    """Workers that never were in a process that has framestore."""
    from distributed import Client, LocalCluster

    stream, expected = scanned("hdf5")
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster) as client:
        np.testing.assert_array_equal(stream["camera_image"].compute(), expected)
        (modules,) = client.run(lambda: sorted(sys.modules)).values()
    assert "framestore_handlers" in modules
    assert not {"framestore", "ophyd", "bluesky", "tiled", "databroker"} & set(modules)


@pytest.mark.slow
def test_files_that_workers_miss_are_named_together(client, scanned):
    stream, _ = scanned("tiff")
    gone = stream.files("camera_image")[3:12:4]
    for path in gone:
        path.unlink()
    with pytest.raises(MissingFileError, match="3 files of 'camera_image' of stream 'primary' are not there") as error:
        client.compute(stream["camera_image"].sum()).result(60)
    assert all(str(path) in str(error.value) for path in gone)


@pytest.mark.slow
def test_the_only_file_that_a_worker_misses_is_named(client, scanned):
    stream, _ = scanned("hdf5")
    (gone,) = stream.files("camera_image")
    gone.unlink()
    with pytest.raises(MissingFileError, match=re.escape(str(gone))):
        client.compute(stream["camera_image"].sum()).result(60)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("frames", ["100_000"])
def test_the_tutorial_with_as_many_frames_as_it_is_for(frames):
    """Memory stays flat: the tutorial says by how much, of 781 MiB of frames."""
    text, count = re.subn(r"^>>> frames = 2_000$", f">>> frames = {frames}", TUTORIAL.read_text(), flags=re.MULTILINE)
    assert count == 1
    test = doctest.DocTestParser().get_doctest(text, {}, TUTORIAL.name, str(TUTORIAL), 0)
    results = doctest.DocTestRunner(verbose=False).run(test)
    assert results.attempted > 20
    assert results.failed == 0


@pytest.mark.parametrize("scheduler", ["threads", "synchronous", *slow("processes")])
def test_schedulers_of_dask_give_the_same(scanned, scheduler):
    stream, expected = scanned("hdf5")
    np.testing.assert_array_equal(stream["camera_image"].compute(scheduler=scheduler), expected)
