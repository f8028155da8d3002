"""An ophyd-async camera in mock mode: plans run through with complete documents, and nothing else happens."""

import asyncio
from collections import defaultdict

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import numpy as np
import pytest
from adjustable import Adjustable
from bluesky.utils import FailedStatus
from ophyd_async.core import (
    DetectorTrigger,
    TriggerInfo,
    callback_on_mock_put,
    get_mock,
    get_mock_put,
    init_devices,
    mock_puts_blocked,
    set_mock_value,
)
from ophyd_async.sim import SimMotor
from ophyd_async.testing import (
    assert_configuration,
    assert_describe_signal,
    assert_emitted,
    assert_has_calls,
    assert_reading,
    assert_value,
    partial_reading,
)
from slow import slow

from framestore.formats import HDF5
from framestore.ophyd_async import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.sources import CallableSource, SavingSource


class Untouched:
    """A source that must not be called."""

    shape, dtype = (4, 6), np.dtype("uint8")

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        self.calls.append(name)
        raise AssertionError(name)

    @property
    def settings(self):
        self.calls.append("settings")
        return {}

    def start(self):
        self.calls.append("start")

    def next_frame(self, timeout):
        self.calls.append("next_frame")

    def stop(self):
        self.calls.append("stop")


@pytest.fixture
def nowhere(tmp_path):
    """A path provider for a folder that cannot be made."""
    (tmp_path / "file").write_text("a file, not a folder")
    yield StaticPathProvider(UUIDFilenameProvider(), tmp_path / "file" / "folder")
    assert [path.name for path in tmp_path.rglob("*")] == ["file"], "something was written"


@pytest.fixture
def source():
    source = Untouched()
    yield source
    assert not source.calls, "the source was touched"


@pytest.fixture
def camera(make_async_camera, source, nowhere, threads_of_cameras):
    yield make_async_camera(source, mock=True, path_provider=nowhere)
    assert not threads_of_cameras()


def flown(camera, *values, stream="primary"):
    """A fly scan for each of some values to prepare, in one staging and one run."""

    def plan():
        for value in values:
            yield from bps.prepare(camera, value, wait=True)
            if value is values[0]:
                yield from bps.declare_stream(camera, name=stream, collect=True)
            yield from bps.kickoff(camera, wait=True)
            yield from bps.collect_while_completing([camera], [camera], flush_period=0.05, stream_name=stream)

    return bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera])


def indices(documents):
    return [(doc["indices"]["start"], doc["indices"]["stop"]) for doc in documents.of("stream_datum")]


def test_a_count_has_the_documents_of_a_real_one(run_engine, camera, documents):
    run_engine(bp.count([camera], 3), documents)
    names = ["start", "descriptor", "stream_resource", *["stream_datum", "event"] * 3, "stop"]
    assert documents.names == names
    key = documents.of("descriptor")[0]["data_keys"]["camera"]
    assert (key["shape"], key["dtype_numpy"], key["external"]) == ([1, 4, 6], "|u1", "STREAM:")
    assert indices(documents) == [(0, 1), (1, 2), (2, 3)]
    assert {key: value["dtype"] for key, value in documents.of("descriptor")[0]["data_keys"].items()} == {
        "camera": "array",
        "camera-mean": "number",
        "camera-max": "integer",
        "camera-sum": "integer",
        "camera-centroid_x": "number",
        "camera-centroid_y": "number",
        "camera-frames_dropped": "integer",
    }


def test_a_grid_with_motors_in_mock_mode(run_engine, nowhere, source, documents):
    with init_devices(mock=True):
        camera = Camera(source, nowhere, frames_per_point=3)
        x, y = SimMotor(), SimMotor()
    run_engine(bp.grid_scan([camera], x, 0, 1, 2, y, 0, 1, 3), documents)
    assert documents.of("descriptor")[0]["data_keys"]["camera"]["shape"] == [3, 4, 6]
    assert len(documents.of("event")) == len(documents.of("stream_datum")) == 6


