"""Which camera has which source: a source serves one at a time."""

import threading
from typing import Any

from .saved import SavedFrames

_lock = threading.Lock()
_cameras: dict[int, str] = {}


def hardware(source: Any) -> Any:
    """What two cameras cannot share: the source, or what it was made of."""
    return source.saver if isinstance(source, SavedFrames) else source


def _hardware(source: Any) -> int:
    return id(hardware(source))


def claim(source: Any, camera: str) -> None:
    """Note that ``camera`` uses ``source`` from now on.

    Raises
    ------
    RuntimeError
        When another camera does; it names both.
    """
    with _lock:
        holder = _cameras.get(_hardware(source))
        if holder is None:
            _cameras[_hardware(source)] = camera
    if holder is not None:
        msg = f"{camera}: the source {source!r} is in use by the camera {holder}, which is staged; give each its own"
        raise RuntimeError(msg)


def release(source: Any) -> None:
    """Note that nobody uses ``source`` any more."""
    with _lock:
        _cameras.pop(_hardware(source), None)
