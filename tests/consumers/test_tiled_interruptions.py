"""Pauses, failures, streams, dropped events: Tiled and `load` give the same points, and each its own frames."""

import pytest
from bluesky_tiled_plugins import TiledWriter
from event_model import UnresolvableForeignKeyError
from fronts_of import OPHYD, OPHYD_DATUM
from httpx import HTTPStatusError
from scenarios import SCENARIOS, Bench, Scenario, with_baseline
from slow import slow
from tiled.client.utils import ClientError
from ways import MIMETYPES, HDF5Way, JPEGWay, SavedJPEGWay

CAMERAS = {
    "stream": [(HDF5Way, 2), (JPEGWay, 1), (SavedJPEGWay, 2)],
    "datum": [(HDF5Way, 1), (JPEGWay, 2), (SavedJPEGWay, 1)],
}
"""Ways that Tiled reads, with frames in a point: all in one run, since each run costs Tiled a second."""

FRONTS = {"stream": OPHYD, "datum": OPHYD_DATUM}

ENDED = {"pause after trigger, abort", "pause after read, stop", "pause after read, halt", "pause after save, halt"}
"""Of the ways to end a paused run: all of them are in `test_streams`, which needs no Tiled."""

PLAYED = [name for name, scenario in SCENARIOS.items() if scenario.then == "resume" or name in ENDED]
UNEMITTED = [name for name in PLAYED if SCENARIOS[name].unemitted]
TELLING = {"pause after read", "pause after save", "dark, then primary", "two runs in one staging"}
"""Those that `make test` plays."""


def told(names):
    return [name for name in names if name in TELLING] + slow(*(name for name in names if name not in TELLING))


RESTAGED = "two stagings in one run"


def check_tiled(tiled, documents, scenario, benches):
    for run, streams in zip(documents.by_run(), scenario.runs, strict=True):
        served = tiled[run.of("start")[0]["uid"]]
        for name, points in streams.items():
            dataset = served[name].read()
            exact = None if isinstance(points, int) else points
            for bench in benches:
                assert len(dataset["time"]) == len(dataset[bench.key]) == len(scenario.numbers(points))
                bench.check(dataset[bench.key], dataset[bench.mean], exact)


def play(tiled, run_engine, make_camera, documents, name, family, cameras):
    """Everything but what Tiled reads back."""
    benches = [Bench(make_camera, kind, FRONTS[family], frames) for kind, frames in cameras]
    SCENARIOS[name].play(run_engine, benches, TiledWriter(tiled, spec_to_mimetype=MIMETYPES), documents)
    SCENARIOS[name].check(documents, benches)
    return benches


def left_out(family, name, kind):
    """Tiled cannot read it: each has a test of its own below."""
    in_one_file = kind is HDF5Way
    return family == "datum" and (SCENARIOS[name].unemitted if in_one_file else name == RESTAGED)


@pytest.mark.parametrize("name", told(PLAYED))
@pytest.mark.parametrize("family", ["stream", *slow("datum")])
def test_tiled_and_load_agree(tiled, run_engine, make_camera, documents, family, name):
    cameras = [camera for camera in CAMERAS[family] if not left_out(family, name, camera[0])]
    benches = play(tiled, run_engine, make_camera, documents, name, family, cameras)
    check_tiled(tiled, documents, SCENARIOS[name], benches)


@pytest.mark.parametrize("name", told(UNEMITTED))
def test_hdf5_by_datum_keeps_frames_that_were_never_emitted_which_tiled_refuses(
    tiled, run_engine, make_camera, documents, name
):
    """A known limit, which nothing can mend on our side.

    bluesky does not mark a Datum when it emits it, as it does a StreamDatum. So nobody knows whether a point that was
    collected, and then paused behind or dropped, is in the run: its frames have to stay in the file. No document names
    them, and `load` gives the right ones; but Tiled counts the rows of the file, and answers 422.
    """
    benches = play(tiled, run_engine, make_camera, documents, name, "datum", [(HDF5Way, 2)])
    with pytest.raises(ClientError, match="422: Can not reshape"):
        check_tiled(tiled, documents, SCENARIOS[name], benches)


def test_a_staged_camera_by_datum_in_the_baseline(tiled, run_engine, make_camera, documents):
    """A known limit: an event without a point of its own names no datum, which TiledWriter refuses."""
    benches = [Bench(make_camera, kind, OPHYD_DATUM, frames) for kind, frames in CAMERAS["datum"]]
    scenario = Scenario(plan=with_baseline("before", staged=True), runs=[{"primary": [0, 1, 2]}])
    with pytest.raises(UnresolvableForeignKeyError):
        scenario.play(run_engine, benches, TiledWriter(tiled, spec_to_mimetype=MIMETYPES), documents)


@pytest.mark.parametrize(("family", "staged"), [("stream", True), ("stream", False), ("datum", False)])
def test_a_camera_in_the_baseline(tiled, run_engine, make_camera, documents, family, staged):
    benches = [Bench(make_camera, kind, FRONTS[family], frames) for kind, frames in CAMERAS[family]]
    scenario = Scenario(plan=with_baseline("around", staged=staged), runs=[{"primary": [0, 1, 2]}])
    scenario.play(run_engine, benches, TiledWriter(tiled, spec_to_mimetype=MIMETYPES), documents)
    check_tiled(tiled, documents, scenario, benches)
    (start,) = documents.of("start")
    assert len(tiled[start["uid"]]["baseline"].read()["time"]) == 2


def test_a_series_by_datum_that_goes_on_in_another_staging(tiled, run_engine, make_camera, documents, monkeypatch):
    """A known limit: TiledWriter takes the point number for the index in the stream.

    That has to go on in the second Resource, where point numbers begin anew, for the handlers that there are.
    """
    monkeypatch.setattr("tiled.client.utils.TILED_RETRY_ATTEMPTS", 1)  # of what the server fails at, for half a minute
    benches = play(tiled, run_engine, make_camera, documents, RESTAGED, "datum", [(JPEGWay, 2), (SavedJPEGWay, 1)])
    with pytest.raises(HTTPStatusError):
        check_tiled(tiled, documents, SCENARIOS[RESTAGED], benches)
