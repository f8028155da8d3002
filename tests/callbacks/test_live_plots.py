"""LivePlot, LiveGrid, LiveScatter: what is drawn is what is in the frames."""

import bluesky.plans as bp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from bluesky.callbacks import LiveGrid, LiveMesh, LivePlot, LiveScatter
from matplotlib.colors import to_rgba
from ophyd.sim import jittery_motor1, jittery_motor2, motor, motor1, motor2

# LiveScatter shows the figure that it makes, which Agg cannot.
SHOWS = pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")


def test_plot_against_a_motor(engine, camera, numbers):
    plot = LivePlot("camera_mean", "motor")
    engine(bp.scan([camera], motor, -1, 1, 7), plot)
    (line,) = plot.ax.lines
    np.testing.assert_allclose(line.get_xdata(), np.linspace(-1, 1, 7))
    np.testing.assert_allclose(line.get_ydata(), numbers()["camera_mean"])
    assert (plot.ax.get_xlabel(), plot.ax.get_ylabel()) == ("motor", "camera_mean")


@pytest.mark.parametrize("key", ["camera_max", "camera_sum", "camera_centroid_x", "camera_centroid_y"])
def test_plot_of_each_number(engine, camera, numbers, key):
    plot = LivePlot(key, "motor")
    engine(bp.scan([camera], motor, -1, 1, 4), plot)
    np.testing.assert_allclose(plot.ax.lines[0].get_ydata(), numbers()[key])


def test_plot_against_the_sequence_number_and_the_time(engine, camera, numbers, documents):
    plots = [LivePlot("camera_sum"), LivePlot("camera_sum", "time")]
    engine(bp.count([camera], 4), plots)
    assert list(plots[0].ax.lines[0].get_xdata()) == [1, 2, 3, 4]
    began = documents.of("start")[0]["time"]
    np.testing.assert_allclose(
        plots[1].ax.lines[0].get_xdata(), [event["time"] - began for event in documents.of("event")]
    )
    for plot in plots:
        np.testing.assert_allclose(plot.ax.lines[0].get_ydata(), numbers()["camera_sum"])


def test_plot_with_a_style_and_axes_of_the_user(engine, camera):
    figure, axes = plt.subplots()
    plot = LivePlot("camera_mean", "motor", ax=axes, marker="x", markersize=10, color="red", legend_keys=["sample"])
    engine(bp.scan([camera], motor, -1, 1, 3, md={"sample": "dust"}), plot)
    (line,) = axes.lines
    assert (line.get_marker(), line.get_markersize(), to_rgba(line.get_color())) == ("x", 10, to_rgba("red"))
    assert "dust" in axes.get_legend().get_texts()[0].get_text()
    assert plt.get_fignums() == [figure.number]


def test_plot_of_two_runs_has_a_line_for_each(engine, camera, numbers):
    plot = LivePlot("camera_mean", "motor")
    engine(bp.scan([camera], motor, -1, 1, 3), plot)
    first = numbers()["camera_mean"]
    engine(bp.scan([camera], motor, 0, 1, 5), plot)
    for line, expected in zip(plot.ax.lines, [first, numbers()["camera_mean"]], strict=True):
        np.testing.assert_allclose(line.get_ydata(), expected)


def test_grid(engine, grid_camera, numbers):
    grid = LiveGrid((3, 4), "camera_mean")
    engine(bp.grid_scan([grid_camera], motor1, -3, 3, 3, motor2, -5, 5, 4, False), grid)  # noqa: FBT003 - as documented
    np.testing.assert_allclose(np.array(grid.im.get_array()), numbers()["camera_mean"].reshape(3, 4))


def test_snaking_grid(engine, grid_camera, numbers):
    grid = LiveGrid((2, 3), "camera_centroid_y")
    engine(bp.grid_scan([grid_camera], motor1, -1, 1, 2, motor2, -1, 1, 3, snake_axes=True), grid)
    expected = numbers()["camera_centroid_y"].reshape(2, 3)
    expected[1] = expected[1, ::-1]
    np.testing.assert_allclose(np.array(grid.im.get_array()), expected)


@SHOWS
def test_scatter(engine, make_spot_camera, documents, numbers):
    camera = make_spot_camera(jittery_motor1, jittery_motor2)
    scatter = LiveScatter("jittery_motor1", "jittery_motor2", "camera_sum", xlim=(-3, 3), ylim=(-5, 5))
    plan = bp.grid_scan([camera], jittery_motor1, -3, 3, 2, jittery_motor2, -5, 5, 3, False)  # noqa: FBT003
    engine(plan, scatter)
    np.testing.assert_allclose(np.array(scatter.sc.get_array()), numbers()["camera_sum"])
    positions = [[event["data"][f"jittery_motor{axis}"] for axis in (1, 2)] for event in documents.of("event")]
    np.testing.assert_allclose(scatter.sc.get_offsets(), positions)
    assert scatter.ax.get_xlim() == (-3, 3)


@SHOWS
def test_the_old_name_of_scatter_says_the_new_one(engine, grid_camera, numbers):
    with pytest.warns(UserWarning, match="renamed to LiveScatter"):
        mesh = LiveMesh("motor1", "motor2", "camera_mean", xlim=(-1, 1), ylim=(-1, 1))
    engine(bp.grid_scan([grid_camera], motor1, -1, 1, 2, motor2, -1, 1, 2), mesh)
    np.testing.assert_allclose(np.array(mesh.sc.get_array()), numbers()["camera_mean"])


def test_a_stream_without_the_camera_is_passed_over(engine, camera, numbers):
    """As when a baseline is read before and after the scan."""
    from bluesky.preprocessors import SupplementalData

    engine.preprocessors.append(SupplementalData(baseline=[motor2]))
    plot = LivePlot("camera_mean", "motor")
    engine(bp.scan([camera], motor, -1, 1, 3), plot)
    np.testing.assert_allclose(plot.ax.lines[0].get_ydata(), numbers()["camera_mean"])
