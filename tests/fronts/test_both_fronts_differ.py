"""What docs/reference/async-camera.md says is different between the fronts, beside what `plain.Plain` leaves out."""

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import pytest
from adjustable import Adjustable
from bluesky.utils import FailedStatus
from fronts_of import OPHYD, OPHYD_ASYNC, STREAM_FRONTS, fronts

from framestore.ophyd_async import Camera


@fronts(*STREAM_FRONTS)
def test_a_setting_that_is_monitored(run_engine, make_camera, documents, front):
    """ophyd-async tells the value that there is at once."""
    camera = make_camera(Adjustable())

    @bpp.run_decorator()
    def plan():
        yield from bps.monitor(camera.gain, name="gain")
        yield from bps.mv(camera.gain, 7)
        yield from bps.mv(camera.gain, 9)
        yield from bps.unmonitor(camera.gain)

    run_engine(plan(), documents)
    values = [event["data"][front.number("camera", "gain")] for event in documents.of("event")]
    assert values == ([7, 9] if front is OPHYD else [1, 7, 9])


@fronts(*STREAM_FRONTS)
def test_a_camera_that_is_staged_already(run_engine, make_camera, source, documents, front):
    camera = make_camera(source)

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        yield from bps.trigger_and_read([camera])
        yield from bps.stage_all(camera)
        yield from bps.trigger_and_read([camera])

    if front is OPHYD:
        with pytest.raises(Exception, match="already staged"):
            run_engine(plan())
    else:
        run_engine(plan(), documents)
        assert len(documents.of("stream_resource")) == 2


@fronts(*STREAM_FRONTS)
def test_a_refusal_of_a_status(run_engine, make_camera, source, front):
    """Of a trigger while points of a fly scan wait: raised by the verb, or what its Status fails with."""
    camera = make_camera(source)

    def plan():
        yield from bps.prepare(camera, 3, wait=True)
        yield from bps.declare_stream(camera, name="primary", collect=True)
        yield from bps.kickoff(camera, wait=True)
        yield from bps.complete(camera, wait=True)
        yield from bps.trigger(camera, wait=True)

    with pytest.raises(RuntimeError if front is OPHYD else FailedStatus) as raised:
        run_engine(bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera]))
    refusal = raised.value if front is OPHYD else raised.value.__cause__
    assert "triggered while 3 points of the fly scan before are not collected" in str(refusal)


def test_names_as_those_of_ophyd(run_engine, folder, source, documents):
    """By ophyd-async's own means."""
    from ophyd_async.core import init_devices

    from framestore.paths import StaticPathProvider, UUIDFilenameProvider

    with init_devices(child_name_separator="_"):
        camera = Camera(source, StaticPathProvider(UUIDFilenameProvider(), folder))
    run_engine(bpp.stage_wrapper(bpp.run_wrapper(bps.trigger_and_read([camera])), [camera]), documents)
    assert {"camera_mean", "camera_frames_dropped"} <= set(documents.of("event")[0]["data"])
    OPHYD_ASYNC.unstage(camera)
