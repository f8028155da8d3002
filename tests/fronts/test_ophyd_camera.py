"""The ophyd camera in plans and by hand."""

import json
import subprocess
import sys
import time

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
from bluesky.callbacks import LiveTable
from bluesky.callbacks.best_effort import BestEffortCallback
from framestore_handlers.place import Place
from ophyd.sim import motor1, motor2
from ophyd.utils import RedundantStaging

FAMILIES = ["stream", "datum"]


@pytest.mark.parametrize("frames_per_point", [1, 3])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shape", [(5, 7), (4, 6, 3), (9,)], ids=str)
def test_count(run_engine, make_camera, numbered_source, documents, family, frames_per_point, shape):
    source = numbered_source(shape)
    camera = make_camera(source, documents=family, frames_per_point=frames_per_point)
    run_engine(bp.count([camera], 4), documents)
    expected = np.array([source.expected(k) for k in range(4 * frames_per_point)]).reshape(4, frames_per_point, *shape)
    frames = framestore_handlers.load(documents)["primary"]["camera_image"]
    assert frames.shape == expected.shape
    assert frames.dtype == source.dtype
    np.testing.assert_array_equal(frames.compute(), expected)
    assert documents.of("stop")[0]["exit_status"] == "success"


@pytest.mark.parametrize("family", FAMILIES)
def test_grid_scan_with_two_cameras(run_engine, make_camera, numbered_source, documents, family):
    one, two = numbered_source((4, 5)), numbered_source((6, 3), "float32")
    first = make_camera(one, documents=family, name="first")
    second = make_camera(two, documents=family, name="second", frames_per_point=2)
    run_engine(bp.grid_scan([first, second], motor1, 0, 1, 3, motor2, 0, 1, 2), documents)
    stream = framestore_handlers.load(documents)["primary"]
    np.testing.assert_array_equal(stream["first_image"].compute()[:, 0], [one.expected(k) for k in range(6)])
    np.testing.assert_array_equal(
        stream["second_image"].compute().reshape(12, 6, 3), [two.expected(k) for k in range(12)]
    )
    np.testing.assert_allclose(stream["motor1"], [0, 0, 0.5, 0.5, 1, 1])
    dataset = stream.to_xarray()
    assert dataset["first_image"].dims == ("event", "first_frame", "first_y", "first_x")
    assert dataset.sizes["event"] == 6


@pytest.mark.parametrize(
    ("family", "external", "names"),
    [
        ("stream", "STREAM:", ["start", "descriptor", "stream_resource", *["stream_datum", "event"] * 3, "stop"]),
        ("datum", "FILESTORE:", ["start", "descriptor", "resource", *["datum", "event"] * 3, "stop"]),
    ],
)
def test_documents_of_each_family(run_engine, make_camera, source, documents, files, family, external, names):
    run_engine(bp.count([make_camera(source, documents=family)], 3), documents)
    assert documents.names == names
    (descriptor,) = documents.of("descriptor")
    data_key = descriptor["data_keys"]["camera_image"]
    assert data_key["external"] == external
    assert data_key["shape"] == [1, 5, 7]
    assert data_key["dtype_numpy"] == "<u2"
    assert data_key["dims"] == ["camera_frame", "camera_y", "camera_x"]
    assert descriptor["hints"]["camera"] == {"fields": ["camera_mean"]}
    (path,) = files()
    (resource,) = documents.of("resource", "stream_resource")
    if family == "stream":
        assert resource["uri"] == f"file://localhost{path}"
        assert resource["mimetype"] == "application/x-hdf5"
        assert resource["parameters"] == {
            "dataset": "/entry/data/data",
            "chunk_shape": [1, 1, 5, 7],
            "join_method": "stack",
            "swmr": True,
        }
        assert [d["indices"] for d in documents.of("stream_datum")] == [{"start": k, "stop": k + 1} for k in range(3)]
        assert [d["seq_nums"]["start"] for d in documents.of("stream_datum")] == [1, 2, 3]
        assert all("camera_image" not in event["data"] for event in documents.of("event"))
    else:
        assert resource["spec"] == "AD_HDF5"
        assert resource["root"] == str(path.parent)
        assert resource["resource_path"] == path.name
        assert resource["resource_kwargs"] == {"frame_per_point": 1}
        assert [d["datum_kwargs"] for d in documents.of("datum")] == [{"point_number": k} for k in range(3)]
        ids = [event["data"]["camera_image"] for event in documents.of("event")]
        assert ids == [datum["datum_id"] for datum in documents.of("datum")]


