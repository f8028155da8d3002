"""What is shown when somebody opens the file: found as nexusformat finds it, and as NeXus' own words say."""

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import framestore_handlers
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from nexusformat.nexus import nxload
from numbered import NumberedSource
from ophyd.sim import SynAxis, SynSignal
from slow import slow

mpl.use("Agg")


@pytest.fixture
def product(motors):
    """A detector: 10 times where the first motor is, plus where the second is."""
    first, second = motors
    return SynSignal(name="product", func=lambda: 10.0 * first.position + second.position, kind="hinted")


@pytest.fixture(autouse=True)
def no_figures():
    yield
    plt.close("all")


def test_frames_of_a_scan(make_camera, record, export, motors):
    source = NumberedSource((6, 8))
    run = record(bp.scan([make_camera(source)], motors[0], -1, 1, 3))
    root = nxload(export(run))
    assert root.get_default().nxpath == "/entry/data"
    shown = root.plottable_data
    assert shown.nxsignal.nxname == "camera_image"
    assert shown.nxaxes[0].nxname == "motor1"
    np.testing.assert_array_equal(shown.nxaxes[0].nxdata, [-1, 0, 1])
    np.testing.assert_array_equal(root.entry.data[1].nxsignal.nxdata, source.expected(1))
    root.entry.data[1].plot()
    pixels = [np.ravel(image.get_array()) for image in (*plt.gca().images, *plt.gca().collections)]
    np.testing.assert_array_equal(pixels, [np.ravel(source.expected(1))])


@pytest.mark.parametrize("snake", [False, True])
def test_a_whole_grid_is_a_map(record, export, motors, product, snake):
    run = record(bp.grid_scan([product], motors[0], 0, 1, 2, motors[1], 2, 6, 3, snake))
    root = nxload(export(run))
    shown = root.plottable_data
    assert shown.nxpath == "/entry/grid"
    assert [axis.nxname for axis in shown.nxaxes] == ["motor1", "motor2"]
    np.testing.assert_array_equal(shown.nxaxes[0].nxdata, [0, 1])
    np.testing.assert_array_equal(shown.nxaxes[1].nxdata, [2, 4, 6])
    np.testing.assert_array_equal(shown.nxsignal.nxdata, [[2, 4, 6], [12, 14, 16]])
    root.plot()
    in_order = root.entry.data
    assert [name for name in in_order.attrs if name.endswith("_indices")] == ["motor1_indices", "motor2_indices"]
    np.testing.assert_array_equal(in_order.product.nxdata, [2, 4, 6, 16, 14, 12] if snake else [2, 4, 6, 12, 14, 16])


@pytest.mark.parametrize("snake", [(False, True, True), *slow((False, True, False), (False, False, True))])
def test_a_grid_of_three_motors(record, export, motors, snake):
    third = SynAxis(name="motor3")
    axes = [(motors[0], 0, 2, 3), (motors[1], 0, 1, 2, snake[1]), (third, 0, 3, 4, snake[2])]
    detector = SynSignal(name="sum", func=lambda: 100 * motors[0].position + 10 * motors[1].position + third.position)
    run = record(bp.grid_scan([detector], *(value for axis in axes for value in axis)))
    shown = nxload(export(run)).plottable_data
    first, second, last = np.ogrid[0:3, 0:2, 0:4]
    np.testing.assert_array_equal(shown.nxsignal.nxdata, 100 * first + 10 * second + last)


@pytest.mark.parametrize("snake", [True, False])
def test_a_grid_of_lists_is_a_map_whether_it_snakes_or_not(record, export, motors, product, snake):
    """Its start document does not say."""
    plan = bp.list_grid_scan([product], motors[0], [1.0, 3.0, 4.0], motors[1], [0.0, 5.0], snake_axes=snake)
    run = record(plan)
    shown = nxload(export(run)).plottable_data
    assert shown.nxpath == "/entry/grid"
    np.testing.assert_array_equal(shown.nxaxes[0].nxdata, [1, 3, 4])
    np.testing.assert_array_equal(shown.nxsignal.nxdata, [[10, 15], [30, 35], [40, 45]])


def test_frames_come_before_a_map(make_camera, record, export, motors, product):
    run = record(bp.grid_scan([make_camera(NumberedSource()), product], motors[0], 0, 1, 2, motors[1], 0, 1, 2))
    root = nxload(export(run))
    assert root.plottable_data.nxpath == "/entry/data"
    assert root.entry.grid.nxsignal.nxname == "camera_mean"
    assert root.entry.grid.attrs["auxiliary_signals"] == "product"
    np.testing.assert_array_equal(root.entry.grid["product"].nxdata, [[0, 1], [10, 11]])


def test_a_grid_that_was_left_is_no_map(run_engine, record, export, motors, product):
    def left():
        for message in bp.grid_scan([product], motors[0], 0, 1, 2, motors[1], 0, 1, 2):
            if message.command == "checkpoint" and motors[0].position == 1:
                return (yield from bps.close_run())
            yield message
        return None

    run = record(left())
    assert len(run["primary"]) < 4
    root = nxload(export(run))
    assert "grid" not in root.entry
    assert root.plottable_data.nxpath == "/entry/data"


def test_positions_that_are_no_grid_are_no_map(record, export, motors, product):
    """The start document says that it is one, the motors did not go that way."""

    def wander():
        metadata = {
            "motors": ["motor1", "motor2"],
            "shape": (2, 2),
            "hints": {"gridding": "rectilinear", "dimensions": [(["motor1"], "primary"), (["motor2"], "primary")]},
        }
        yield from bps.open_run(metadata)
        for x, y in ((0, 0), (1, 1), (0, 1), (1, 0)):
            yield from bps.mv(motors[0], x, motors[1], y)
            yield from bps.trigger_and_read([product, *motors])
        yield from bps.close_run()

    assert "grid" not in nxload(export(record(wander()))).entry


def test_a_run_that_was_cut_off_between_frames_and_event(make_camera, record, export, motors, documents):
    """The frames of the last point are there, its event is not: they are shown by their own times."""
    source = NumberedSource((6, 8))
    record(bp.scan([make_camera(source)], motors[0], -1, 1, 3))
    pairs = list(documents)
    last = max(place for place, (name, _) in enumerate(pairs) if name == "event")
    run = framestore_handlers.load(pairs[:last])
    assert (len(run["primary"]), run.stop) == (2, None)
    root = nxload(export(run))
    assert root.entry.data.nxsignal.shape == (3, 6, 8)
    begun = run["primary"].read_timestamps("camera_image")[:, 0] - run.start["time"]
    assert root.entry.data.nxaxes[0].nxname == "time"
    np.testing.assert_allclose(root.entry.data.nxaxes[0].nxdata, begun)
    assert "motor1" not in root.entry.data
    np.testing.assert_array_equal(root.entry.streams.primary.data.motor1.nxdata, [-1, 0])
    np.testing.assert_array_equal(root.entry.streams.primary.seq_num.nxdata, [1, 2])
    assert "end_time" not in root.entry
    assert "stop" not in root.entry.documents
