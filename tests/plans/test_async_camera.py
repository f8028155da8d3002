"""The same plans with cameras of the ophyd-async front, alone and beside those of ophyd."""

from functools import partial

import bluesky.plans as bp
import bluesky.preprocessors as bpp
import h5py
import numpy as np
import pytest
from adjustable import Adjustable
from bluesky.utils import FailedStatus, RunEngineInterrupted
from numbered import NumberedSource
from ophyd_async.core import TriggerInfo
from tomography import DARK, FLAT, SAMPLE, Beamline, counts, in_a_run

from framestore.plans import in_run_wrapper, snapshot, time_series
from framestore.sources import SimulatedSource


@pytest.fixture
def beamline():
    return Beamline()


@pytest.mark.parametrize("frames", [1, 3])
def test_a_snapshot(run_engine, make_async, documents, frames):
    source = Adjustable()
    source.values["gain"] = 7
    eye = make_async(source, frames_per_point=frames)
    result = run_engine(snapshot(eye, exposure_time=0.05), documents).plan_result
    with h5py.File(result.files[0]) as file:
        np.testing.assert_array_equal(result.array, file["entry/data/data"][()])
    np.testing.assert_array_equal(result.array, np.full((frames, 5, 7), 7))
    assert (list(result.images), result.data["eye-mean"]) == (["eye"], 7)
    (descriptor,) = documents.of("descriptor")
    assert descriptor["configuration"]["eye"]["data"]["eye-exposure_time"] == 0.05
    assert source.values["exposure_time"] == 0.01


def test_a_snapshot_beside_a_camera_of_ophyd(run_engine, make_async, make_camera):
    sources = [NumberedSource((3, 4)), NumberedSource((5, 6))]
    result = run_engine(snapshot(make_async(sources[0]), make_camera(sources[1]))).plan_result
    for key, source in zip(("eye", "camera_image"), sources, strict=True):
        np.testing.assert_array_equal(result.images[key].frame, source.expected(0))


def test_darks_and_flats_of_a_scan(run_engine, make_async, documents, beamline):
    eye = make_async(beamline.grab)
    after = partial(beamline.dark_flat([eye]), darks=0, flat_stream="flat_after")
    scan = bp.scan([eye], beamline.rotation, 0, 180, 4)
    run_engine(in_run_wrapper(scan, before=beamline.dark_flat([eye]), after=after), documents)
    flats = [FLAT] * 3
    assert counts(documents) == {"dark": [DARK] * 2, "flat": flats, "primary": [SAMPLE] * 4, "flat_after": flats}
    assert beamline.is_ready


def test_darks_and_flats_around_a_time_series(run_engine, make_async, documents, beamline):
    eye = make_async(beamline.grab)

    def after():
        yield from beamline.dark_flat([eye], darks=0, flat_stream="flat_after")()

    series = time_series([eye], 6, flush_period=0.05)
    run_engine(in_run_wrapper(series, before=beamline.dark_flat([eye]), after=after), documents)
    flats = [FLAT] * 3
    assert counts(documents) == {"dark": [DARK] * 2, "flat": flats, "primary": [SAMPLE] * 6, "flat_after": flats}


def test_a_camera_that_fails(run_engine, make_async, beamline):
    beamline.fails_at(1)
    eye = make_async(beamline.grab)
    with pytest.raises(FailedStatus) as raised:
        run_engine(in_a_run(beamline.dark_flat([eye])(), eye))
    assert str(raised.value.__cause__) == "the cable was pulled"
    assert beamline.is_ready


@pytest.mark.parametrize("end", ["resume", "stop", "abort"])
def test_a_pause_in_the_middle(run_engine, make_async, documents, beamline, end):
    beamline.acts[1] = run_engine.request_pause
    eye = make_async(beamline.grab)
    with pytest.raises(RunEngineInterrupted):
        run_engine(in_a_run(beamline.dark_flat([eye])(), eye), documents)
    getattr(run_engine, end)()
    assert beamline.is_ready
    if end == "resume":
        assert counts(documents) == {"dark": [DARK] * 2, "flat": [FLAT] * 3}


@pytest.mark.parametrize("number", [8, TriggerInfo(number_of_events=8)])
def test_a_time_series(run_engine, make_async, documents, number):
    source = SimulatedSource((4, 5), rate=100.0)
    eye = make_async(source)
    run_engine(time_series([eye], number, period=0.02, exposure_time=0.005, flush_period=0.05), documents)
    (resource,) = documents.of("stream_resource")
    with h5py.File(resource["uri"].removeprefix("file://localhost")) as file:
        times = file["entry/instrument/detector/timestamp"][()]
    assert len(times) == 8
    assert np.diff(times).min() > 0.0199
    (descriptor,) = documents.of("descriptor")
    configuration = descriptor["configuration"]["eye"]["data"]
    assert (configuration["eye-exposure_time"], configuration["eye-frame_rate"]) == (0.005, 50.0)
    assert {name: source.settings[name].read() for name in ("exposure_time", "frame_rate")} == {
        "exposure_time": 0.01,
        "frame_rate": 100.0,
    }


def test_a_time_series_beside_a_camera_of_ophyd(run_engine, make_async, make_camera, documents):
    sources = [Adjustable((3, 4)), Adjustable((5, 6))]
    cameras = [make_async(sources[0]), make_camera(sources[1])]
    run_engine(time_series(cameras, 5, exposure_time=0.02, flush_period=0.05), documents)
    shapes = {}
    for resource in documents.of("stream_resource"):
        with h5py.File(resource["uri"].removeprefix("file://localhost")) as file:
            shapes[resource["data_key"]] = file["entry/data/data"].shape
    assert shapes == {"eye": (5, 3, 4), "camera_image": (5, 5, 6)}
    assert [source.values["exposure_time"] for source in sources] == [0.01, 0.01]


def test_settings_that_are_refused(run_engine, make_async, documents):
    """The other setting is put back; a camera without the setting is named."""
    source = Adjustable()
    source.values["exposure_time"] = 0.1
    eye = make_async(source)
    with pytest.raises(FailedStatus) as raised:
        run_engine(time_series([eye], 5, exposure_time=0.05, frame_rate=0.001), documents)
    assert "eye-frame_rate must be" in str(raised.value.__cause__)
    assert (source.values["exposure_time"], source.values["frame_rate"]) == (0.1, 20.0)
    with pytest.raises(ValueError, match="plain has no setting 'exposure_time'"):
        run_engine(time_series([eye, make_async(NumberedSource(), "plain")], 5, exposure_time=0.5), documents)
    assert not documents.pairs


def test_all_three_in_one_plan(run_engine, make_async, documents, beamline):
    eye = make_async(beamline.grab)

    def plan():
        yield from snapshot(eye)
        yield from in_run_wrapper(time_series([eye], 4, flush_period=0.05), before=beamline.dark_flat([eye]))
        yield from within()

    @bpp.run_decorator()
    def within():
        looks.append((yield from bpp.set_run_key_wrapper(snapshot(eye), "look")))

    looks = []
    run_engine(plan(), documents)
    assert (looks[0].frame == SAMPLE).all()
    assert [stop["exit_status"] for stop in documents.of("stop")] == ["success"] * 4
