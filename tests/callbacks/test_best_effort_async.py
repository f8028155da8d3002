"""BestEffortCallback and bluesky's live callbacks show an ophyd-async camera's numbers as those of an ophyd camera."""

import bluesky.plans as bp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from bluesky.callbacks import LiveGrid, LivePlot, LiveTable
from bluesky.callbacks.best_effort import BestEffortCallback
from fronts_of import OPHYD, OPHYD_ASYNC, STREAM_FRONTS, fronts
from numbered import NumberedSource
from ophyd_async.sim import SimMotor
from slow import slow

from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.plans import fly


@pytest.fixture
def front(request):
    return getattr(request, "param", OPHYD_ASYNC)


@pytest.fixture
def motors(run_engine):
    made = [SimMotor(name, instant=True) for name in ("stage-y", "stage-x")]
    for motor in made:
        OPHYD_ASYNC.call(motor.connect)
    return made


@pytest.fixture
def best_effort(engine):
    best_effort = BestEffortCallback()
    engine.subscribe(best_effort)
    return best_effort


@pytest.fixture
def table(capsys):
    """Headings and rows of the table that was printed since."""

    def read():
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|") and line.count("|") > 3]
        headings, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        return headings, rows

    return read


def expected(source, points, frames=1, region=np.s_[:]):
    """Means of points, as numpy computes them of the source's frames."""
    return [
        np.mean([source.expected(point * frames + j)[region] for j in range(frames)], dtype=float)
        for point in range(points)
    ]


@pytest.mark.parametrize("frames", [3, *slow(1)])
def test_a_grid_scan_is_a_table_and_a_grid(engine, make_camera, source, best_effort, motors, table, frames):
    hints = ("mean", "spot_mean")
    camera = make_camera(source, rois={"spot": (1, 2, 3, 2)}, hints=hints, frames_per_point=frames)
    y, x = motors
    engine(bp.grid_scan([camera], y, -1, 1, 2, x, 0, 1, 2))
    means = np.array([expected(source, 4, frames), expected(source, 4, frames, np.s_[2:4, 1:4])])
    headings, rows = table()
    assert headings == ["seq_num", "time", "stage-y", "stage-x", "camera-mean", "camera-spot_mean"]
    np.testing.assert_allclose(np.array(rows)[:, 4:].astype(float), means.T, atol=0.0005000001)
    (number,) = plt.get_fignums()
    images = [axes.images[0] for axes in plt.figure(number).axes if axes.images and axes.get_xlabel()]
    assert [(image.axes.get_xlabel(), image.axes.get_ylabel()) for image in images] == [("stage-x", "stage-y")] * 2
    for image, drawn in zip(images, means, strict=True):
        np.testing.assert_allclose(np.array(image.get_array()), drawn.reshape(2, 2))


@pytest.mark.slow
def test_a_snake_is_drawn_where_the_motors_were(engine, make_camera, source, best_effort, motors):
    y, x = motors
    engine(bp.grid_scan([make_camera(source)], y, -1, 1, 2, x, 0, 1, 3, snake_axes=True))
    (image,) = [axes.images[0] for axes in plt.figure(plt.get_fignums()[0]).axes if axes.images and axes.get_xlabel()]
    means = np.array(expected(source, 6)).reshape(2, 3)
    means[1] = means[1, ::-1]
    np.testing.assert_allclose(np.array(image.get_array()), means)


def test_a_scan_is_a_line(engine, make_camera, source, best_effort, motors, table):
    engine(bp.scan([make_camera(source)], motors[0], -1, 1, 5))
    assert table()[0] == ["seq_num", "time", "stage-y", "camera-mean"]
    (axes,) = plt.figure("camera-mean vs stage-y").axes[:1]
    (line,) = axes.lines
    np.testing.assert_allclose(line.get_xdata(), np.linspace(-1, 1, 5))
    np.testing.assert_allclose(line.get_ydata(), expected(source, 5))
    highest = int(np.argmax(expected(source, 5)))
    assert best_effort.peaks["max"]["camera-mean"] == (np.linspace(-1, 1, 5)[highest], expected(source, 5)[highest])


def test_cameras_of_both_fronts_stand_in_one_table(engine, make_camera, folder, source, best_effort, motors, table):
    of_ophyd, provider = NumberedSource((3, 4)), StaticPathProvider(UUIDFilenameProvider(), folder)
    other = OPHYD.make(of_ophyd, provider, name="other")
    engine(bp.scan([make_camera(source), other], motors[0], -1, 1, 3))
    headings, rows = table()
    assert headings[3:] == ["camera-mean", "other_mean"]
    means = np.transpose([expected(source, 3), expected(of_ophyd, 3)])
    np.testing.assert_allclose(np.array(rows)[:, 3:].astype(float), means, atol=0.0005000001)


def test_bluesky_s_live_callbacks_by_themselves(engine, make_camera, source, motors, table):
    """They are given names: those of a device they would ask itself, and bluesky 1.15 does not wait for the answer."""
    y, x = motors
    camera = make_camera(source)
    line, grid = plt.subplots(2)[1]
    plot = LivePlot("camera-max", "stage-x", ax=line)
    image = LiveGrid((2, 2), "camera-sum", ax=grid)
    engine(
        bp.grid_scan([camera], y, 0, 1, 2, x, 0, 1, 2),
        [LiveTable(["camera-mean", "camera-frames_dropped"]), plot, image],
    )
    frames = [source.expected(k) for k in range(4)]
    np.testing.assert_array_equal(line.lines[0].get_ydata(), [frame.max() for frame in frames])
    np.testing.assert_array_equal(grid.images[0].get_array().ravel(), [frame.sum() for frame in frames])
    headings, rows = table()
    assert headings[2:] == ["camera-mean", "camera-frames_dropped"]
    np.testing.assert_allclose([float(row[2]) for row in rows], expected(source, 4), atol=0.0005000001)


@fronts(*STREAM_FRONTS)
def test_a_flown_stream_shows_nothing(engine, make_camera, source, best_effort):
    """BestEffortCallback looks up each number that is hinted, and a stream that is flown has none."""
    engine(fly([make_camera(source)], 3))
    assert not plt.get_fignums()
