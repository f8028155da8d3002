"""Pauses, failures, streams, dropped events: Tiled and `load` give the same points, and each its own frames."""

import pytest
from bluesky_tiled_plugins import TiledWriter
from scenarios import SCENARIOS, Bench
from ways import MIMETYPES, HDF5Way, JPEGWay, SavedJPEGWay

CAMERAS = [(HDF5Way, 1), (HDF5Way, 2), (JPEGWay, 2), (SavedJPEGWay, 1)]
"""Ways that Tiled reads, with frames in a point: all in one run, since each run costs Tiled a second."""


def check_tiled(tiled, documents, scenario, benches):
    for run, streams in zip(documents.by_run(), scenario.runs, strict=True):
        served = tiled[run.of("start")[0]["uid"]]
        for name, points in streams.items():
            dataset = served[name].read()
            exact = None if isinstance(points, int) else points
            for bench in benches:
                assert len(dataset["time"]) == len(dataset[bench.key]) == len(scenario.numbers(points))
                bench.check(dataset[bench.key], dataset[f"{bench.name}_mean"], exact)


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("family", ["stream", "datum"])
def test_tiled_and_load_agree(tiled, run_engine, make_camera, documents, family, name):
    scenario = SCENARIOS[name]
    benches = [Bench(make_camera, kind, family, frames) for kind, frames in CAMERAS]
    scenario.play(run_engine, benches, TiledWriter(tiled, spec_to_mimetype=MIMETYPES), documents)
    scenario.check(documents, benches)
    check_tiled(tiled, documents, scenario, benches)
