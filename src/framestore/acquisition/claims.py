"""Which camera has which source: a source serves one at a time."""

import threading
from typing import Any

_lock = threading.Lock()
_cameras: dict[int, str] = {}


def claim(source: Any, camera: str) -> None:
    """Note that ``camera`` uses ``source`` from now on.

    Raises
    ------
    RuntimeError
        When another camera does; it names both.
    """
    with _lock:
        holder = _cameras.get(id(source))
        if holder is None:
            _cameras[id(source)] = camera
    if holder is not None:
        msg = f"{camera}: the source {source!r} is in use by the camera {holder}, which is staged; give each its own"
        raise RuntimeError(msg)


def release(source: Any) -> None:
    """Note that nobody uses ``source`` any more."""
    with _lock:
        _cameras.pop(id(source), None)
