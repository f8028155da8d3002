"""Pause, resume, stop, abort: what was emitted can be read, and the numbers of points agree."""

import threading

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import numpy as np
import pytest
from bluesky.utils import RunEngineInterrupted

FAMILIES = ["stream", "datum"]


def plan_with_pause(camera, when, point, *, points=4):
    """A count that asks for a pause once, at a point, after trigger, read or save."""
    paused = []

    def pause(now, k):
        if (now, k) == (when, point) and not paused:
            paused.append(True)
            yield from bps.pause()

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def inner():
        for k in range(points):
            yield from bps.checkpoint()
            yield from bps.trigger(camera, group="t")
            yield from pause("before wait", k)
            yield from bps.wait("t")
            yield from pause("trigger", k)
            yield from bps.create()
            yield from bps.read(camera)
            yield from pause("read", k)
            yield from bps.save()
            yield from pause("save", k)

    return inner()


@pytest.mark.parametrize("point", [0, 2])
@pytest.mark.parametrize("when", ["before wait", "trigger", "read", "save"])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("frames_per_point", [1, 2])
def test_pause_and_resume(run_engine, make_camera, source, documents, family, when, point, frames_per_point):
    camera = make_camera(source, documents=family, frames_per_point=frames_per_point)
    with pytest.raises(RunEngineInterrupted):
        run_engine(plan_with_pause(camera, when, point), documents)
    run_engine.resume()
    assert documents.of("stop")[0]["exit_status"] == "success"
    stream = framestore_handlers.load(documents)["primary"]
    frames = stream["camera_image"].compute()
    assert frames.shape[0] == len(stream) == 4
    assert stream.seq_nums.tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(frames.mean(axis=(1, 2, 3)), stream["camera_mean"], err_msg="frames of another event")
    if family == "stream" and when != "save":
        indices = [datum["indices"] for datum in documents.of("stream_datum")]
        assert indices == [{"start": k, "stop": k + 1} for k in range(4)], "no gap, nothing twice: Tiled refuses both"
        assert len(documents.of("stream_resource")) == 1


@pytest.mark.parametrize("family", FAMILIES)
def test_an_event_that_bluesky_repeats_is_there_once_or_as_often_as_it_came(
    run_engine, make_camera, source, documents, family
):
    camera = make_camera(source, documents=family)
    with pytest.raises(RunEngineInterrupted):
        run_engine(plan_with_pause(camera, "save", 1), documents)
    run_engine.resume()
    assert [event["seq_num"] for event in documents.of("event")] == [1, 2, 2, 3, 4]
    last = framestore_handlers.load(documents)["primary"]
    every = framestore_handlers.load(documents, repeats="all")["primary"]
    assert last["camera_image"].shape[0] == len(last) == 4
    assert every["camera_image"].shape[0] == len(every) == 5
    for stream in (last, every):
        np.testing.assert_allclose(stream["camera_image"].compute().mean(axis=(1, 2, 3)), stream["camera_mean"])


@pytest.mark.parametrize("end", ["stop", "abort", "halt"])
@pytest.mark.parametrize("when", ["before wait", "read", "save"])
def test_a_paused_run_that_ends(run_engine, make_camera, source, documents, threads_of_cameras, end, when):
    camera = make_camera(source)
    with pytest.raises(RunEngineInterrupted):
        run_engine(plan_with_pause(camera, when, 2), documents)
    getattr(run_engine, end)()
    assert run_engine.state == "idle"
    camera.unstage()
    assert not threads_of_cameras()
    frames = framestore_handlers.load(documents)["primary"]["camera_image"].compute()
    expected = 3 if when == "save" else 2
    np.testing.assert_array_equal(frames[:, 0], [source.expected(k) for k in range(expected)])


def test_an_error_in_another_device(run_engine, make_camera, source, documents, threads_of_cameras):
    camera = make_camera(source)

    def per_shot(detectors):
        yield from bps.one_shot(detectors)
        if source.count == 2:
            raise OSError("the motor lost its encoder")

    with pytest.raises(OSError, match="encoder"):
        run_engine(bp.count([camera], 5, per_shot=per_shot), documents)
    assert not threads_of_cameras()
    assert documents.of("stop")[0]["exit_status"] == "fail"
    assert framestore_handlers.load(documents)["primary"]["camera_image"].compute().shape[0] == 2


def test_stop_ends_a_point_without_an_error(make_camera, files):
    gate = threading.Event()

    def grab():
        gate.wait(30)
        return np.zeros((2, 2), "u1")

    camera = make_camera(grab, stats=())
    camera._source._shape, camera._source._dtype = (2, 2), np.dtype("u1")
    camera.stage()
    status = camera.trigger()
    camera.stop()
    status.wait(10)
    assert status.success
    assert list(camera.collect_asset_docs()) == []
    gate.set()
    camera.trigger().wait(10)
    assert framestore_handlers.hdf5.HDF5Frames(path=files()[0]).frames() == 1