def test_the_helpers_of_ophyd_async_for_tests(run_engine, camera, in_loop):
    docs = defaultdict(list)
    run_engine(bp.count([camera], 2), lambda name, doc: docs[name].append(doc))
    assert_emitted(docs, start=1, descriptor=1, stream_resource=1, stream_datum=2, event=2, stop=1)
    numbers = {f"camera-{name}": partial_reading(0) for name in ("mean", "max", "sum", "centroid_x", "centroid_y")}
    in_loop(assert_reading(camera, numbers | {"camera-frames_dropped": partial_reading(0)}))
    path = in_loop(camera.file_path.get_value)
    assert path.endswith(".h5")
    in_loop(
        assert_configuration(
            camera,
            {
                "camera-frames_per_point": partial_reading(1),
                "camera-exposures_per_frame": partial_reading(1),
                "camera-format": partial_reading("hdf5"),
                "camera-file_path": partial_reading(path),
                "camera-total_frames_dropped": partial_reading(0),
                "camera-exposure_time": partial_reading(0.1),
                "camera-frame_rate": partial_reading(10.0),
                "camera-gain": partial_reading(1.0),
                "camera-pixel_format": partial_reading("Mono16"),
                "camera-trigger_mode": partial_reading("internal"),
            },
        )
    )
    in_loop(assert_value(camera.frames_written, 2))
    in_loop(assert_describe_signal(camera.exposure_time, dtype="number", dtype_numpy="<f8", shape=[], units="s"))


def test_values_that_a_test_sets_stand_in_the_documents(run_engine, camera, documents, in_loop):
    values = iter((1.5, np.float64(2.5), 3))

    def plan():
        def point(detectors):
            set_mock_value(camera.mean, next(values))
            return (yield from bps.one_shot(detectors))

        yield from bp.count([camera], 3, per_shot=point)

    run_engine(plan(), documents)
    assert [event["data"]["camera-mean"] for event in documents.of("event")] == [1.5, 2.5, 3]


def test_values_that_a_test_sets_before_stand_in_the_documents(run_engine, camera, documents):
    set_mock_value(camera.mean, 7.5)
    run_engine(bp.count([camera]), documents)
    assert documents.of("event")[0]["data"]["camera-mean"] == 7.5


def test_settings_are_set_and_tell_of_it(run_engine, camera, in_loop):
    seen = []
    with callback_on_mock_put(camera.gain, seen.append):
        run_engine(bps.mv(camera.gain, 7.0, camera.exposure_time, 0.5, camera.frames_per_point, 2))
    assert seen == [7.0]
    in_loop(assert_value(camera.exposure_time, 0.5))
    get_mock_put(camera.exposure_time).assert_called_once_with(0.5)
    assert {str(call) for call in get_mock(camera).mock_calls} == {
        "call.gain.put(7.0)",
        "call.exposure_time.put(0.5)",
        "call.frames_per_point.put(2)",
    }
    get_mock(camera).reset_mock()
    assert_has_calls(camera, [])


def test_a_put_that_is_blocked_is_waited_for(run_engine, camera, in_loop):
    async def blocked():
        with mock_puts_blocked(camera.gain):
            status = camera.gain.set(3.0)
            await asyncio.sleep(0)
            assert not status.done
        await status

    in_loop(blocked())


def test_what_a_trigger_info_asks_for_is_set(run_engine, camera, in_loop, documents):
    info = TriggerInfo(number_of_events=4, collections_per_event=3, livetime=0.2, deadtime=0.3)
    run_engine(flown(camera, info, 2), documents)
    assert documents.names == ["start", "descriptor", "stream_resource", "stream_datum", "stream_datum", "stop"]
    assert documents.of("descriptor")[0]["data_keys"]["camera"]["shape"] == [3, 4, 6]
    assert indices(documents) == [(0, 4), (4, 6)]
    in_loop(assert_value(camera.exposure_time, 0.2))
    in_loop(assert_value(camera.frame_rate, 2.0))


@pytest.mark.parametrize("value", [5, 0, *slow({"number_of_events": 3}, TriggerInfo(number_of_events=0))])
def test_a_fly_scan(run_engine, camera, documents, value):
    run_engine(flown(camera, value), documents)
    assert documents.names == ["start", "descriptor", "stream_resource", "stream_datum", "stop"]
    asked = value if isinstance(value, int) else dict(value)["number_of_events"]
    assert indices(documents) == [(0, asked or 1)]


