"""The two motors of a run, and the camera that it was about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from framestore_handlers import Run, Stream
from numpy.typing import NDArray

from .image import images_of


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoMotors:
    """A stream of a run in which two motors moved, x to the right and y up."""

    run: Run
    """The run."""
    stream: Stream
    """Its stream of points."""
    image: str
    """Data key of the camera's frames."""
    x: str
    """Data key of the motor whose positions go to the right."""
    y: str
    """Data key of the motor whose positions go up."""

    def positions(self, key: str) -> NDArray[np.float64]:
        """Where a motor was, at each event."""
        return np.asarray(self.stream[key], float)

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """(height, width), or (height, width, 3) of colours; pixels."""
        return tuple(self.stream.data_keys[self.image]["shape"][1:])

    def label(self, key: str) -> str:
        """A motor's name, with its unit."""
        return label(self.stream, key)

    def units(self, key: str) -> str:
        """A motor's unit; empty, when its data key names none."""
        return self.stream.data_keys[key].get("units") or ""


def motors_of(start: dict[str, Any]) -> list[str]:
    """Data keys of the motors that a plan moves, the slowest first, as its start document has them."""
    dimensions = start.get("hints", {}).get("dimensions", [])
    return [field for fields, _ in dimensions for field in fields if field != "time"]


def label(stream: Stream, key: str) -> str:
    """A motor's name, with its unit."""
    units = stream.data_keys[key].get("units")
    return f"{key} ({units})" if units else key


def directions(motors: Sequence[str]) -> tuple[str, str]:
    """Which of two motors, of which the slow one comes first, goes to the right, and which one up.

    Of motors whose names end in x and y, that is the direction; of any others, the fast one goes to the right.
    """
    slow, fast = motors
    by_name = slow.lower().endswith("x") and fast.lower().endswith("y")
    return (slow, fast) if by_name else (fast, slow)


def two_motors(run: Run, image: str | None = None, stream: str = "primary") -> TwoMotors:
    """Find the motors and the camera of a run.

    Parameters
    ----------
    run
        Of a plan that moves two motors.
    image
        Data key of the frames; None: the first of images.
    stream
        Where they are.

    Raises
    ------
    ValueError
        When it is a run of more motors, or of fewer, or lacks their positions, or images.
    """
    motors = motors_of(run.start)
    if len(motors) != 2:
        msg = f"run {run.start['uid']} moved {', '.join(motors) or 'no motors'}: it takes two motors to place images"
        raise ValueError(msg)
    points = run[stream]
    missing = [key for key in motors if key not in points]
    if missing:
        msg = f"stream {stream!r} of run {run.start['uid']} has no positions of {', '.join(missing)}"
        raise ValueError(msg)
    images = [key for key in images_of(points) if image in {None, key}]
    if not images:
        named = "no data key" if image is None else f"no {image!r}"
        msg = f"stream {stream!r} of run {run.start['uid']} has {named} of images, (height, width[, 3])"
        raise ValueError(msg)
    x, y = directions(motors)
    return TwoMotors(run=run, stream=points, image=images[0], x=x, y=y)
