"""Plans that tests of several kinds run."""

import bluesky.plans as bp
import framestore_handlers
import pytest
from bluesky.utils import FailedStatus


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
    assert framestore_handlers.load(documents)["primary"]["camera_image"].compute().shape[0] == 2
