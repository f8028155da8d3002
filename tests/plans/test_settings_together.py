"""Settings that a camera cannot have together, or not at all: the plan says so, and does not go on with others."""

import bluesky.plan_stubs as bps
import pytest
from adjustable import Adjustable

from framestore.plans import settings_wrapper, snapshot, time_series
from framestore.sources import SimulatedSource


class Silent(Adjustable):
    """It needs 50 ms from exposure to exposure, has no gain above 10, and says nothing when it is asked for others."""

    def _set(self, name, value):
        super()._set(name, min(value, 10) if name == "gain" else value)
        self.values["frame_rate"] = min(self.values["frame_rate"], 1 / (self.values["exposure_time"] + 0.05))


@pytest.fixture(params=["ophyd", "ophyd-async"])
def make(request):
    return request.getfixturevalue("make_camera" if request.param == "ophyd" else "make_async")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"frame_rate": 5.0, "exposure_time": 0.2}, "lazy: frame_rate is 4.0 after 5.0 was set; settings limit each"),
        ({"gain": 20}, "lazy: gain is 10 after 20 was set"),
        ({"exposure_time": 0.104}, "lazy: exposure_time is 0.1 after 0.104 was set"),
    ],
)
def test_what_a_camera_has_instead(run_engine, make, asked, message):
    """Camera, setting and both values; all is put back, also of the camera that did as it was told."""
    sources = [Adjustable(), Silent()]
    sources[1].values["frame_rate"] = 10.0
    before = [dict(source.values) for source in sources]
    cameras = [make(source, name=name) for source, name in zip(sources, ("one", "lazy"), strict=True)]
    begun = []

    def plan():
        begun.append(True)
        yield from bps.null()

    with pytest.raises(ValueError, match=message):
        run_engine(settings_wrapper(plan(), cameras, **asked))
    assert not begun
    assert [source.values for source in sources] == before


def test_what_is_rounded_by_little_is_as_asked(run_engine, make_camera):
    source, during = Adjustable(), []

    def plan():
        during.append((source.values["exposure_time"], source.values["gain"]))
        yield from bps.null()

    run_engine(settings_wrapper(plan(), [make_camera(source)], exposure_time=0.1004, gain=3.0))
    assert during == [(0.1, 3)]


@pytest.mark.parametrize("asked", [{"frame_rate": 50, "exposure_time": 0.1}, {"exposure_time": 0.1, "frame_rate": 50}])
def test_an_exposure_longer_than_the_period_is_refused_before(make_camera, asked):
    camera = make_camera(SimulatedSource((4, 5), rate=100.0))
    plan = settings_wrapper((message for message in ()), [camera], **asked)
    with pytest.raises(ValueError, match="an exposure of 0.1 s does not fit into a period of 0.02 s, .* 50 Hz"):
        next(plan)


def test_plans_that_set(run_engine, make_camera, documents):
    """No run is begun with other settings than were asked for."""
    source = Silent()
    source.values["frame_rate"] = 10.0
    before, camera = dict(source.values), make_camera(source)
    for plan in (time_series([camera], 5, period=0.2, exposure_time=0.2), snapshot(camera, exposure_time=0.104)):
        with pytest.raises(ValueError, match=r"camera: .* is .* after .* was set"):
            run_engine(plan, documents)
        assert source.values == before
    assert not documents.pairs
