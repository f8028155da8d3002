"""Runs of an ophyd camera and an ophyd-async camera in Tiled: its arrays are the frames of both sources."""

import bluesky.plan_stubs as bps
import numpy as np
import pytest
from bluesky.utils import RunEngineInterrupted
from bluesky_tiled_plugins import TiledWriter
from together import Pair, once

from framestore.paths import StaticPathProvider, UUIDFilenameProvider


@pytest.fixture
def pair(run_engine, folder):
    made = Pair(StaticPathProvider(UUIDFilenameProvider(), folder))
    yield made
    made.close()


@pytest.fixture
def stored(tiled, run_engine, documents):
    """Runs a plan, with a pause if it has one; what Tiled has of it."""
    run_engine.subscribe(TiledWriter(tiled))
    run_engine.subscribe(documents)

    def run(plan, pair):
        try:
            run_engine(plan)
        except RunEngineInterrupted:
            pair.release(6)
            run_engine.resume()
        return tiled[documents.of("start")[0]["uid"]]

    return run


def check(pair, stream, name, points):
    expected = pair.expected(name, points)
    array = stream[pair.image(name)]
    assert array.shape == expected.shape
    found = array.read()
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(array[1:3], expected[1:3])


def test_a_grid_scan(pair, stored):
    stream = stored(pair.grid_scan(), pair)["primary"]
    for name, front in pair.fronts.items():
        check(pair, stream, name, range(6))
        means = pair.expected(name, range(6)).mean(axis=(1, 2, 3))
        np.testing.assert_allclose(stream[front.number(name, "mean")].read(), means)
    table = stream.read()
    np.testing.assert_allclose(table["x"], [0, 0, 0.5, 0.5, 1, 1])
    np.testing.assert_allclose(table["theta"], [-1, 1] * 3)
    assert table[pair.image("new")].shape == (6, 2, 8, 16)


def test_a_pause_between_read_and_save(pair, stored):
    stream = stored(pair.in_a_run(pair.points(pause=once(bps.pause))), pair)["primary"]
    for name in pair.fronts:
        check(pair, stream, name, [0, 1, 3, 4])


def test_a_fly_scan_with_a_pause_in_one_stream(pair, stored):
    stream = stored(pair.in_a_run(pair.in_one_stream(pause=bps.pause)), pair)["primary"]
    for name in pair.fronts:
        check(pair, stream, name, range(6))


def test_a_fly_scan_in_two_streams(pair, stored):
    run = stored(pair.in_a_run(pair.in_two_streams()), pair)
    for name in pair.fronts:
        check(pair, run[f"of {name}"], name, range(6))
