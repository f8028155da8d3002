"""Windows: here there is no display, so they are figures that nobody sees; what is in them is looked at."""

import threading

import bluesky.plans as bp
import framestore_handlers
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import LogNorm, Normalize
from ophyd.sim import motor1, motor2

from framestore.callbacks import LiveImage, LiveThumbnailGrid


@pytest.fixture(params=["stream", pytest.param("datum", marks=pytest.mark.slow)])
def family(request):
    return request.param


def image_of(callback):
    """What the first axes show."""
    return callback.figure.axes[0].images[0]


def test_newest_frame_is_in_the_figure(engine, camera, documents):
    live = LiveImage("camera_image", patience=60)
    assert live.figure is None
    engine(bp.count([camera], 3), live)
    frame = framestore_handlers.load(documents)["primary"].read("camera_image", start=-1)[0, 0]
    np.testing.assert_array_equal(image_of(live).get_array(), frame)
    assert live.figure.axes[0].get_title() == "scan 1 · camera_image\nevent 3 · 12 x 10 pixels"
    assert live.path is None
    assert not plt.get_fignums(), "nothing that somebody would have to close"


def test_limits_and_norms_of_the_user(engine, camera, tmp_path):
    limited = LiveImage("camera_image", patience=60, limit_func=lambda image: (5, image.max()), cmap="viridis")
    logarithmic = LiveImage("camera_image", patience=60, norm=LogNorm(), path=tmp_path / "log.png", window=True)
    fixed = LiveImage("camera_image", patience=60, norm=Normalize(100, 200))
    engine(bp.count([camera], 2), [limited, logarithmic, fixed])
    assert image_of(limited).get_clim()[0] == 5
    assert isinstance(image_of(logarithmic).norm, LogNorm)
    assert (tmp_path / "log.png").exists()
    assert image_of(fixed).get_clim() == (100, 200)
    assert not limited.errors + logarithmic.errors + fixed.errors


def test_what_the_user_has_zoomed_in_to_stays(engine, camera):
    live = LiveImage("camera_image", patience=60)
    engine(bp.count([camera], 1), live)
    live.figure.axes[0].set_xlim(2, 5)
    figure = live.figure
    engine(bp.count([camera], 1), live)
    assert live.figure is figure
    assert figure.axes[0].get_xlim() == (2, 5)
    assert figure.axes[0].get_title().startswith("scan 2")


def test_colours_and_image_larger_than_what_is_drawn(engine, make_camera):
    colours = np.zeros((4, 4096, 3), "uint8")
    colours[:, 2048:] = 255, 128, 0
    live = LiveImage(patience=60)
    engine(bp.count([make_camera(lambda: colours)], 1), live)
    drawn = image_of(live)
    np.testing.assert_allclose(drawn.get_array()[0, -1], [1, 128 / 255, 0], atol=0.01)
    assert drawn.get_array().shape == (2, 2048, 3)
    assert drawn.get_extent() == [-0.5, 4095.5, 3.5, -0.5], "in pixels of the camera"


def test_grid_has_the_positions_of_the_motors(engine, grid_camera):
    grid = LiveThumbnailGrid(patience=60)
    engine(bp.grid_scan([grid_camera], motor1, 0, 2, 3, motor2, -1, 1, 2), grid)
    axes = grid.figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("motor2", "motor1")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["-1", "1"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "1", "2"]
    places = [label.get_position()[1] for label in axes.get_yticklabels()]
    assert places == sorted(places, reverse=True), "y goes up"


def test_other_windows_than_those_of_qt_are_told_of(monkeypatch, caplog):
    LiveImage()
    assert not caplog.text
    monkeypatch.setattr("matplotlib.get_backend", lambda: "TkAgg")
    LiveImage()
    assert "matplotlib's TkAgg has no windows while a RunEngine runs" in caplog.text


def test_windows_are_drawn_where_qt_lives(monkeypatch, engine, camera):
    """The thread that draws hands pictures over, as bluesky does; each takes the place of one that is not drawn yet."""
    from bluesky.callbacks import mpl_plotting

    calls = []

    class Signal:
        @staticmethod
        def emit(name, document, receiver):
            calls.append((threading.current_thread().name, name, document, receiver))

    class Teleporter:
        name_doc_escape = Signal()

    monkeypatch.setattr("matplotlib.get_backend", lambda: "QtAgg")
    monkeypatch.setattr(mpl_plotting, "_get_teleporter", Teleporter)
    live = LiveImage("camera_image", patience=60, interval=0)
    monkeypatch.undo()
    for _ in range(2):
        engine(bp.count([camera], 3), live)
    assert live.figure is None
    ((thread, name, document, receiver),) = calls
    assert thread == "LiveImage painter"
    receiver(name, document, escape=True)
    assert image_of(live) is not None
    assert live.figure.axes[0].get_title().startswith("scan 2 · camera_image\nevent 3")
