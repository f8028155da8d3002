"""Thumbnails stand where the motors were: the picture itself is looked at, with Pillow."""

import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
from bluesky import RunEngine
from bluesky.utils import FailedStatus
from ophyd.sim import SynAxis
from PIL import Image

from framestore.demo.thumbnails import thumbnails
from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider


class Scan:
    """Runs plans of two motors with a camera whose images are of one brightness, 10 + 20 x + 100 y."""

    def __init__(self, folder, grab=None, noise=0.0, breaks_after=None):
        random = np.random.default_rng(3)

        def readback(position):
            return position + noise * random.random()

        self.x, self.y = SynAxis(name="mx", readback_func=readback), SynAxis(name="my", readback_func=readback)
        provider = StaticPathProvider(UUIDFilenameProvider(), folder)
        self.camera = Camera(grab or self.grab, provider, name="camera")
        self.path = folder / "picture.png"
        self.left = breaks_after

    def grab(self):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                msg = "the camera was unplugged"
                raise OSError(msg)
        return np.full((12, 16), 10 + 20 * self.x.setpoint.get() + 100 * self.y.setpoint.get(), "uint16")

    def run(self, plan):
        documents = []
        try:
            RunEngine()(plan, lambda *pair: documents.append(pair))
        except FailedStatus:
            assert self.left < 0
        return framestore_handlers.load(documents)

    def picture(self, run):
        assert thumbnails(run, self.path) == self.path
        return np.asarray(Image.open(self.path).convert("RGB"))


def stretches(inside):
    """From where to where there are values that are True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    return list(zip(edges[::2], edges[1::2], strict=True))


def tiles(picture):
    """Colour in the middle of each thumbnail, row 0 on top; white where there is none."""
    ink = picture.min(axis=2) < 250
    columns = [(a, b) for a, b in stretches(ink[60:-60].mean(axis=0) > 0.25) if b - a > 12][:-1]  # the scale is last
    rows = [(a, b) for a, b in stretches(ink[:, columns[0][0] : columns[-1][1]].mean(axis=1) > 0.25) if b - a > 12]
    return np.array([[picture[(a + b) // 2, (c + d) // 2] for c, d in columns] for a, b in rows], float)


def brightness(picture):
    """Rank of each thumbnail's brightness, in rows from the top."""
    lightness = tiles(picture) @ [0.2126, 0.7152, 0.0722]
    return lightness.ravel().argsort().argsort().reshape(lightness.shape)


def expected(xs, ys):
    values = 20 * np.sort(xs)[None, :] + 100 * np.sort(ys)[::-1, None]
    return values.ravel().argsort().argsort().reshape(values.shape)


GRIDS = {
    "x is slow": (lambda s: bp.grid_scan([s.camera], s.x, 1, 2, 3, s.y, 2, 3, 2), [1, 1.5, 2], [2, 3]),
    "y is slow, snake": (
        lambda s: bp.grid_scan([s.camera], s.y, 2, 4, 3, s.x, 0, 3, 4, snake_axes=True),
        [0, 1, 2, 3],
        [2, 3, 4],
    ),
    "downwards": (lambda s: bp.grid_scan([s.camera], s.x, 3, 0, 2, s.y, 5, 1, 3), [0, 3], [1, 3, 5]),
    "list": (lambda s: bp.list_grid_scan([s.camera], s.x, [0, 1, 4], s.y, [3, 1]), [0, 1, 4], [1, 3]),
    "one row": (lambda s: bp.grid_scan([s.camera], s.y, 1, 1, 1, s.x, 0, 2, 3), [0, 1, 2], [1]),
    "spiral": (lambda s: bp.spiral_square([s.camera], s.x, s.y, 2, 2, 2, 2, 3, 3), [1, 2, 3], [1, 2, 3]),
}


@pytest.mark.parametrize(
    ("grid", "noise"),
    [
        *((grid, 0.01) for grid in ("x is slow", "y is slow, snake", "list")),
        *(pytest.param(grid, 0.01, marks=pytest.mark.slow) for grid in ("one row", "downwards", "spiral")),
        *(pytest.param(grid, 0.0, marks=pytest.mark.slow) for grid in GRIDS),
    ],
)
def test_grid_has_x_to_the_right_and_y_up_in_any_order(grid, noise, tmp_path):
    plan, xs, ys = GRIDS[grid]
    scan = Scan(tmp_path, noise=noise)
    np.testing.assert_array_equal(brightness(scan.picture(scan.run(plan(scan)))), expected(xs, ys))


def test_grid_that_was_broken_off_has_white_where_it_did_not_come(tmp_path):
    scan = Scan(tmp_path, breaks_after=6)  # the first shot tells shape and dtype
    run = scan.run(bp.grid_scan([scan.camera], scan.x, 0, 3, 4, scan.y, 0, 2, 3))
    assert len(run["primary"]) == 5
    seen = scan.picture(run)
    white = tiles(seen).min(axis=2) > 250
    np.testing.assert_array_equal(white, [[False, True], [False, False], [False, False]])


def test_positions_off_any_grid_are_where_the_motors_were(tmp_path):
    scan = Scan(tmp_path)
    picture = scan.picture(scan.run(bp.scan([scan.camera], scan.x, 1, 3, scan.y, 2, 6, num=4)))
    lightness = picture[60:-80, 90:-150] @ [0.2126, 0.7152, 0.0722]  # the images, without axes and scale
    height, width = lightness.shape
    darkest, brightest = lightness[-height // 4 :, : width // 4], lightness[: height // 4, -width // 4 :]
    assert np.median(darkest) < 20
    assert np.median(brightest) > 150
    assert lightness[: height // 4, : width // 4].min() > 250, "nobody went there"


def test_colours_are_shown_on_one_scale(tmp_path):
    images = iter([(0, 0, 0), (0, 200, 0), (0, 0, 200), (100, 100, 0), (100, 0, 0)])

    def grab():
        return np.broadcast_to(np.uint8(next(images)), (12, 16, 3)).copy()

    scan = Scan(tmp_path, grab=grab)
    picture = scan.picture(scan.run(bp.grid_scan([scan.camera], scan.x, 0, 1, 2, scan.y, 0, 1, 2)))
    found = {tuple(colour) for colour in picture.reshape(-1, 3)}
    assert {(0, 255, 0), (0, 0, 255), (127, 127, 0), (127, 0, 0)} <= found


def test_run_without_images_or_two_motors_is_refused(tmp_path):
    scan = Scan(tmp_path)
    with pytest.raises(ValueError, match="moved mx: it takes two motors to place images"):
        thumbnails(scan.run(bp.scan([scan.camera], scan.x, 0, 1, 2)), scan.path)
    with pytest.raises(ValueError, match="moved no motors"):
        thumbnails(scan.run(bp.count([scan.camera])), scan.path)
    with pytest.raises(ValueError, match="has no data key of images"):
        thumbnails(scan.run(bp.grid_scan([scan.x], scan.x, 0, 1, 2, scan.y, 0, 1, 2)), scan.path)
    run = scan.run(bp.grid_scan([scan.camera], scan.x, 0, 1, 2, scan.y, 0, 1, 2))
    with pytest.raises(ValueError, match="has no 'camera_mean' of images"):
        thumbnails(run, scan.path, image="camera_mean")
    assert not scan.path.exists()
