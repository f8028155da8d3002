"""BestEffortCallback: what it shows by itself follows the camera's hints, and its own switches."""

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from bluesky.callbacks.best_effort import BestEffortCallback
from bluesky.callbacks.fitting import PeakStats
from ophyd.sim import motor, motor1, motor2

in_one_family = pytest.mark.parametrize("family", ["stream"], indirect=True)
"""For switches that have nothing to do with the camera's documents."""


@pytest.fixture
def best_effort(engine):
    best_effort = BestEffortCallback()
    engine.subscribe(best_effort)
    return best_effort


@pytest.fixture
def shown(capsys):
    """What was printed since: the headings of the table, its rows as strings, and all of it."""

    def read():
        text = capsys.readouterr().out
        lines = [line for line in text.splitlines() if line.startswith("|") and line.count("|") > 3]
        headings, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines] or [[]]
        return headings, rows, text

    return read


def axes_shown():
    """Axes of all figures, by what is drawn on them."""
    all_axes = [axes for number in plt.get_fignums() for axes in plt.figure(number).axes]
    return {axes.get_ylabel(): axes for axes in all_axes if axes.get_visible() and axes.lines}


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({}, ["mean"]),
        ({"hints": ("centroid_x", "sum")}, ["sum", "centroid_x"]),
        ({"stats": ("max",), "hints": ("max",)}, ["max"]),
        ({"hints": ()}, []),
        ({"stats": ()}, []),
    ],
    ids=str,
)
def test_a_scan_shows_what_is_hinted(engine, best_effort, make_spot_camera, shown, numbers, settings, fields):
    engine(bp.scan([make_spot_camera(motor, **settings)], motor, -1, 1, 3))
    keys = [f"camera_{field}" for field in fields]
    headings, rows, _ = shown()
    assert headings == ["seq_num", "time", "motor", *keys]
    table = np.array(rows)[:, 3:].astype(float)
    axes = axes_shown()
    assert sorted(axes) == sorted(keys)
    assert len(plt.get_fignums()) == bool(keys)
    for column, key in enumerate(keys):
        (line,) = axes[key].lines
        np.testing.assert_allclose(line.get_xdata(), np.linspace(-1, 1, 3))
        np.testing.assert_allclose(line.get_ydata(), numbers()[key])
        np.testing.assert_allclose(table[:, column], numbers()[key], atol=0.0005000001)


@in_one_family
def test_hints_can_be_changed_at_the_prompt(engine, best_effort, camera):
    camera.mean.kind = "normal"
    camera.max.kind = "hinted"
    engine(bp.scan([camera], motor, -1, 1, 3))
    assert list(axes_shown()) == ["camera_max"]


def test_a_count_is_plotted_against_time(engine, best_effort, camera, documents, numbers):
    engine(bp.count([camera], 4))
    (line,) = axes_shown()["camera_mean"].lines
    began = documents.of("start")[0]["time"]
    np.testing.assert_allclose(line.get_xdata(), [event["time"] - began for event in documents.of("event")])
    np.testing.assert_allclose(line.get_ydata(), numbers()["camera_mean"])


def test_a_single_point_has_a_table_and_no_plot(engine, best_effort, camera, shown):
    engine(bp.count([camera]))
    assert len(shown()[1]) == 1
    assert not plt.get_fignums()


def test_a_grid_scan_is_an_image_of_each_hinted_number(engine, best_effort, make_spot_camera, numbers):
    camera = make_spot_camera(motor1, motor2, hints=("mean", "centroid_x"))
    engine(bp.grid_scan([camera], motor1, -1, 1, 2, motor2, -2, 2, 2))
    (number,) = plt.get_fignums()
    images = [axes.images[0] for axes in plt.figure(number).axes if axes.images and axes.get_xlabel()]
    assert len(images) == 2
    for image, key in zip(images, ["camera_mean", "camera_centroid_x"], strict=True):
        np.testing.assert_allclose(np.array(image.get_array()), numbers()[key].reshape(2, 2))


def test_positions_off_a_grid_are_scattered(engine, best_effort, grid_camera, documents, numbers):
    engine(bp.spiral_square([grid_camera], motor1, motor2, 0, 0, 2, 2, 3, 2))
    axes = plt.figure(plt.get_fignums()[0]).axes[0]
    (collection,) = axes.collections
    labels = axes.get_xlabel(), axes.get_ylabel()
    assert sorted(labels) == ["motor1", "motor2"]
    positions = [[event["data"][label] for label in labels] for event in documents.of("event")]
    np.testing.assert_allclose(np.array(collection.get_array()), numbers()["camera_mean"])
    np.testing.assert_allclose(collection.get_offsets(), positions)


@in_one_family
def test_a_plan_s_hint_chooses_what_to_plot_against(engine, best_effort, make_spot_camera, numbers):
    camera = make_spot_camera(motor, hints=("mean", "centroid_x"))
    hints = {"dimensions": [(["camera_centroid_x"], "primary")]}
    engine(bp.scan([camera], motor, -1, 2, 4, md={"hints": hints}))
    axes = axes_shown()
    np.testing.assert_allclose(axes["camera_mean"].lines[0].get_xdata(), numbers()["camera_centroid_x"])


