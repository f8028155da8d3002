"""Plans that mix an ophyd camera, an ophyd-async camera, and motors of both."""

import bluesky.plan_stubs as bps
import framestore_handlers
import numpy as np
import pytest
from bluesky.utils import RunEngineInterrupted
from named import Named, check_files
from together import Pair, once

from framestore.paths import StaticPathProvider, UUIDFilenameProvider


@pytest.fixture
def pair(run_engine, folder, threads_of_cameras):
    made = Pair(StaticPathProvider(UUIDFilenameProvider(), folder))
    yield made
    made.close()
    assert not threads_of_cameras()


def check(pair, documents, folder, streams):
    """``streams``: the points that each camera has in each stream."""
    run = framestore_handlers.load(documents)
    assert run.stop["exit_status"] == "success"
    for stream, points in streams.items():
        for name, numbers in points.items():
            found = run[stream].read(pair.image(name))
            np.testing.assert_array_equal(found, pair.expected(name, numbers), err_msg=f"{name} in {stream}")
    named = Named(documents)
    named.check()
    check_files(named, folder, {pair.image(name): frames for name, frames in pair.frames.items()})
    return run


def check_numbers(pair, stream):
    """Each camera's numbers are those of its frames; the motors are where they were sent."""
    for name, front in pair.fronts.items():
        images = stream.read(pair.image(name))
        np.testing.assert_allclose(stream[front.number(name, "mean")], images.mean(axis=(1, 2, 3)))
        np.testing.assert_array_equal(stream[front.number(name, "max")], images.max(axis=(1, 2, 3)))


def both(points):
    return dict.fromkeys(("old", "new"), points)


def test_count(run_engine, documents, folder, pair):
    run_engine(pair.count(), documents)
    run = check(pair, documents, folder, {"primary": both(range(3))})
    check_numbers(pair, run["primary"])


def test_grid_scan(run_engine, documents, folder, pair):
    run_engine(pair.grid_scan(), documents)
    run = check(pair, documents, folder, {"primary": both(range(6))})
    check_numbers(pair, run["primary"])
    np.testing.assert_allclose(run["primary"]["x"], [0, 0, 0.5, 0.5, 1, 1])
    np.testing.assert_allclose(run["primary"]["theta"], [-1, 1] * 3)


def test_a_pause_between_read_and_save(run_engine, documents, folder, pair):
    with pytest.raises(RunEngineInterrupted):
        run_engine(pair.in_a_run(pair.points(pause=once(bps.pause))), documents)
    run_engine.resume()
    run = check(pair, documents, folder, {"primary": both([0, 1, 3, 4])})
    check_numbers(pair, run["primary"])
    np.testing.assert_allclose(run["primary"]["x"], range(4))
    np.testing.assert_allclose(run["primary"]["theta"], [0, -1, -2, -3])


def test_fly(run_engine, documents, folder, pair):
    run_engine(pair.flown(), documents)
    check(pair, documents, folder, {"primary": both(range(5))})


@pytest.mark.parametrize("pauses", [False, True])
def test_a_fly_scan_in_one_stream(run_engine, documents, folder, pair, pauses):
    fly(run_engine, documents, pair, pair.in_one_stream, pauses)
    check(pair, documents, folder, {"primary": both(range(6))})
    stops = [datum["indices"]["stop"] for datum in documents.of("stream_datum")]
    assert stops == [2, 2, 6, 6], "the slower one says how far documents go"


@pytest.mark.parametrize("pauses", [False, True])
def test_a_fly_scan_in_two_streams(run_engine, documents, folder, pair, pauses):
    fly(run_engine, documents, pair, pair.in_two_streams, pauses)
    check(pair, documents, folder, {"of old": {"old": range(6)}, "of new": {"new": range(6)}})


def fly(run_engine, documents, pair, plan, pauses):
    if not pauses:
        run_engine(pair.in_a_run(plan()), documents)
        return
    with pytest.raises(RunEngineInterrupted):
        run_engine(pair.in_a_run(plan(pause=bps.pause)), documents)
    pair.release(6)
    run_engine.resume()