@pytest.mark.parametrize("trigger", [DetectorTrigger.EXTERNAL_EDGE, *slow(DetectorTrigger.EXTERNAL_LEVEL)])
def test_a_fly_scan_that_pulses_would_drive(run_engine, camera, documents, in_loop, trigger):
    info = TriggerInfo(number_of_events=4, collections_per_event=2, trigger=trigger)
    run_engine(flown(camera, info), documents)
    assert indices(documents) == [(0, 4)]
    get_mock_put(camera.trigger_mode).assert_any_call(trigger.name.lower())
    in_loop(assert_value(camera.trigger_mode, "internal"))


def test_a_burst_that_is_triggered(run_engine, camera, documents):
    def plan():
        yield from bps.prepare(camera, TriggerInfo(collections_per_event=5), wait=True)
        for _ in range(2):
            yield from bps.trigger_and_read([camera])

    run_engine(bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera]), documents)
    assert documents.of("descriptor")[0]["data_keys"]["camera"]["shape"] == [5, 4, 6]
    assert len(documents.of("event")) == 2


def test_the_same_refusals_as_of_a_real_one(run_engine, camera, in_loop):
    with pytest.raises(RuntimeError, match="camera: trigger before stage"):
        in_loop(camera.trigger)
    with pytest.raises(FailedStatus) as raised:
        run_engine(bps.mv(camera.frames_per_point, 0))
    assert "camera-frames_per_point must be a whole number from 1 on, not 0" in str(raised.value.__cause__)
    with pytest.raises(FailedStatus) as raised:
        run_engine(flown(camera, {"number_of_frames": 3}))
    assert "camera: prepare takes a TriggerInfo" in str(raised.value.__cause__)


def test_a_source_that_does_not_know_its_frames(run_engine, make_async_camera, nowhere, documents):
    def grab():
        raise AssertionError

    camera = make_async_camera(CallableSource(grab), mock=True, path_provider=nowhere)
    run_engine(bp.count([camera]), documents)
    assert documents.of("descriptor")[0]["data_keys"]["camera"]["shape"] == [1, 1, 1]


@pytest.mark.parametrize("kind", ["tiff", *slow("tiff_stack", "jpeg", "png", "zarr", HDF5())], ids=str)
def test_every_format(run_engine, make_async_camera, nowhere, source, documents, kind):
    camera = make_async_camera(source, mock=True, path_provider=nowhere, format=kind, frames_per_point=2)
    run_engine(bp.count([camera], 2), documents)
    assert len(documents.of("event")) == 2
    documents.clear()
    run_engine(flown(camera, 3), documents)
    assert indices(documents) == [(0, 3)]


def test_hardware_that_saves_its_own_files(run_engine, make_async_camera, nowhere, documents):
    def acquire_image(path):
        raise AssertionError

    source = SavingSource(acquire_image, shape=(4, 6))
    camera = make_async_camera(source, mock=True, path_provider=nowhere, format="tiff", stats=())
    run_engine(bp.count([camera], 2), documents)
    assert documents.of("descriptor")[0]["data_keys"]["camera"]["shape"] == [1, 4, 6]


def test_two_streams_and_two_runs_in_one_staging(run_engine, camera, documents):
    def plan():
        for _ in range(2):
            yield from bps.open_run()
            for stream in ("dark", "primary"):
                yield from bps.trigger_and_read([camera], name=stream)
            yield from bps.close_run()

    run_engine(bpp.stage_wrapper(plan(), [camera]), documents)
    resources = [doc["uid"] for doc in documents.of("stream_resource")]
    assert len(resources) == 4
    assert [doc["stream_resource"] for doc in documents.of("stream_datum")] == resources


def test_without_a_run_engine(source, nowhere, run_async):
    async def main():
        async with init_devices(mock=True):
            camera = Camera(source, nowhere)
        await camera.stage()
        await camera.trigger()
        documents = [pair async for pair in camera.collect_asset_docs()]
        await assert_value(camera.frames_written, 1)
        await camera.unstage()
        return camera.name, [name for name, _ in documents]

    assert run_async(main) == ("camera", ["stream_resource", "stream_datum"])


def test_a_source_with_settings_is_not_asked_for_them(run_engine, make_async_camera, nowhere):
    source = Adjustable()
    camera = make_async_camera(source, mock=True, path_provider=nowhere)
    run_engine(bps.mv(camera.gain, 3.0, camera.pixel_format, "Mono8"))
    run_engine(bp.count([camera]))
    assert not source.threads
    assert source.values["gain"] == 1
