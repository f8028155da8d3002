"""Where the stage has to be for the spot to be in the middle of the picture."""

from dataclasses import dataclass

import numpy as np
from framestore_handlers import Run

from framestore.callbacks.two_motors import two_motors

_WORST = 2.0
"""Pixels by which centroids may be off a plane, as a root mean square, for it to be believed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Peak:
    """A position of two motors."""

    motors: tuple[str, str]
    """Data keys of the motors that go in x and in y."""
    position: tuple[float, float]
    """Where they have to be."""
    units: tuple[str, str]
    """The motors' units; empty where their data keys name none."""
    pixels_per_unit: tuple[float, float]
    """How far the spot moves in the picture, for each unit of either motor."""

    def __str__(self) -> str:
        """Both motors, with their units."""
        each = zip(self.motors, self.position, self.units, strict=True)
        return ", ".join(f"{motor} = {position:.3f} {units}".rstrip() for motor, position, units in each)


def find_peak(run: Run, *, image: str | None = None, stream: str = "primary") -> Peak:
    """Find it from the centroids that stand in the events: no file is opened.

    The centroid's column and row are each a plane over the positions of both motors, fitted by least squares; where
    both are those of the middle of the picture is the peak. Motors need not be parallel to the edges of the picture.

    Parameters
    ----------
    run
        Of a plan that moves two motors, as ``framestore_handlers.load`` gives it.
    image
        Data key of the frames; None: the first of images.
    stream
        Where they are.

    Raises
    ------
    ValueError
        When it is not a run of two motors and one camera, its points are on a line, or the centroids do not follow
        the motors.
    KeyError
        When the camera has no centroids in its events (``stats=``).
    """
    scan = two_motors(run, image, stream)
    camera = scan.image.removesuffix("_image")
    separator = "-" if f"{camera}-centroid_x" in scan.stream else "_"
    columns, rows = (scan.stream[f"{camera}{separator}centroid_{axis}"] for axis in "xy")
    plane = np.column_stack([scan.positions(scan.x), scan.positions(scan.y), np.ones(len(columns))])
    centroids = np.column_stack([columns, rows])
    fit, _, rank, _ = np.linalg.lstsq(plane, centroids)
    off = np.sqrt(np.mean((plane @ fit - centroids) ** 2))
    if rank < 3:
        msg = f"run {run.start['uid']}: its {len(columns)} points are on one line; scan a grid of at least 2 x 2 points"
        raise ValueError(msg)
    if not off <= _WORST or abs(np.linalg.det(fit[:2])) < 1e-6:
        msg = (
            f"run {run.start['uid']}: the centroid does not follow {scan.x} and {scan.y} evenly ({off:.1f} pixels "
            "off); scan where the spot is in the picture at every point"
        )
        raise ValueError(msg)
    middle = (np.array(scan.frame_shape[1::-1]) - 1) / 2  # column, row
    x, y = np.linalg.solve(fit[:2].T, middle - fit[2])
    moved = np.linalg.norm(fit[:2], axis=1)
    return Peak(
        motors=(scan.x, scan.y),
        position=(float(x), float(y)),
        units=(scan.units(scan.x), scan.units(scan.y)),
        pixels_per_unit=(float(moved[0]), float(moved[1])),
    )
