"""Regions of interest: their numbers stand in the events, beside those of the whole frame."""

import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
from bluesky.callbacks import LiveTable
from fronts_of import STREAM_FRONTS, fronts

from framestore import ROI
from framestore.ophyd import Camera

SPOT = ROI(x=2, y=1, width=3, height=4)


def expected(images):
    """What numpy says of the region in frames of a point, (frames, height, width)."""
    part = images[:, 1:5, 2:5].astype(np.int64)
    y, x = np.mgrid[1:5, 2:5]
    return {
        "mean": part.mean(),
        "max": part.max(),
        "sum": part.sum(),
        "centroid_x": (part * x).sum() / part.sum(),
        "centroid_y": (part * y).sum() / part.sum(),
    }


@fronts(*STREAM_FRONTS)
@pytest.mark.parametrize("roi", [SPOT, (2, 1, 3, 4), [2, 1, 3, 4]], ids=["ROI", "tuple", "list"])
@pytest.mark.parametrize("frames", [1, 3])
def test_their_numbers_are_those_of_their_pixels(run_engine, make_camera, documents, source, roi, frames, front):
    camera = make_camera(source, rois={"spot": roi}, frames_per_point=frames)
    run_engine(bp.count([camera], 4), documents)
    images = framestore_handlers.load(documents)["primary"][front.image("camera")].compute()
    for event, point in zip(documents.of("event"), images, strict=True):
        for statistic, value in expected(point).items():
            assert event["data"][front.number("camera", f"spot_{statistic}")] == pytest.approx(value, rel=1e-14)
        assert event["data"][front.number("camera", "mean")] == pytest.approx(point.mean())
        assert isinstance(event["data"][front.number("camera", "spot_sum")], int)


@fronts(*STREAM_FRONTS)
def test_the_chosen_statistics_of_several(run_engine, make_camera, documents, source, front):
    rois = {"spot": SPOT, "corner": ROI(x=0, y=0, width=1, height=1)}
    camera = make_camera(source, rois=rois, stats=("max",), hints=("max", "corner_max"))
    run_engine(bp.count([camera], 2), documents)
    (descriptor,) = documents.of("descriptor")
    numbers = [key for key in descriptor["data_keys"] if key.endswith("max")]
    assert sorted(numbers) == [front.number("camera", number) for number in ("corner_max", "max", "spot_max")]
    assert not [key for key in descriptor["data_keys"] if "mean" in key]
    assert descriptor["hints"]["camera"]["fields"] == [
        front.number("camera", number) for number in ("max", "corner_max")
    ]
    configuration = descriptor["configuration"]["camera"]
    assert configuration["data"][front.number("camera", "spot")] == [2, 1, 3, 4]
    assert configuration["data_keys"][front.number("camera", "spot")]["shape"] == [4]
    assert front.value(camera.corner_max) == source.expected(1)[0, 0]


def test_a_table_shows_what_is_hinted(run_engine, make_camera, source, capsys):
    camera = make_camera(source, rois={"spot": SPOT}, hints=("spot_mean",))
    run_engine(bp.count([camera], 1), LiveTable(["camera_spot_mean"]))
    assert f"{expected(source.expected(0)[np.newaxis])['mean']:.3f}" in capsys.readouterr().out


@fronts(*STREAM_FRONTS)
@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"rois": {"spot": (1, 2, 3)}}, TypeError, "region 'spot' must be a framestore.ROI, or .x, y, width, height."),
        ({"rois": {"spot": "all"}}, TypeError, "region 'spot' must be a framestore.ROI"),
        ({"rois": {"spot": (0, 0, 0, 1)}}, ValueError, "region 'spot': ROI: width must be a whole number"),
        ({"rois": {"spot": (0, -1, 1, 1)}}, ValueError, "region 'spot': ROI: y must be a whole number"),
        ({"rois": {"file_path": SPOT}}, ValueError, "has something else called 'file_path'.*otherwise"),
        ({"rois": {"spot": SPOT}, "stats": ()}, ValueError, "rois=.'spot'. with stats=.."),
        ({"rois": {"spot": SPOT}, "hints": ("hot_mean",)}, ValueError, "hints must be a sequence out of: .*spot_mean"),
    ],
)
def test_what_is_refused_at_once(make_camera, source, settings, error, message):
    with pytest.raises(error, match=message):
        make_camera(source, **settings)


@fronts(*STREAM_FRONTS)
@pytest.mark.parametrize("name", ["a spot", "1st", "a.b", ""])
def test_names_that_are_no_identifiers(make_camera, source, name):
    with pytest.raises(ValueError, match="camera: '.*' cannot name a ROI"):
        make_camera(source, rois={name: SPOT})


def test_one_that_leaves_the_frame_is_refused_at_stage(run_engine, make_camera, source):
    camera = make_camera(source, rois={"spot": ROI(x=5, y=0, width=4, height=1)})
    with pytest.raises(ValueError, match=r"camera: ROI 'spot' has columns 5 to 8 .*"):
        camera.stage()
    assert camera._staged.value == "no"


def test_beside_settings_and_in_a_subclass(run_engine, make_camera, documents):
    """Signals of the instance, of its source's settings, and of a class of the user's, together."""
    from ophyd import Component, Signal

    from framestore.sources import SimulatedSource

    class MyCamera(Camera):
        gate = Component(Signal, value=1, kind="config")

    source = SimulatedSource((8, 9), rate=1000)
    camera = make_camera(source, kind_of_camera=MyCamera, rois={"spot": SPOT}, name="mine")
    assert isinstance(camera, MyCamera)
    run_engine(bp.count([camera], 1), documents)
    data = documents.of("descriptor")[0]["configuration"]["mine"]["data"]
    assert {"mine_gate", "mine_spot", "mine_exposure_time", "mine_frames_per_point"} <= set(data)
    assert "mine_spot_mean" in documents.of("event")[0]["data"]
    assert not hasattr(make_camera(source, name="other"), "spot")


def test_regions_without_names_are_refused(make_camera, source):
    with pytest.raises(TypeError, match="camera: rois must be regions by name, such as"):
        make_camera(source, rois=[(0, 0, 2, 2)])
