"""What plans are given: looked at before they do anything."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from bluesky.protocols import Collectable, Flyable, HasName, Preparable, Readable

FLOWN = (Preparable, Flyable, Collectable)
"""What bluesky asks of a camera in a fly scan."""

NAMED = (HasName,)
"""What a message about a camera asks of it."""

READ = (Readable,)
"""What bluesky asks of whatever is read for an event."""


def check_cameras(plan: str, cameras: Any, protocols: Iterable[type]) -> None:
    """Refuse what is no list of cameras, and a list of none: also one camera stands in a list, as bluesky has it.

    Parameters
    ----------
    plan
        Name of the plan, for messages.
    cameras
        As they were given.
    protocols
        bluesky's, that each has to have.

    Raises
    ------
    ValueError
        When there is none.
    TypeError
        When it is no list, or something in it is no such device.
    """
    if not isinstance(cameras, Sequence) or isinstance(cameras, str):
        msg = f"{plan} takes a list, also of one camera: {plan}([camera], …), not {_name(cameras)}"
        raise TypeError(msg)
    if not cameras:
        msg = f"{plan} needs at least one camera in its list: {plan}([camera], …), not {cameras!r}"
        raise ValueError(msg)
    check_devices(plan, cast("Sequence[Any]", cameras), protocols)


def check_devices(plan: str, devices: Sequence[Any], protocols: Iterable[type]) -> None:
    """Refuse what is not of bluesky's protocols; TypeError names it, and the protocol."""
    for device in devices:
        for protocol in protocols:
            if not isinstance(device, protocol):
                msg = f"{plan} takes cameras, devices that are {protocol.__name__} to bluesky; {_name(device)} is not"
                raise TypeError(msg)


def check_number_of_events(number_of_events: Any) -> None:
    """Refuse a fly scan that nobody would stop; ValueError."""
    name = "number_of_events"
    if isinstance(number_of_events, Mapping):
        number = cast("Mapping[str, Any]", number_of_events).get(name)
    else:
        number = getattr(number_of_events, name, number_of_events)
    if not number:
        msg = f"{name} must be from 1 on, not {number!r}; for 0, until stopped, write a plan that completes the cameras"
        raise ValueError(msg)


def _name(device: Any) -> str:
    name = getattr(device, "name", None)
    return name if isinstance(name, str) else f"{device!r:.70}"
