"""The numbers of each event of an ophyd-async camera, and what it counts."""

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import numpy as np
import pytest
from bluesky.callbacks import LiveTable
from bluesky.callbacks.json_writer import JSONLinesWriter
from bluesky.utils import FailedStatus
from numbered import NumberedSource
from ophyd_async.core import TriggerInfo
from ophyd_async.sim import SimMotor

from framestore.frame import LostFramesError
from framestore.ophyd_async import Camera
from framestore.testing.known import KnownSource

ALL = ("mean", "max", "sum", "centroid_x", "centroid_y")


def numpys(frames):
    """The same of frames that were read back, (frames, height, width)."""
    y, x = np.indices(frames.shape[1:])
    total = frames.sum(dtype=float)
    return {
        "mean": frames.mean(),
        "max": frames.max(),
        "sum": total,
        "centroid_x": (frames * x).sum() / total,
        "centroid_y": (frames * y).sum() / total,
    }


@pytest.mark.parametrize("dtype", ["uint8", pytest.param("float32", marks=pytest.mark.slow)])
def test_they_are_those_of_the_frames_that_are_read_back(run_engine, make_async_camera, documents, dtype):
    spot = (1, 2, 3, 2)
    camera = make_async_camera(NumberedSource((6, 9), dtype), frames_per_point=3, rois={"spot": spot})
    run_engine(bp.count([camera], 3), documents)
    frames = framestore_handlers.load(documents)["primary"]["camera"].compute()
    for event, images in zip(documents.of("event"), frames, strict=True):
        data = {key.removeprefix("camera-"): value for key, value in event["data"].items()}
        assert {name: data[name] for name in ALL} == pytest.approx(numpys(images), rel=1e-6)
        within = numpys(images[:, 2:4, 1:4]) | {}
        within["centroid_x"] += 1
        within["centroid_y"] += 2
        assert {name: data[f"spot_{name}"] for name in ALL} == pytest.approx(within, rel=1e-6)


def test_whole_numbers_stay_whole(run_engine, make_async_camera, documents):
    camera = make_async_camera(NumberedSource())
    run_engine(bp.count([camera], 2), documents)
    (descriptor,) = documents.of("descriptor")
    kinds = {name: descriptor["data_keys"][f"camera-{name}"]["dtype"] for name in (*ALL, "frames_dropped")}
    assert kinds == dict.fromkeys(ALL, "number") | {"max": "integer", "sum": "integer", "frames_dropped": "integer"}
    for event in documents.of("event"):
        assert {name: type(event["data"][f"camera-{name}"]) for name in kinds} == {
            name: int if kind == "integer" else float for name, kind in kinds.items()
        }


def test_hints_and_what_stats_leave_out(make_async_camera, in_loop):
    source = NumberedSource()
    assert make_async_camera(source).hints == {"fields": ["camera-mean"]}
    assert make_async_camera(source, stats=(), hints=("mean",)).hints == {"fields": []}
    camera = make_async_camera(source, stats=("max", "sum"), hints=("sum", "spot_max"), rois={"spot": (0, 0, 2, 2)})
    assert camera.hints == {"fields": ["camera-sum", "camera-spot_max"]}
    assert set(in_loop(camera.describe)) >= {"camera-max", "camera-sum", "camera-spot_max", "camera-spot_sum"}
    assert "camera-mean" not in in_loop(camera.describe)


def test_a_table_shows_them(run_engine, make_async_camera, capsys, in_loop):
    camera, motor = make_async_camera(NumberedSource((4, 4))), SimMotor(name="x")
    in_loop(motor.connect)
    run_engine(bp.scan([camera], motor, 0, 1, 2), LiveTable(["x", "camera-mean"]))
    assert "camera-mean" in capsys.readouterr().out


def test_documents_can_be_written_as_json(run_engine, make_async_camera, tmp_path):
    camera = make_async_camera(NumberedSource(), rois={"spot": (0, 0, 2, 2)})
    run_engine(bp.count([camera], 2), JSONLinesWriter(str(tmp_path), filename="run.jsonl"))
    run = framestore_handlers.load(tmp_path / "run.jsonl")
    assert run["primary"]["camera"].shape == (2, 1, 5, 7)


