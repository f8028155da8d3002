"""How much a fly scan is asked to take."""

import operator
from collections.abc import Mapping
from typing import Any

from .staging import Staging

_ASKED = ("number_of_events", "trigger", "livetime", "deadtime", "exposures_per_collection", "collections_per_event")
"""What ophyd-async's TriggerInfo says, but for a timeout."""


def events_of(value: Any, staging: Staging, camera: str) -> int:
    """How many events are asked for; 0: until it is stopped.

    Parameters
    ----------
    value
        A whole number, or a mapping or an object that has it as ``number_of_events``, beside what else
        ophyd-async's TriggerInfo says: that has to be as the camera is set, or left alone.
    staging
        How it is set.
    camera
        Its name.

    Raises
    ------
    ValueError
        When it is below 0, or something else is asked for that is not so.
    TypeError
        When it is no number.
    """
    asked = as_mapping(value)
    unknown = [name for name in asked if name not in _ASKED]
    if unknown or "number_of_events" not in asked:
        msg = f"{camera}: prepare takes a number of events, or {', '.join(_ASKED)}; got {value!r}"
        raise ValueError(msg)
    if len(asked) > 1:
        _check(asked, staging, camera)
    return number_of_events(asked["number_of_events"], camera)


def number_of_events(events: Any, camera: str) -> int:
    """The number itself; TypeError when it is none, ValueError when it is below 0."""
    if isinstance(events, bool) or not hasattr(events, "__index__"):
        msg = f"{camera}: the number of events must be a whole number from 0 (until stopped) on, not {events!r}"
        raise TypeError(msg)
    if events < 0:
        msg = f"{camera}: the number of events must be 0 (until stopped) or more, not {events!r}"
        raise ValueError(msg)
    return operator.index(events)


def as_mapping(value: Any) -> Mapping[str, Any]:
    """What is asked for, by the names of ophyd-async's TriggerInfo."""
    if isinstance(value, Mapping):
        return value
    if hasattr(value, "number_of_events"):  # what a TriggerInfo does not name is not asked for
        named = {"number_of_events", *getattr(value, "model_fields_set", _ASKED)}
        return {name: getattr(value, name) for name in _ASKED if name in named and hasattr(value, name)}
    return {"number_of_events": value}


def _check(asked: Mapping[str, Any], staging: Staging, camera: str) -> None:
    """Refuse what the camera does not do; 0 and 1 stand for "as it is" where they are ophyd-async's defaults."""
    exposure = staging.acquisition.exposures.exposure_time
    mode = staging.acquisition.exposures.trigger_mode
    trigger = asked.get("trigger", mode)
    demands = {
        "trigger": (getattr(trigger, "name", str(trigger)).lower(), {mode}, f"set {camera}.trigger_mode before"),
        "livetime": (asked.get("livetime", 0), {0, exposure}, f"set {camera}.exposure_time before"),
        "deadtime": (asked.get("deadtime", 0), {0}, "set the camera's frame rate before"),
        "exposures_per_collection": (
            asked.get("exposures_per_collection", 1),
            {1, staging.exposures_per_frame},
            f"set {camera}.exposures_per_frame before it is staged",
        ),
        "collections_per_event": (
            asked.get("collections_per_event", 1),
            {1, staging.frames_per_point},
            f"set {camera}.frames_per_point before it is staged",
        ),
    }
    for name, (value, allowed, mend) in demands.items():
        if value not in allowed:
            expected = " or ".join(map(repr, sorted(allowed, key=str)))
            msg = f"{camera}: {name} must be {expected} in a fly scan as the camera is set, not {value!r}; {mend}"
            raise ValueError(msg)
