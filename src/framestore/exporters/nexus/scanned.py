"""Along what a run was scanned."""

from collections.abc import Mapping
from typing import Any

from framestore_handlers import Run

from .devices import Device

TIME = "time"
"""What bluesky's plans call the dimension of a run that scans nothing."""


def dimensions(run: Run, stream: str, devices: Mapping[str, Device]) -> list[list[str]]:
    """The data keys of each dimension of a scan, as ``hints`` of the start document say, or its ``motors``.

    Those of a run that scans nothing are none. https://blueskyproject.io/bluesky/main/documents.html
    """
    hints = run.start.get("hints")
    told: Any = hints.get("dimensions") if isinstance(hints, Mapping) else None
    said = told if isinstance(told, list | tuple) else ()
    found = [list(one[0]) for one in said if _is_dimension(one) and one[1] == stream]
    if found:
        return [keys for keys in found if keys != [TIME]]
    motors = [devices[name] for name in named(run, "motors") if name in devices]
    return [[motor.readback] for motor in motors if motor.stream.name == stream]


def named(run: Run, key: str) -> list[str]:
    """The devices that the start document names under ``motors`` or ``detectors``."""
    said = run.start.get(key)
    names: Any = said if isinstance(said, list | tuple) else [said]
    return [name for name in names if isinstance(name, str)]


def _is_dimension(said: Any) -> bool:
    """Whether it is names of data keys, and the name of their stream."""
    is_pair = isinstance(said, list | tuple) and len(said) == 2
    return is_pair and isinstance(said[0], list | tuple) and all(isinstance(key, str) for key in said[0])