def test_frames_that_are_counted(run_engine, make_async_camera, in_loop):
    camera = make_async_camera(NumberedSource(), frames_per_point=3)
    counted = []

    def look():
        counted.append((yield from bps.rd(camera.frames_written)))

    def plan():
        yield from look()
        for _ in range(2):
            yield from bps.trigger_and_read([camera])
            yield from look()

    run_engine(bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera]))
    assert counted == [0, 3, 6]
    assert in_loop(camera.frames_written.get_value) == 6


def test_they_are_told_to_who_subscribes(run_engine, make_async_camera, in_loop):
    camera, told = make_async_camera(NumberedSource()), []

    async def subscribe():
        camera.frames_written.subscribe_reading(lambda reading: told.append(reading["camera-frames_written"]["value"]))

    in_loop(subscribe())
    run_engine(bp.count([camera], 3))
    assert told == sorted(told)
    assert told[-1] == 3


def test_lost_frames_are_counted_where_that_is_wanted(run_engine, make_async_camera, documents, in_loop):
    source = KnownSource()
    camera = make_async_camera(source, on_dropped="record", frames_per_point=2)
    source.lose(1)
    source.lose(4)
    run_engine(bp.count([camera], 3), documents)
    assert [event["data"]["camera-frames_dropped"] for event in documents.of("event")] == [1, 1, 0]
    assert in_loop(camera.total_frames_dropped.get_value) == 2
    assert in_loop(camera.frames_written.get_value) == 6
    frames = framestore_handlers.load(documents)["primary"]["camera"].compute()
    expected = [source.frame(k) for k in (0, 2, 3, 5, 6, 7)]
    np.testing.assert_array_equal(frames.reshape(-1, *source.shape), expected)


def test_lost_frames_fail_the_point_otherwise(run_engine, make_async_camera, in_loop):
    source = KnownSource()
    camera = make_async_camera(source)
    source.lose(1)
    with pytest.raises(FailedStatus) as raised:
        run_engine(bp.count([camera], 3))
    assert isinstance(raised.value.__cause__, LostFramesError)
    assert in_loop(camera.total_frames_dropped.get_value) == 1


def test_those_of_a_burst_that_is_prepared(run_engine, make_async_camera, documents):
    source = NumberedSource()
    camera = make_async_camera(source)

    def plan():
        yield from bps.prepare(camera, TriggerInfo(collections_per_event=4), wait=True)
        yield from bps.trigger_and_read([camera])

    run_engine(bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera]), documents)
    expected = numpys(np.array([source.expected(k) for k in range(4)]))
    data = documents.of("event")[0]["data"]
    assert {name: data[f"camera-{name}"] for name in ALL} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"rois": {"spot": (1, 2, 3)}}, TypeError, "region 'spot' must be a framestore.ROI, or .x, y, width, height."),
        ({"rois": {"name": (0, 0, 1, 1)}}, ValueError, "has something else called 'name'"),
        ({"rois": {"gain": (0, 0, 1, 1)}, "stats": ()}, ValueError, "stats=.."),
        ({"hints": ("median",)}, ValueError, "hints must be a sequence out of"),
        ({"stats": ("median",)}, ValueError, "stats must be"),
        ({"frames_per_point": 0}, ValueError, "frames_per_point must be a whole number from 1 on, not 0"),
        ({"exposures_per_frame": 1.5}, ValueError, "exposures_per_frame must be a whole number from 1 on, not 1.5"),
        ({"on_dropped": "ignore"}, ValueError, "on_dropped must be one of: fail, record"),
        ({"format": "bmp"}, ValueError, "hdf5"),
        ({"timeout": 0}, ValueError, "timeout must be a number of seconds above 0, or None, not 0"),
        ({"settle_time": -1}, ValueError, "settle_time must be a number of seconds from 0 on, not -1"),
    ],
)
def test_what_is_refused_at_once(settings, error, message):
    with pytest.raises(error, match=message):
        Camera(NumberedSource(), lambda datakey_name=None: None, **settings)
