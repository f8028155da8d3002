"""The Status of a point."""

import time
from collections.abc import Callable
from typing import Any

from ophyd.device import Device
from ophyd.status import DeviceStatus


class PointStatus(DeviceStatus):
    """Done when others can read all frames of the point; tells watchers how many they can read so far.

    Parameters
    ----------
    device
        The camera.
    frames
        Frames in the point.
    """

    def __init__(self, device: Device, frames: int) -> None:
        self._frames = frames
        self._began = time.monotonic()
        super().__init__(device, call_stop_on_failure=False)  # its point has ended by then

    def watch(self, func: Callable[..., Any]) -> None:
        """Call ``func`` with the progress, in frames, as bluesky's progress bars take it."""
        self._watchers.append(func)

    def report(self, written: int) -> None:
        """Tell watchers that ``written`` frames can be read."""
        if not self._watchers:
            return
        progress = {
            "name": self.device.name,
            "current": written,
            "initial": 0,
            "target": self._frames,
            "unit": "frames",
            "precision": 0,
            "fraction": 1 - written / self._frames,
            "time_elapsed": time.monotonic() - self._began,
            "time_remaining": None,
        }
        for func in list(self._watchers):
            try:
                func(**progress)
            except Exception:  # a progress bar must not end a scan
                self.log.exception("%r failed while it was told the progress of %r; it is told no more", func, self)
                self._watchers.remove(func)

    def _settled(self) -> None:
        """Report nothing more: the last frames were reported when they could be read."""
