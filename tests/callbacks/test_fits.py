"""LiveFit, LiveFitPlot, PeakStats: they find the spot where it is."""

import bluesky.plans as bp
import lmfit
import matplotlib.pyplot as plt
import numpy as np
import pytest
from bluesky.callbacks import LiveFit, LiveFitPlot, LivePlot
from bluesky.callbacks.fitting import PeakStats
from bluesky.callbacks.mpl_plotting import plot_peak_stats
from ophyd.sim import motor, motor1, motor2

GUESS = {"A": 500, "sigma": lmfit.Parameter("sigma", 3, min=0), "x0": -0.2, "background": 0}
SPOT = 2.0
"""Standard deviation of the spot, in units of the motors."""


def gaussian(x, A, sigma, x0, background):  # noqa: N803 - the names in bluesky's documentation
    return background + A * np.exp(-((x - x0) ** 2) / (2 * sigma**2))


def gaussian_2d(x, y, A, sigma, x0, y0, background):  # noqa: N803
    return background + A * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * sigma**2))


@pytest.fixture
def fit():
    return LiveFit(lmfit.Model(gaussian), "camera_mean", {"x": "motor"}, GUESS)


def test_fit_finds_the_spot(engine, camera, fit, centre):
    engine(bp.scan([camera], motor, -6, 6, 21), fit)
    assert fit.result.success
    assert fit.result.values["x0"] == pytest.approx(centre[0], abs=0.02)
    assert fit.result.values["sigma"] == pytest.approx(SPOT, rel=0.03)
    x0 = fit.result.values["x0"]
    engine(bp.scan([camera], motor, x0 - 1, x0 + 1, 5), fit)  # a next step
    assert len(fit.ydata) == 5


def test_fit_of_the_numbers_that_are_in_the_frames(engine, camera, fit, numbers):
    fit.update_every = None
    engine(bp.scan([camera], motor, -6, 6, 15), fit)
    expected = lmfit.Model(gaussian).fit(numbers()["camera_mean"], x=np.linspace(-6, 6, 15), **GUESS)
    assert fit.result.values == pytest.approx(expected.values, rel=1e-6)


def test_fit_in_two_dimensions(engine, grid_camera, centre):
    guess = {**GUESS, "y0": 0.3}
    fit = LiveFit(
        lmfit.Model(gaussian_2d, ["x", "y"]), "camera_mean", {"x": "motor1", "y": "motor2"}, guess, update_every=None
    )
    engine(bp.grid_scan([grid_camera], motor1, -5, 5, 6, motor2, -5, 5, 6, False), fit)  # noqa: FBT003
    assert (fit.result.values["x0"], fit.result.values["y0"]) == pytest.approx(centre, abs=0.03)


def test_fit_plot_draws_the_fit_over_the_points(engine, camera, fit, numbers):
    _, axes = plt.subplots()
    curve = LiveFitPlot(fit, ax=axes, color="r")
    points = LivePlot("camera_mean", "motor", ax=axes, marker="o", linestyle="none")
    engine(bp.scan([camera], motor, -6, 6, 11), [points, curve])
    x, y = curve.current_line.get_data()
    np.testing.assert_allclose(x, np.linspace(-6, 6, 100))
    np.testing.assert_allclose(y, gaussian(x, **fit.result.values))
    mean = numbers()["camera_mean"]
    np.testing.assert_allclose(points.current_line.get_ydata(), mean)
    np.testing.assert_allclose(np.interp(np.linspace(-6, 6, 11), x, y), mean, atol=0.02 * mean.max())
    assert len(axes.lines) == 3, "the points, the fit, the guess that it began with"


def half_maximum_crossings(x, y):
    """Where y goes through the middle between its extremes, up and down, on straight lines between the points."""
    middle, top = (y.min() + y.max()) / 2, y.argmax()
    return np.interp(middle, y[: top + 1], x[: top + 1]), np.interp(-middle, -y[top:], x[top:])


def assert_peak(peak, x, y):
    rising, falling = half_maximum_crossings(x, y)
    assert peak["cen"] == pytest.approx((rising + falling) / 2)
    assert peak["fwhm"] == pytest.approx(falling - rising)
    assert peak["com"] == pytest.approx((x * y).sum() / y.sum())
    assert peak["max"] == (x[y.argmax()], y.max())
    assert peak["min"] == (x[y.argmin()], y.min())


def test_peak_stats(engine, camera, numbers, centre):
    peak = PeakStats("motor", "camera_sum")
    engine(bp.scan([camera], motor, -6, 6, 25), peak)
    assert_peak(peak, np.linspace(-6, 6, 25), numbers()["camera_sum"])
    assert peak.cen == pytest.approx(centre[0], abs=0.05)
    assert peak.fwhm == pytest.approx(2.3548 * SPOT, rel=0.05)


def test_peak_stats_with_a_background(engine, camera, numbers):
    peak = PeakStats("motor", "camera_mean", edge_count=3)
    engine(bp.scan([camera], motor, -6, 6, 25), peak)
    mean = numbers()["camera_mean"]
    slope = (mean[-3:].mean() - mean[:3].mean()) / 11
    assert peak.lin_bkg["m"] == pytest.approx(slope)
    assert peak.max[1] == mean.max()


def test_plot_of_peak_stats(engine, camera, numbers):
    peak = PeakStats("motor", "camera_mean")
    engine(bp.scan([camera], motor, -6, 6, 25), peak)
    drawn = plot_peak_stats(peak)
    np.testing.assert_allclose(drawn["points"].get_ydata(), numbers()["camera_mean"])
    at = {line.get_label(): line.get_xdata()[0] for line in drawn["vlines"] if not line.get_label().startswith("_")}
    assert at == {"cen": peak.cen, "com": peak.com, "max": peak.max[0], "min": peak.min[0]}
