"""The Status of a point."""

import math
import time
from collections.abc import Callable
from typing import Any

from ophyd.device import Device
from ophyd.status import DeviceStatus
from ophyd.utils import StatusTimeoutError, WaitTimeoutError

from framestore.detector.outcome import Claim


class PointStatus(DeviceStatus):
    """Done when others can read all frames of the point; tells watchers how many they can read so far.

    It has no thread of its own that waits for its timeout, as other Status objects have: that would cost a quarter of
    all that a point takes. The threads of the acquisition look at the clock, and call `expire`; it then ends in the
    same way, with a StatusTimeoutError.

    Parameters
    ----------
    device
        The camera.
    frames
        Frames in the point; None: it is not known how many there will be.
    timeout
        Seconds that it may take.
    settle_time
        Seconds between the last frame and the end of the Status; they are added to the timeout.
    """

    def __init__(
        self, device: Device, frames: int | None, *, timeout: float = math.inf, settle_time: float = 0.0
    ) -> None:
        self._frames = frames
        self._written = 0
        self.claim = Claim(timeout)
        """Who ends it."""
        super().__init__(device, call_stop_on_failure=False, settle_time=settle_time)
        self._timeout = timeout

    def fail(self, error: Exception) -> None:
        """End with an error, unless somebody else has claimed to end it."""
        if not self.claim.take():
            return
        self.set_exception(as_allowed(error, self.device.name))

    def expire(self) -> None:
        """End with a StatusTimeoutError, unless somebody else has claimed to end it."""
        if not self.claim.take():
            return
        self.log.warning("%r has timed out", self)
        self._exception = StatusTimeoutError(
            f"{self.device.name}: {self._written} of {self._frames} frames could be read when the {self.timeout:g} s "
            "of the point were over; look at the camera and the disk, or allow more with timeout="
        )
        self._settled_event.set()
        self._close_trace()
        self._run_callbacks()

    def watch(self, func: Callable[..., Any]) -> None:
        """Call ``func`` with the progress, in frames, at once and as it goes on, as bluesky's progress bars take it."""
        self._watchers.append(func)
        self._tell([func])

    def report(self, written: int) -> None:
        """Tell watchers that ``written`` frames can be read."""
        self._written = written
        if self._watchers:
            self._tell(list(self._watchers))

    def _tell(self, watchers: list[Callable[..., Any]]) -> None:
        progress = {
            "name": self.device.name,
            "current": self._written,
            "initial": 0,
            "target": self._frames,
            "unit": "frames",
            "precision": 0,
            "fraction": 1 - self._written / self._frames if self._frames else None,
            "time_elapsed": time.monotonic() - self.claim.began,
            "time_remaining": None,
        }
        for func in watchers:
            try:
                func(**progress)
            except BaseException:
                self.log.exception("%r failed while it was told the progress of %r; it is told no more", func, self)
                self._watchers.remove(func)

    def _settled(self) -> None:
        """Report nothing more: the last frames were reported when they could be read."""


def as_allowed(error: BaseException, name: str) -> Exception:
    """The error itself; where ophyd does not allow it, as that of another Status, one that is caused by it."""
    if isinstance(error, Exception) and not isinstance(error, StatusTimeoutError | WaitTimeoutError):
        return error
    kind = TimeoutError if isinstance(error, Exception) else RuntimeError
    allowed = kind(f"{name}: {error if isinstance(error, Exception) else repr(error)}")
    allowed.__cause__ = error
    return allowed
