"""Readers that the field has had for years: area-detector-handlers, and event-model's Filler."""

import bluesky.plans as bp
import event_model
import numpy as np
import pytest
from area_detector_handlers.handlers import AreaDetectorHDF5Handler
from framestore_handlers import handler_registry


@pytest.fixture(params=[1, 3])
def frames_per_point(request):
    return request.param


@pytest.fixture
def run(run_engine, make_camera, source, documents, frames_per_point):
    camera = make_camera(source, documents="datum", frames_per_point=frames_per_point)
    run_engine(bp.count([camera], 4), documents)
    return documents


@pytest.fixture
def expected(source, frames_per_point):
    return np.array([source.expected(k) for k in range(4 * frames_per_point)]).reshape(4, frames_per_point, 5, 7)


def test_area_detector_handlers_reads_our_file(run, expected):
    (resource,) = run.of("resource")
    handler = AreaDetectorHDF5Handler(f"{resource['root']}/{resource['resource_path']}", **resource["resource_kwargs"])
    points = [np.asarray(handler(**datum["datum_kwargs"])) for datum in run.of("datum")]
    assert np.array(points).tobytes() == expected.tobytes()


@pytest.mark.parametrize("registry", [handler_registry, {"AD_HDF5": AreaDetectorHDF5Handler}], ids=["ours", "theirs"])
def test_filler_fills_events(run, expected, registry):
    filled = []
    with event_model.Filler(registry, inplace=False) as filler:
        for name, document in run:
            name, document = filler(name, document)  # noqa: PLW2901 - the filler's own pattern
            if name == "event":
                filled.append(np.asarray(document["data"]["camera_image"]))
    assert np.array(filled).tobytes() == expected.tobytes()