def test_descriptor_tells_shape_and_dtype_of_a_function_from_the_first_event_on(run_engine, make_camera, documents):
    camera = make_camera(lambda: np.ones((3, 4), "float32"))
    assert camera.describe()["camera_image"]["shape"] == [], "nothing is known before the first stage"
    run_engine(bp.count([camera]), documents)
    data_key = documents.of("descriptor")[0]["data_keys"]["camera_image"]
    assert (data_key["shape"], data_key["dtype_numpy"]) == ([1, 3, 4], "<f4")


def test_configuration_tells_how_and_where(run_engine, make_camera, source, documents, files):
    run_engine(bp.count([make_camera(source, frames_per_point=2)]), documents)
    configuration = documents.of("descriptor")[0]["configuration"]["camera"]["data"]
    assert configuration == {
        "camera_frames_per_point": 2,
        "camera_exposures_per_frame": 1,
        "camera_total_frames_dropped": 0,
        "camera_format": "hdf5",
        "camera_file_path": str(files()[0]),
    }


def test_numbers_are_those_of_the_frames(run_engine, make_camera, source, documents):
    run_engine(bp.count([make_camera(source, frames_per_point=2)], 3), documents)
    for k, event in enumerate(documents.of("event")):
        frames = np.array([source.expected(2 * k), source.expected(2 * k + 1)], float)
        assert event["data"]["camera_mean"] == pytest.approx(frames.mean())
        assert event["data"]["camera_max"] == frames.max()
        assert event["data"]["camera_sum"] == frames.sum()
    keys = documents.of("descriptor")[0]["data_keys"]
    assert keys["camera_sum"]["dtype"] == keys["camera_max"]["dtype"] == "integer"
    assert keys["camera_mean"]["dtype"] == "number"


@pytest.mark.parametrize(
    ("stats", "hints", "keys", "hinted"),
    [
        ((), ("mean",), [], []),
        (("max",), ("max",), ["camera_max"], ["camera_max"]),
        (("mean", "centroid_x"), (), ["camera_mean", "camera_centroid_x"], []),
    ],
)
def test_numbers_are_chosen(run_engine, make_camera, source, documents, stats, hints, keys, hinted):
    run_engine(bp.count([make_camera(source, stats=stats, hints=hints)]), documents)
    assert list(documents.of("event")[0]["data"]) == [*keys, "camera_frames_dropped"]
    assert documents.of("descriptor")[0]["hints"]["camera"]["fields"] == hinted


def test_tables_show_the_camera_during_the_run(run_engine, make_camera, source, capsys):
    camera = make_camera(source)
    best_effort = BestEffortCallback()
    best_effort.disable_plots()
    run_engine.subscribe(best_effort)
    run_engine(bp.count([camera], 2))
    shown = capsys.readouterr().out
    assert "camera_mean" in shown
    assert f"{source.expected(1).mean():.3f}" in shown
    run_engine(bp.count([camera], 2), LiveTable([camera]))
    assert "camera_centroid_y" in capsys.readouterr().out


def test_walk_by_hand(make_camera, source, files):
    """Stage, trigger, describe, read, collect, unstage, as the ophyd tutorial does it."""
    camera = make_camera(source, documents="datum")
    assert camera.stage() == [camera]
    assert not files(), "the name is claimed at the first trigger"
    status = camera.trigger()
    status.wait(10)
    assert status.success
    assert camera.describe()["camera_image"]["shape"] == [1, 5, 7]
    reading = camera.read()["camera_image"]["value"]
    (_, resource), (_, datum) = camera.collect_asset_docs()
    assert reading == datum["datum_id"]
    assert list(camera.collect_asset_docs()) == []
    camera.unstage()
    handler = framestore_handlers.handler_registry[resource["spec"]](
        f"{resource['root']}/{resource['resource_path']}", **resource["resource_kwargs"]
    )
    np.testing.assert_array_equal(handler(**datum["datum_kwargs"]).compute(), [source.expected(0)])


def test_status_is_done_when_another_process_can_read_the_frames(make_camera, source, files):
    camera = make_camera(source, frames_per_point=3)
    camera.stage()
    code = """
import h5py, sys
with h5py.File(sys.argv[1], "r", swmr=True) as file:
    print(file["/entry/data/data"][()].tolist())
"""
    for point in range(2):
        camera.trigger().wait(10)
        done = subprocess.run([sys.executable, "-c", code, *files()], capture_output=True, text=True, check=True)
        expected = [source.expected(k).tolist() for k in range(3 * (point + 1))]
        assert json.loads(done.stdout) == expected
    assert camera.frames_written.get() == 6


