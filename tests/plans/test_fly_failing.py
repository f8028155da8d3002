"""Fly scans that fail: what has landed by then is in the documents, and what the user is told."""

import threading

import h5py
import numpy as np
import pytest
from bluesky.utils import FailedStatus, RunEngineInterrupted
from named import Named
from numbered import NumberedSource

from framestore import Frame
from framestore.plans import fly

LONG = 60.0
"""Seconds: nothing is collected before a fly scan is over."""


class Failing(NumberedSource):
    """The cable is pulled, when the test lets it, after some frames."""

    def __init__(self, frames, shape=(5, 7)):
        super().__init__(shape)
        self.frames, self.may_fail = frames, threading.Event()
        self.may_fail.set()

    def next_frame(self, timeout):
        if self.count == self.frames:
            assert self.may_fail.wait(30)
            raise OSError("the cable was pulled")
        return super().next_frame(timeout)


@pytest.fixture(params=["ophyd", "ophyd-async"])
def make(request):
    return request.getfixturevalue("make_camera" if request.param == "ophyd" else "make_async")


def check(documents, sources, frames):
    """So many frames of each source, in its order, are in the documents, and in the files; no others."""
    named = Named(documents)
    named.check()
    for (uid, resource), source in zip(named.resources.items(), sources, strict=True):
        assert named.rows(uid) == list(range(frames)), resource["data_key"]
        with h5py.File(named.path(uid)) as file:
            np.testing.assert_array_equal(file["entry/data/data"], [source.expected(k) for k in range(frames)])
    assert documents.of("stop")[0]["exit_status"] == "fail"


def test_what_has_landed_is_collected(run_engine, make, documents):
    source = Failing(7)
    with pytest.raises(FailedStatus) as raised:
        run_engine(fly([make(source)], 20, flush_period=LONG), documents)
    assert str(raised.value.__cause__) == "the cable was pulled"
    check(documents, [source], 7)


def test_what_has_landed_in_all_cameras_is_collected(run_engine, make_camera, make_async, documents):
    """Of the camera that goes on, as many points as the other has."""
    sources = [NumberedSource((3, 4)), Failing(3)]
    other, failing = make_camera(sources[0]), make_async(sources[1])
    sources[1].may_fail.clear()
    other.frames_written.subscribe(lambda *_, value, **__: sources[1].may_fail.set() if value == 20 else None)
    with pytest.raises(FailedStatus) as raised:
        run_engine(fly([other, failing], 20, flush_period=LONG), documents)
    assert str(raised.value.__cause__) == "the cable was pulled"
    check(documents, sources, 3)


def test_an_error_of_the_collect_is_a_note(run_engine, make_camera, monkeypatch):
    """The camera's own error is what the user sees."""
    camera = make_camera(Failing(3))

    def refuse(index=None):
        raise RuntimeError("the documents are lost")

    monkeypatch.setattr(camera, "collect_asset_docs", refuse)
    with pytest.raises(FailedStatus) as raised:
        run_engine(fly([camera], 20, flush_period=LONG))
    assert str(raised.value.__cause__) == "the cable was pulled"
    (note,) = raised.value.__notes__
    assert "points that had landed" in note
    assert "the documents are lost" in note


@pytest.mark.parametrize("end", ["resume", "stop", "abort", "halt"])
def test_a_pause_after_the_failure(run_engine, make_camera, documents, monkeypatch, end):
    """While what has landed is collected: resumed, the plan fails with that error; else it ends as it is told to."""
    source = Failing(7)
    camera = make_camera(source)
    collect = camera.collect_asset_docs

    def pause_once(index=None):
        if not paused:
            paused.append(run_engine.loop.create_task(run_engine._request_pause_coro()))
        return collect(index)

    paused = []
    monkeypatch.setattr(camera, "collect_asset_docs", pause_once)
    with pytest.raises(RunEngineInterrupted):
        run_engine(fly([camera], 20, flush_period=LONG), documents)
    if end == "resume":
        with pytest.raises(FailedStatus) as raised:
            run_engine.resume()
        assert str(raised.value.__cause__) == "the cable was pulled"
        check(documents, [source], 7)
    else:
        getattr(run_engine, end)()
        assert documents.of("stop")[0]["exit_status"] == ("success" if end == "stop" else "abort")


class Losing(NumberedSource):
    """Numbers of frames are left out, once."""

    def next_frame(self, timeout):
        frame = super().next_frame(timeout)
        return Frame(frame.array, frame.frame_id + (2 if self.count > 4 else 0), frame.timestamp)


@pytest.mark.parametrize(
    ("on_dropped", "told"),
    [
        ("fail", "camera: 2 frames were lost in a fly scan, which did not come to its end"),
        ("record", "camera: 2 frames were lost in a fly scan; others took their places"),
    ],
)
def test_what_is_said_of_lost_frames(run_engine, make_camera, caplog, on_dropped, told):
    """Only that of a fly scan that has all its points: others took their places."""
    camera = make_camera(Losing(), on_dropped=on_dropped)
    failed = None
    try:
        run_engine(fly([camera], 9, flush_period=LONG))
    except FailedStatus as error:
        failed = error
    assert (failed is None) == (on_dropped == "record")
    assert [record.message for record in caplog.records if "were lost" in record.message] == [told]
