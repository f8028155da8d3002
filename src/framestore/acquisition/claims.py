"""Which camera has which source: a source serves one at a time."""

import threading
from typing import Any

from .saved import SavedFrames

_lock = threading.Lock()
_holders: dict[int, tuple[str, str]] = {}


def hardware(source: Any) -> Any:
    """What two cameras cannot share: the source, or what it was made of."""
    return source.saver if isinstance(source, SavedFrames) else source


def _hardware(source: Any) -> int:
    return id(hardware(source))


def claim(source: Any, camera: str, why: str = "which is staged; give each its own") -> None:
    """Note that ``camera`` uses ``source`` from now on.

    Parameters
    ----------
    source
        Which.
    camera
        Name of the camera.
    why
        What it does with it, and what others can do, for their messages.

    Raises
    ------
    RuntimeError
        When another camera does; it names both.
    """
    with _lock:
        holder = _holders.get(_hardware(source))
        if holder is None:
            _holders[_hardware(source)] = camera, why
    if holder is not None:
        msg = f"{camera}: the source {source!r} is in use by the camera {holder[0]}, {holder[1]}"
        raise RuntimeError(msg)


def release(source: Any) -> None:
    """Note that nobody uses ``source`` any more."""
    with _lock:
        _holders.pop(_hardware(source), None)
