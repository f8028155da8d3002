"""How long the exposures of a source last."""

import math
from typing import SupportsFloat

from framestore.setting import settings_of


def exposure_time(source: object) -> float:
    """How long an exposure of the source lasts, seconds; 0 where it does not say.

    Where it has no such attribute but a setting of that name, the camera is asked: called on the thread that has it.

    Raises
    ------
    ValueError
        When it is no number from 0 on.
    """
    unsaid = object()
    value = getattr(source, "exposure_time", unsaid)
    if value is unsaid:
        setting = settings_of(source).get("exposure_time")
        value = 0.0 if setting is None else setting.read("exposure_time")
    return as_seconds(source, value)


def as_seconds(source: object, value: object) -> float:
    """What a source says of its exposure time, as a number of seconds; ValueError when it is none."""
    if not (isinstance(value, SupportsFloat) and 0 <= float(value) < math.inf):
        msg = f"exposure_time of {source!r} must be a number of seconds from 0 on, not {value!r}"
        raise ValueError(msg)
    return float(value)
