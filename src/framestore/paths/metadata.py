"""The metadata of the run that is open, for names made of it."""

import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


class RunMetadata:
    """Keeps the start document of the run that is open; subscribe it to the RunEngine, and give `get` to a provider.

    Of several open runs the one counts that was opened last: within another one, the inner run until it stops, then
    the outer again. A run that has stopped is forgotten, so that no file gets the scan id of the run before.

    Examples
    --------
    >>> from framestore.paths import RunMetadata, TemplatePathProvider
    >>> run = RunMetadata()
    >>> provider = TemplatePathProvider("/data/{proposal}", "{scan_id:05d}", run.get)

    ``RE.subscribe(run)`` has the RunEngine call it with each document:

    >>> run("start", {"uid": "bd8a", "time": 0.0, "scan_id": 7, "proposal": "in-1234"})
    >>> provider("camera_image").filename
    '00007'
    """

    def __init__(self) -> None:
        self._open: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()

    def __call__(self, name: str, doc: Mapping[str, Any]) -> None:
        """Take note of a document, if it is that of a run's start or stop."""
        with self._lock:
            if name == "start":
                self._open[doc["uid"]] = doc
            elif name == "stop":
                self._open.pop(doc["run_start"], None)

    def get(self) -> Mapping[str, Any]:
        """The start document of the run that is open.

        Raises
        ------
        RuntimeError
            When no run is open.
        """
        with self._lock:
            if self._open:
                return MappingProxyType(dict(next(reversed(self._open.values()))))
        msg = (
            "no run is open whose metadata a file could be named after; subscribe with RE.subscribe(...) before the "
            "plan, and have the plan open its run before it triggers or prepares the camera"
        )
        raise RuntimeError(msg)
