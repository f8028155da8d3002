"""What a camera is asked to take, as ophyd-async says it."""

from collections.abc import Mapping
from typing import Any

from ophyd_async.core import TriggerInfo
from pydantic import ValidationError

from framestore.detector.request import as_mapping, number_of_events


def asked_of(value: Any, camera: str) -> TriggerInfo:
    """What is asked for, as a TriggerInfo in which only that is set.

    Parameters
    ----------
    value
        A TriggerInfo, a mapping with its fields, or a number of events.
    camera
        Its name.

    Raises
    ------
    ValueError
        When a field is unknown, or out of its range.
    TypeError
        When the number of events is no whole number.
    """
    if isinstance(value, TriggerInfo):
        return value
    asked = dict(as_mapping(value))
    if "number_of_events" in asked:
        asked["number_of_events"] = number_of_events(asked["number_of_events"], camera)
    try:
        return TriggerInfo(**asked)
    except ValidationError as error:
        msg = f"{camera}: prepare takes a TriggerInfo, its fields in a mapping, or a number of events; got {value!r}"
        raise ValueError(msg) from error


def filled(asked: TriggerInfo, as_set: Mapping[str, Any]) -> TriggerInfo:
    """The same, with what it leaves open as the camera is set.

    ophyd-async's own defaults, one collection in an event and one exposure in a collection, would undo what the
    camera's signals say. What is named in a TriggerInfo wins, whatever its value.
    """
    said = {name: getattr(asked, name) for name in asked.model_fields_set}
    return type(asked)(**{**as_set, **said})
