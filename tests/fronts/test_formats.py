"""A camera writes each format in runs, by both families of documents; ``load`` and event-model's Filler read them."""

import bluesky.plans as bp
import event_model
import numpy as np
import pytest
from framestore_handlers import handler_registry
from fronts_of import OPHYD, OPHYD_ASYNC, OPHYD_DATUM, fronts
from numbered import NumberedSource
from ways import WAYS

POINTS = 3
FORMATS = [name for name in WAYS if not name.startswith("saved")]
FORMS = [((8, 16), "uint8"), ((8, 16, 3), "uint8"), ((8, 16), "uint16"), ((5, 7, 3), "uint16")]


@pytest.mark.parametrize("frames_per_point", [1, 3])
@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
@pytest.mark.parametrize(("shape", "dtype"), FORMS, ids=["grey", "colour", "grey of 16 bit", "colour of 16 bit"])
@pytest.mark.parametrize("name", FORMATS)
def test_what_a_run_holds(run_engine, make_camera, documents, name, shape, dtype, front, frames_per_point):
    way = WAYS[name](NumberedSource(shape, dtype))
    settings = {**way.settings, "frames_per_point": frames_per_point}
    if name == "jpeg" and dtype == "uint16":
        with pytest.raises(ValueError, match=r"cannot hold frames of shape \(., .*\) and dtype uint16"):
            make_camera(way.source, **settings)
        return
    run_engine(bp.count([make_camera(way.source, **settings)], POINTS), documents)
    expected = np.array([way.expected(k) for k in range(POINTS * frames_per_point)], dtype)
    expected = expected.reshape(POINTS, frames_per_point, *shape)
    data_key = documents.of("descriptor")[0]["data_keys"][front.image("camera")]
    assert data_key["shape"] == [frames_per_point, *shape]
    assert np.dtype(data_key["dtype_numpy"]) == dtype
    images = way.load(documents)["primary"][front.image("camera")].compute()
    assert images.dtype == dtype
    np.testing.assert_array_equal(images, expected)
    if front.family == "datum":
        np.testing.assert_array_equal(filled(documents), expected)


def filled(documents):
    """The images of all events, as event-model's Filler puts them in."""
    with event_model.Filler(handler_registry, inplace=False) as filler:
        pairs = [filler(name, document) for name, document in documents]
    return np.array([document["data"]["camera_image"] for name, document in pairs if name == "event"])