def test_watchers_see_a_burst_fill(make_camera, numbered_source):
    class Slow(numbered_source):
        def next_frame(self, timeout):
            time.sleep(0.15)
            return super().next_frame(timeout)

    camera = make_camera(Slow(), frames_per_point=4)
    camera.stage()
    seen = []
    status = camera.trigger()
    status.watch(lambda **progress: seen.append(progress))
    status.wait(10)
    assert [p["current"] for p in seen] == sorted(p["current"] for p in seen)
    assert len(seen) >= 2
    assert (seen[-1]["current"], seen[-1]["target"], seen[-1]["name"]) == (4, 4, "camera")


def test_bluesky_s_progress_bar_takes_the_status(run_engine, make_camera, numbered_source, capsys):
    """Its bar is drawn from what the Status tells while a burst fills."""
    from bluesky.utils import ProgressBarManager

    class Slow(numbered_source):
        def next_frame(self, timeout):
            time.sleep(0.15)
            return super().next_frame(timeout)

    run_engine.waiting_hook = ProgressBarManager()
    run_engine(bp.count([make_camera(Slow(), frames_per_point=5)]))
    shown = capsys.readouterr()
    assert "camera" in shown.out + shown.err
    assert "frames" in shown.out + shown.err


def test_frames_per_point_stands_in_stage_sigs(run_engine, make_camera, source, documents):
    camera = make_camera(source)
    camera.stage_sigs["frames_per_point"] = 3
    run_engine(bp.count([camera], 2), documents)
    assert documents.of("descriptor")[0]["data_keys"]["camera_image"]["shape"] == [3, 5, 7]
    assert framestore_handlers.load(documents)["primary"]["camera_image"].shape == (2, 3, 5, 7)
    assert camera.frames_per_point.get() == 1


def test_frames_per_point_by_a_plan(run_engine, make_camera, source, documents):
    camera = make_camera(source)

    def plan():
        yield from bps.mv(camera.frames_per_point, 2)
        yield from bp.count([camera])

    run_engine(plan(), documents)
    assert framestore_handlers.load(documents)["primary"]["camera_image"].shape == (1, 2, 5, 7)


def test_staging_twice_is_refused_and_the_first_staging_goes_on(make_camera, source, files):
    camera = make_camera(source)
    camera.stage()
    camera.trigger().wait(10)
    with pytest.raises(RedundantStaging):
        camera.stage()
    camera.trigger().wait(10)
    camera.unstage()
    camera.unstage()
    assert framestore_handlers.hdf5.HDF5Frames(place=Place.of(files()[0])).frames() == 2


def test_each_staging_has_its_file(run_engine, make_camera, source, files):
    camera = make_camera(source)
    for _ in range(3):
        run_engine(bp.count([camera], 2))
    assert len(files()) == 3


def test_a_camera_that_is_only_read_writes_nothing(run_engine, make_camera, source, documents, files):
    camera = make_camera(source)

    def plan():
        yield from bps.open_run()
        yield from bps.create()
        yield from bps.read(camera)
        yield from bps.save()
        yield from bps.close_run()

    run_engine(plan(), documents)
    assert documents.names == ["start", "descriptor", "event", "stop"]
    assert not files()


def test_providers_of_ophyd_async_fit(run_engine, make_camera, source, documents, tmp_path):
    from ophyd_async.core import StaticPathProvider, UUIDFilenameProvider

    provider = StaticPathProvider(UUIDFilenameProvider(), tmp_path / "theirs", create_dir_depth=-1)
    run_engine(bp.count([make_camera(source, path_provider=provider)], 2), documents)
    np.testing.assert_array_equal(
        framestore_handlers.load(documents)["primary"].read("camera_image")[:, 0], [source.expected(k) for k in (0, 1)]
    )


def test_nothing_stays_behind(run_engine, make_camera, source, threads_of_cameras):
    import gc

    import psutil

    camera = make_camera(source)
    run_engine(bp.count([camera], 2))
    gc.collect()  # earlier tests' event loops
    before = psutil.Process().num_fds()
    for _ in range(5):
        run_engine(bp.count([camera], 2))
    assert psutil.Process().num_fds() <= before
    assert not threads_of_cameras()
