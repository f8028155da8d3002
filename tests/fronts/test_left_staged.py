"""What a plan leaves staged is unstaged by bluesky at its end, which does not wait for that."""

import threading

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import numpy as np
import pytest
from bluesky.utils import RunEngineInterrupted
from fronts_of import OPHYD, OPHYD_ASYNC, fronts
from numbered import NumberedSource
from ophyd_async.core import DetectorTrigger, TriggerInfo

from framestore import Setting
from framestore.acquisition.statistics.statistics import Statistics
from framestore.detector.stagings import Stagings
from framestore.formats.hdf5.writer import HDF5Writer
from framestore.testing.detector.axis import Axis
from framestore.testing.driven import pause


class Leisurely(NumberedSource):
    """Takes its time to stop; notes whether it was called meanwhile."""

    stopping = collided = False

    def start(self):
        self.collided |= self.stopping
        super().start()

    def stop(self):
        self.stopping = True
        pause(0.3)
        self.stopping = False


@fronts(OPHYD, OPHYD_ASYNC)
@pytest.mark.parametrize("end", ["it fails", "stop", "halt"])
def test_it_is_unstaged_before_it_is_staged_again(run_engine, make_camera, documents, front, end, threads_of_cameras):
    source = Leisurely()
    camera = make_camera(source)

    def plan():
        yield from bps.stage_all(camera)
        yield from bps.open_run()
        yield from bps.trigger_and_read([camera])
        yield from bps.checkpoint()
        if end == "it fails":
            raise OSError("the motor is stuck")
        yield from bps.pause()

    with pytest.raises(OSError if end == "it fails" else RunEngineInterrupted):
        run_engine(plan())
    if end != "it fails":
        getattr(run_engine, end)()
    run_engine(bp.count([camera], 2), documents)
    assert not source.collided
    frames = framestore_handlers.load(documents)["primary"].read(front.image("camera"))[:, 0]
    np.testing.assert_array_equal(frames, [source.expected(1), source.expected(2)])
    assert not threads_of_cameras()


@fronts(OPHYD, OPHYD_ASYNC)
@pytest.mark.parametrize("ends", [HDF5Writer.close, Statistics.stop], ids=["file", "numbers"])
def test_unstaging_it_waits_until_all_has_ended(
    run_engine, make_camera, source, front, monkeypatch, threads_of_cameras, ends
):
    camera = make_camera(source)

    def slowly(*args):
        pause(0.3)
        ends(*args)

    def plan():
        yield from bps.stage_all(camera)
        yield from bps.trigger(camera, wait=True)
        raise OSError("the motor is stuck")

    monkeypatch.setattr(HDF5Writer if ends is HDF5Writer.close else Statistics, ends.__name__, slowly)
    with pytest.raises(OSError, match="stuck"):
        run_engine(plan())
    front.unstage(camera)
    assert not threads_of_cameras()


class Running(NumberedSource):
    """Notes whether it is running."""

    running = False

    def start(self):
        self.running = True

    def stop(self):
        self.running = False


class Broken(Axis):
    def stage(self):
        raise OSError("no air")

    def unstage(self):
        return []


@fronts(OPHYD, OPHYD_ASYNC)
def test_it_is_unstaged_though_another_device_failed_while_it_was_being_staged(
    run_engine, make_camera, documents, threads_of_cameras, front, request, monkeypatch
):
    """Its staging takes longer than it takes bluesky to notice that."""
    begun, begin = threading.Event(), Stagings.begin

    def slowly(stagings):
        pause(0.3)
        try:
            return begin(stagings)
        finally:
            begun.set()

    monkeypatch.setattr(Stagings, "begin", slowly)
    source = Running()
    camera = make_camera(source)
    with pytest.raises(OSError, match="no air"):
        run_engine(bp.count([camera, Broken("broken")]))
    begun.wait(2)
    assert not threads_of_cameras()
    assert not source.running
    run_engine(bp.count([camera]), documents)
    assert documents.of("stop")[0]["exit_status"] == "success"


class Triggered(Running):
    """Its mode cannot be changed while it is started; no trigger ever comes."""

    def __init__(self):
        super().__init__()
        self.mode = "internal"
        get, put = lambda: self.mode, lambda value: setattr(self, "mode", value)
        modes = ("internal", "external_edge")
        self.settings = {"trigger_mode": Setting(get=get, set=put, choices=modes, while_staged=False)}

    def next_frame(self, timeout):
        raise TimeoutError("no trigger came")


@fronts(OPHYD_ASYNC)
def test_it_is_unstaged_after_triggers_from_outside(run_engine, make_camera, threads_of_cameras):
    source = Triggered()
    camera = make_camera(source)
    edges = TriggerInfo(number_of_events=2, trigger=DetectorTrigger.EXTERNAL_EDGE, deadtime=0.1)
    run_engine(bpp.stage_wrapper(bps.prepare(camera, edges, wait=True), [camera]))
    assert source.mode == "internal"
    assert not source.running
    assert not threads_of_cameras()
