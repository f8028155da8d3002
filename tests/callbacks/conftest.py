"""bluesky's callbacks beside the camera: a spot that motors move, and what numpy says of its frames."""

import framestore_handlers
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from ophyd.sim import motor, motor1, motor2

from framestore.sources import GaussianBlob, SimulatedSource

mpl.use("Agg")


@pytest.fixture(autouse=True)
def loud_callbacks(monkeypatch):
    """bluesky logs what its own callbacks raise, and goes on; here it is raised."""
    monkeypatch.setenv("BLUESKY_DEBUG_CALLBACKS", "1")


@pytest.fixture(autouse=True)
def small_figures():
    """No figure is left; they have few pixels, since each point draws them anew."""
    plt.close("all")
    with mpl.rc_context({"figure.dpi": 20}):
        yield
    plt.close("all")


@pytest.fixture(autouse=True)
def motors_at_rest():
    for axis in (motor, motor1, motor2):
        axis.set(0).wait()


@pytest.fixture(params=["stream", "datum"])
def family(request):
    return request.param


@pytest.fixture
def centre():
    """Positions of the motors in x and y that bring the spot into the middle of the frame."""
    return 0.3, -0.4


@pytest.fixture
def make_spot_camera(make_camera, family, centre):
    """Cameras of (10, 12) pixels that see a spot larger than that: the light of a frame is a peak of 2 units in a scan.

    A unit of the motors ``x`` and ``y`` is 10 pixels. A spot that no motor moves stands in the middle.
    """

    def make(x=None, y=None, **settings):
        def position():
            return tuple(axis.position - at if axis else 0.0 for axis, at in zip((x, y), centre, strict=True))

        blob = GaussianBlob(position, scale=10, sigma=20, amplitude=1000, background=10)
        return make_camera(SimulatedSource((10, 12), "uint16", blob, seed=7), documents=family, **settings)

    return make


@pytest.fixture
def camera(make_spot_camera):
    """One whose spot `motor` moves in x."""
    return make_spot_camera(motor)


@pytest.fixture
def grid_camera(make_spot_camera):
    """One whose spot `motor1` and `motor2` move in x and y."""
    return make_spot_camera(motor1, motor2)


@pytest.fixture
def engine(run_engine, documents):
    """A RunEngine whose documents are kept."""
    run_engine.subscribe(documents)
    return run_engine


@pytest.fixture
def numbers(documents):
    """What numpy makes of the frames of the last run, as they are read back from their files: an array by data key."""

    def of(stream="primary"):
        run = framestore_handlers.load(documents.by_run()[-1])
        frames = run[stream].read("camera_image").astype(float)
        rows, columns = np.indices(frames.shape[-2:])
        total = frames.sum(axis=(1, 2, 3))
        return {
            "camera_mean": frames.mean(axis=(1, 2, 3)),
            "camera_max": frames.max(axis=(1, 2, 3)),
            "camera_sum": total,
            "camera_centroid_x": (frames * columns).sum(axis=(1, 2, 3)) / total,
            "camera_centroid_y": (frames * rows).sum(axis=(1, 2, 3)) / total,
        }

    return of
