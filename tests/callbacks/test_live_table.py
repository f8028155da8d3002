"""LiveTable: its printed rows are the numbers of the frames that are read back."""

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import numpy as np
import pytest
from bluesky.callbacks import LiveTable
from ophyd.sim import motor, motor1, motor2

NUMBERS = ["camera_mean", "camera_max", "camera_sum", "camera_centroid_x", "camera_centroid_y"]
# LiveTable says of each image that it has no column for it, whatever the detector.
pytestmark = pytest.mark.filterwarnings("ignore:The key camera_image will be skipped")


@pytest.fixture
def table(capsys):
    """The columns of what was printed since: lists of strings by heading."""

    def read():
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
        headings, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        assert len(set(headings)) == len(headings)
        assert {len(row) for row in rows} <= {len(headings)}
        return {heading: [row[column] for row in rows] for column, heading in enumerate(headings)}

    return read


def assert_shows(table, numbers, *keys):
    for key in keys:
        np.testing.assert_allclose(np.array(table[key], float), numbers[key], atol=0.0005000001, err_msg=key)


def test_devices_whose_camera_was_never_staged(engine, camera, table, numbers):
    engine(bp.scan([camera], motor, -1, 1, 5), LiveTable([camera, motor]))
    shown = table()
    assert sorted(shown) == sorted([*NUMBERS, "seq_num", "time", "camera_frames_dropped", "motor", "motor_setpoint"])
    assert_shows(shown, numbers(), *NUMBERS)
    assert shown["seq_num"] == ["1", "2", "3", "4", "5"]
    assert shown["motor"] == ["-1.000", "-0.500", "0.000", "0.500", "1.000"]
    assert shown["camera_frames_dropped"] == ["0"] * 5


def test_devices_whose_camera_was_staged_before(engine, camera, table, numbers):
    engine(bp.count([camera]))
    engine(bp.count([camera], 3), LiveTable([camera]))
    shown = table()
    assert "camera_image" not in shown
    assert_shows(shown, numbers(), *NUMBERS)


def test_the_image_has_no_column_and_that_is_said_once_a_run(engine, camera, table):
    with pytest.warns(UserWarning, match="camera_image will be skipped.*dtype array") as warned:
        engine(bp.count([camera], 4), LiveTable([camera]))
    assert len([warning for warning in warned if "camera_image" in str(warning.message)]) == 1
    assert len(table()["seq_num"]) == 4


@pytest.mark.filterwarnings("error::UserWarning")
def test_fields_by_name_without_a_warning(engine, camera, table, numbers):
    engine(bp.count([camera], 3), LiveTable(["camera_mean", "camera_centroid_x"]))
    shown = table()
    assert list(shown) == ["seq_num", "time", "camera_mean", "camera_centroid_x"]
    assert_shows(shown, numbers(), "camera_mean", "camera_centroid_x")


def test_no_columns(engine, camera, table):
    engine(bp.count([camera], 3), LiveTable([]))
    shown = table()
    assert list(shown) == ["seq_num", "time"]
    assert len(shown["time"]) == 3


@pytest.mark.parametrize(
    ("plan", "fields", "rows"),
    [
        (lambda camera: bp.count([camera], 3), ["camera_mean"], 3),
        (lambda camera: bp.scan([camera], motor, 0, 1, 3), ["motor", "camera_sum"], 3),
        (lambda camera: bp.rel_scan([camera], motor, -0.5, 0.5, 3), ["motor", "camera_max"], 3),
        (
            lambda camera: bp.grid_scan([camera], motor1, 0, 1, 2, motor2, 0, 1, 3),
            ["motor1", "motor2", "camera_centroid_y"],
            6,
        ),
    ],
    ids=["count", "scan", "rel_scan", "grid_scan"],
)
def test_plans(engine, make_spot_camera, table, numbers, plan, fields, rows):
    engine(plan(make_spot_camera(motor, motor2)), LiveTable(fields))
    shown = table()
    assert len(shown["seq_num"]) == rows
    assert_shows(shown, numbers(), fields[-1])


def test_bursts(engine, make_spot_camera, table, numbers):
    engine(bp.count([make_spot_camera(frames_per_point=3)], 2), LiveTable(["camera_mean", "camera_sum"]))
    assert_shows(table(), numbers(), "camera_mean", "camera_sum")


def test_only_the_numbers_that_the_camera_computes(engine, make_spot_camera, table, numbers):
    camera = make_spot_camera(stats=("max",))
    engine(bp.count([camera], 2), LiveTable([camera]))
    shown = table()
    assert list(shown) == ["seq_num", "time", "camera_frames_dropped", "camera_max"]
    assert_shows(shown, numbers(), "camera_max")


def test_a_plan_with_its_own_table(engine, camera, table, documents, numbers):
    """The table asks the camera for its data keys in the RunEngine's own thread, where the camera listens closely."""

    def scan_with_table(detectors, motor, *args):
        columns = LiveTable([motor, *detectors])

        @bpp.subs_decorator(columns)
        def inner():
            return (yield from bp.scan(detectors, motor, *args))

        return (yield from inner())

    for _ in range(2):
        engine(scan_with_table([camera], motor, 0, 1, 3))
        assert_shows(table(), numbers(), *NUMBERS)
    assert len(documents.of("resource", "stream_resource")) == 2


def test_tables_made_at_any_moment_of_a_plan_leave_files_and_streams_as_they_are(engine, camera, documents, files):
    def ask():
        yield from bps.null()
        LiveTable([camera])

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        yield from ask()
        for stream in ("dark", "dark", "primary", "primary"):
            yield from ask()
            yield from bps.trigger(camera, wait=True)
            yield from ask()
            yield from bps.create(stream)
            yield from ask()
            yield from bps.read(camera)
            yield from ask()
            yield from bps.save()
        yield from ask()

    engine(plan())
    assert documents.of("stop")[0]["num_events"] == {"dark": 2, "primary": 2}
    assert len(documents.of("resource", "stream_resource")) == len(files()) == 2


def test_two_tables_of_two_streams(engine, camera, capsys, numbers):
    tables = [LiveTable(["camera_mean"], stream_name=stream, out=print) for stream in ("dark", "primary")]

    @bpp.stage_decorator([camera])
    @bpp.run_decorator(md={"plan_name": "dark_and_primary"})
    def plan():
        for stream in ("dark", "dark", "primary"):
            yield from bps.trigger_and_read([camera], name=stream)

    engine(plan(), tables)
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|") and "seq_num" not in line]
    shown = [float(row.strip("|").split("|")[-1]) for row in rows]
    np.testing.assert_allclose(
        shown, [*numbers("dark")["camera_mean"], *numbers("primary")["camera_mean"]], atol=0.0005000001
    )
