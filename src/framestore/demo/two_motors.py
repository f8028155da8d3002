"""The two motors of a run, and the camera that it was about."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from framestore_handlers import Run, Stream
from numpy.typing import NDArray


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
    def x_is_slow(self) -> bool:
        """Whether the plan goes through all of y before x moves on."""
        return motors_of(self.run.start)[0] == self.x

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """(height, width), or (height, width, 3) of colours; pixels."""
        return tuple(self.stream.data_keys[self.image]["shape"][1:])

    def label(self, key: str) -> str:
        """A motor's name, with its unit."""
        units = self.units(key)
        return f"{key} ({units})" if units else key

    def units(self, key: str) -> str:
        """A motor's unit; empty, when its data key names none."""
        return self.stream.data_keys[key].get("units") or ""


def motors_of(start: dict[str, Any]) -> list[str]:
    """Data keys of the motors that a plan moves, the slowest first, as its start document has them."""
    dimensions = start.get("hints", {}).get("dimensions", [])
    return [field for fields, _ in dimensions for field in fields if field != "time"]


def images_of(stream: Stream) -> list[str]:
    """Data keys of images that are in files."""
    frames = {key: data_key["shape"][1:] for key, data_key in stream.data_keys.items() if stream.is_external(key)}
    return [key for key, frame in frames.items() if len(frame) == 2 or (len(frame) == 3 and frame[2] == 3)]


def two_motors(run: Run, image: str | None = None, stream: str = "primary") -> TwoMotors:
    """Find the motors and the camera of a run.

    Of motors whose names end in x and y, that is the direction; of any others, the fast one goes to the right.

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
        msg = f"stream {stream!r} of run {run.start['uid']} has {named} of images, (height, width[, 3]), in files"
        raise ValueError(msg)
    slow, fast = motors
    by_name = slow.lower().endswith("x") and fast.lower().endswith("y")
    x, y = (slow, fast) if by_name else (fast, slow)
    return TwoMotors(run=run, stream=points, image=images[0], x=x, y=y)
