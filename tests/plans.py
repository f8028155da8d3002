"""Plans that tests of several kinds run."""

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import pytest
from bluesky.utils import FailedStatus, RunEngineInterrupted


def fail(run_engine, documents, camera, points=3):
    """Run a count that fails; returns the error that the user finds at the root of what is raised."""
    with pytest.raises(Exception) as raised:  # noqa: PT011 - the caller looks at it
        run_engine(bp.count([camera], points), documents)
    assert run_engine.state == "idle"
    stops = documents.of("stop")
    assert all(stop["exit_status"] == "fail" for stop in stops)
    error = raised.value
    return error.__cause__ if isinstance(error, FailedStatus) else error


def works_again(run_engine, camera, documents):
    documents.clear()
    run_engine(bp.count([camera], 2), documents)
    assert documents.of("stop")[0]["exit_status"] == "success"
    stream = framestore_handlers.load(documents)["primary"]
    (image,) = (key for key, data_key in stream.data_keys.items() if "external" in data_key)
    assert stream[image].compute().shape[0] == 2


def paused(run_engine, camera, *pauses, points=4):
    """Run a count that asks for a pause at each of some points, (point, "read" or "save") of each, and resumes it."""
    left = list(pauses)

    def pause(*now):
        if now in left:
            left.remove(now)
            yield from bps.pause()

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        for k in range(points):
            yield from bps.checkpoint()
            yield from bps.trigger(camera, wait=True)
            yield from bps.create()
            yield from bps.read(camera)
            yield from pause(k, "read")
            yield from bps.save()
            yield from pause(k, "save")

    with pytest.raises(RunEngineInterrupted):
        run_engine(plan())
    for _ in pauses[1:]:
        with pytest.raises(RunEngineInterrupted):
            run_engine.resume()
    run_engine.resume()