def test_peaks(engine, best_effort, camera, numbers, centre):
    peak = PeakStats("motor", "camera_mean")
    engine(bp.scan([camera], motor, -6, 6, 13), peak)
    x, mean = np.linspace(-6, 6, 13), numbers()["camera_mean"]
    peaks = best_effort.peaks
    for attribute in ("com", "cen", "max", "min", "fwhm"):
        assert peaks[attribute] == {"camera_mean": getattr(peak, attribute)}
    assert peaks["com"]["camera_mean"] == pytest.approx((x * mean).sum() / mean.sum())
    assert peaks["max"]["camera_mean"] == (x[mean.argmax()], mean.max())
    assert peaks["cen"]["camera_mean"] == pytest.approx(centre[0], abs=0.1)


@in_one_family
@pytest.mark.parametrize(("overplot", "figures", "lines"), [(True, 1, 3), (False, 3, 1)])
def test_overplot(engine, best_effort, camera, numbers, overplot, figures, lines):
    best_effort.overplot = overplot
    for points in (2, 3, 4):
        engine(bp.scan([camera], motor, -1, 1, points))
    assert len(plt.get_fignums()) == figures
    drawn = plt.figure(plt.get_fignums()[-1]).axes[0].lines
    assert len(drawn) == lines
    np.testing.assert_allclose(drawn[-1].get_ydata(), numbers()["camera_mean"])


@in_one_family
def test_overplot_begins_a_figure_for_other_axes(engine, best_effort, camera):
    engine(bp.scan([camera], motor, -1, 1, 3))
    engine(bp.scan([camera], motor1, -1, 1, 3))
    assert plt.get_figlabels() == ["camera_mean vs motor", "camera_mean vs motor1"]


def dark_then_scan(camera):
    @bpp.stage_decorator([camera])
    @bpp.run_decorator(md={"plan_name": "dark_then_scan", "hints": {"dimensions": [(["motor"], "primary")]}})
    def plan():
        for stream in ("dark", "dark", "primary", "primary", "primary"):
            yield from bps.mvr(motor, 0.5)
            yield from bps.trigger_and_read([camera, motor], name=stream)

    return plan()


@pytest.mark.parametrize(("noplot", "figures"), [([], 2), (["dark"], 1), (["dark", "primary"], 0)])
def test_noplot_streams(engine, best_effort, camera, numbers, noplot, figures):
    assert best_effort.noplot_streams == ["baseline"]
    best_effort.noplot_streams += noplot
    engine(dark_then_scan(camera))
    assert len(plt.get_fignums()) == figures
    if "primary" not in noplot:
        line = plt.figure("camera_mean vs motor").axes[0].lines[0]
        np.testing.assert_allclose(line.get_ydata(), numbers()["camera_mean"])


@in_one_family
def test_plots_off_and_on(engine, best_effort, camera):
    best_effort.disable_plots()
    engine(bp.scan([camera], motor, -1, 1, 3))
    assert not plt.get_fignums()
    best_effort.enable_plots()
    engine(bp.scan([camera], motor, -1, 1, 3))
    assert len(plt.get_fignums()) == 1


@in_one_family
def test_table_and_heading_off_and_on(engine, best_effort, camera, shown):
    best_effort.disable_table()
    best_effort.disable_heading()
    engine(bp.scan([camera], motor, -1, 1, 3))
    headings, rows, text = shown()
    assert (headings, rows) == ([], [])
    assert not text.strip()
    best_effort.enable_table()
    best_effort.enable_heading()
    engine(bp.scan([camera], motor, -1, 1, 3))
    headings, rows, text = shown()
    assert len(rows) == 3
    assert "Transient Scan ID: 2" in text


@in_one_family
def test_baseline_off_and_on(engine, best_effort, camera, make_spot_camera, shown):
    """A number of a camera may stand in the baseline: that of its last point."""
    other = make_spot_camera(name="other")
    engine(bp.count([other]))
    mean = other.mean.get()
    engine.preprocessors.append(bpp.SupplementalData(baseline=[motor2, other.mean]))
    shown()
    engine(bp.scan([camera], motor, -1, 1, 3))
    text = shown()[2]
    assert "Start-of-run baseline readings" in text
    assert "End-of-run baseline readings" in text
    assert [line.split("|")[2].strip() for line in text.splitlines() if " other_mean " in line] == [str(mean)] * 2
    best_effort.disable_baseline()
    engine(bp.scan([camera], motor, -1, 1, 3))
    assert "baseline readings" not in shown()[2]
    best_effort.enable_baseline()
    engine(bp.scan([camera], motor, -1, 1, 3))
    assert "baseline readings" in shown()[2]


def test_nothing_at_all(engine, best_effort, camera, shown, documents):
    best_effort.disable_plots()
    best_effort.disable_table()
    best_effort.disable_baseline()
    engine(bp.scan([camera], motor, -1, 1, 3))
    assert not shown()[2]
    assert documents.of("stop")[0]["exit_status"] == "success"
