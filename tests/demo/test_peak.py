"""The peak is where the scene has it, whichever way the camera is mounted."""

import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
from bluesky import RunEngine
from ophyd.sim import SynAxis

from framestore.demo.peak import find_peak
from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.sources import GaussianBlob, SimulatedSource

PEAK = (3.2, -1.7)


class Scan:
    """A camera that is turned against the motors, and magnifies differently along both."""

    def __init__(self, folder, turned=0.0, **camera):
        self.x, self.y = SynAxis(name="mx"), SynAxis(name="my")
        cos, sin = np.cos(np.radians(turned)), np.sin(np.radians(turned))

        def place():
            x, y = 9 * (self.x.position - PEAK[0]), 5 * (self.y.position - PEAK[1])
            return cos * x - sin * y, sin * x + cos * y

        source = SimulatedSource((80, 100), "uint16", GaussianBlob(place, sigma=5, background=0), noise=False)
        self.camera = Camera(source, StaticPathProvider(UUIDFilenameProvider(), folder), name="camera", **camera)

    def run(self, plan):
        documents = []
        RunEngine()(plan, lambda *pair: documents.append(pair))
        return framestore_handlers.load(documents)

    def grid(self, half=1.0):
        (x, y), n = PEAK, 3
        return bp.grid_scan([self.camera], self.x, x - half, x + half / 2, n, self.y, y - half, y + half / 3, n)


@pytest.mark.parametrize("turned", [0, 30, 90, -120])
def test_peak_is_where_the_scene_has_it(turned, tmp_path):
    scan = Scan(tmp_path, turned)
    peak = find_peak(scan.run(scan.grid()))
    np.testing.assert_allclose(peak.position, PEAK, atol=1e-3)
    np.testing.assert_allclose(peak.pixels_per_unit, (9, 5), rtol=1e-3)
    assert str(peak) == "mx = 3.200, my = -1.700"


def test_what_is_no_peak_is_not_called_one(tmp_path):
    scan = Scan(tmp_path)
    with pytest.raises(ValueError, match="its 4 points are on one line"):
        find_peak(scan.run(bp.scan([scan.camera], scan.x, 2, 4, scan.y, -2, 0, num=4)))
    with pytest.raises(ValueError, match="does not follow mx and my evenly .* spot is in the picture at every point"):
        find_peak(scan.run(scan.grid(half=12)))


def test_camera_without_centroids_says_so(tmp_path):
    scan = Scan(tmp_path, stats=("mean",))
    with pytest.raises(KeyError, match="camera_centroid_x"):
        find_peak(scan.run(scan.grid()))
