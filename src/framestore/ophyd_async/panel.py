"""What a camera shows, on ophyd-async's signals."""

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from ophyd_async.core import Device, SoftSignalBackend


class LoopPanel:
    """The signals of a camera, as a `framestore.detector.panel.Panel`: what others tell is shown in the event loop.

    Parameters
    ----------
    camera
        Whose.
    asked
        Tells how many frames and exposures are wanted.
    """

    def __init__(self, camera: Device, asked: Callable[[], dict[str, int]]) -> None:
        self._camera = camera
        self.asked = asked
        self._backends: dict[str, SoftSignalBackend[Any]] = {}
        self._news: deque[Mapping[str, Any]] = deque()
        self._scheduled = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0

    @property
    def name(self) -> str:
        """Name of the camera."""
        return self._camera.name

    @property
    def data_key(self) -> str:
        """Name of the image's data key: that of the camera."""
        return self._camera.name

    @property
    def log(self) -> logging.LoggerAdapter[Any]:
        """That of the device."""
        return self._camera.log

    def add(self, signal: str, backend: SoftSignalBackend[Any]) -> None:
        """Have a value shown by this backend."""
        self._backends[signal] = backend

    def shown(self, signal: str) -> Any:
        """The value that is shown."""
        return self._backends[signal].reading["value"]

    def begin(self) -> None:
        """From now on, values are shown in the event loop that runs."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._scheduled = False  # in another loop, which may be closed by now

    def show(self, values: Mapping[str, Any]) -> None:
        """Show values, in the order in which they came: at once in the event loop's thread, and else soon."""
        self._news.append(values)
        if threading.get_ident() == self._thread:
            self._show()
        elif not self._scheduled and self._loop is not None:
            self._scheduled = True
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody looks any more
                self._loop.call_soon_threadsafe(self._show)

    def correct(self, datum_id: str) -> None:
        """Do nothing: events of streams have no datum ids."""

    def _show(self) -> None:
        self._scheduled = False  # before it is looked: what comes now has itself scheduled
        values: dict[str, Any] = {}
        while self._news:
            values.update(self._news.popleft())
        for signal, value in values.items():
            self._backends[signal].set_value(value)
