"""The beamline with ophyd: a stage and a point detector that take their time, and framestore's camera."""

import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any, cast

from ophyd import Component, Device, DeviceStatus, Signal, SoftPositioner
from ophyd.utils import LimitError

from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.sources import SimulatedSource

from .devices import Devices
from .sample import PICTURE, Sample

_UPDATE = 0.1
"""Seconds between two positions that a moving motor tells."""


class Motor(SoftPositioner):
    """ophyd's SoftPositioner, but that it takes its time: ``distance / velocity`` seconds, which can be watched.

    While it moves it can be stopped, which fails the Status of the move, but not be sent elsewhere.

    Parameters
    ----------
    limits
        From where to where it can go.
    egu
        The unit of its positions.

    Attributes
    ----------
    velocity
        Signal, units of position a second. 0: it is there at once.
    """

    def __init__(self, *, limits: tuple[float, float] = (-10.0, 10.0), egu: str = "mm", **kwargs: Any) -> None:
        super().__init__(limits=limits, egu=egu, source="framestore.demo", **kwargs)
        self.velocity = Signal(name=f"{self.name}_velocity", parent=self, attr_name="velocity", value=1.0)
        self._lock = threading.Lock()
        self._halt = threading.Event()
        self._set_position(0.0)

    def check_value(self, pos: float) -> None:
        """Raise a LimitError, which is a ValueError, when it cannot go there."""
        low, high = self.limits
        if not low <= pos <= high:
            msg = f"{self.name} cannot go to {pos:g} {self.egu}: its limits are {low:g} to {high:g} {self.egu}"
            raise LimitError(msg)

    def move(
        self,
        position: float,
        wait: bool = True,  # noqa: FBT001, FBT002 - SoftPositioner's own signature
        timeout: float | None = None,
        moved_cb: Any = None,
    ) -> Any:
        """Go there; the Status tells how far it is.

        Raises
        ------
        RuntimeError
            When it is still moving.
        LimitError
            When it cannot go there.
        """
        if self.moving:
            msg = f"{self.name} is still moving: wait for it, or stop it, before it is sent to {position:g} {self.egu}"
            raise RuntimeError(msg)
        return super().move(position, wait, timeout, moved_cb)

    def stop(self, *, success: bool = False) -> None:
        """Stay where it is."""
        with self._lock:
            if not self._moving:  # a Status that fails stops its motor once more
                return
            self._halt.set()
            self._moving = False
        super().stop(success=success)

    def describe(self) -> OrderedDict[str, Any]:
        """The data key of its position."""
        return OrderedDict({key: {**data_key, "shape": []} for key, data_key in super().describe().items()})

    def read_configuration(self) -> OrderedDict[str, Any]:
        """The velocity."""
        return OrderedDict(self.velocity.read())

    def describe_configuration(self) -> OrderedDict[str, Any]:
        """The velocity's data key."""
        data_keys = self.velocity.describe().items()
        return OrderedDict({key: {**data_key, "units": f"{self.egu}/s"} for key, data_key in data_keys})

    def get(self) -> float:
        """Where it is."""
        return float(cast("Any", self).position)

    def _setup_move(self, position: float, status: Any) -> None:  # noqa: ARG002 - SoftPositioner's own hook
        self._halt = threading.Event()
        self._moving = self._started_moving = True
        self._run_subs(sub_type=self.SUB_START, timestamp=time.time())
        threading.Thread(target=self._travel, args=(float(position), self._halt), daemon=True).start()

    def _travel(self, target: float, halt: threading.Event) -> None:
        start, began = self.get(), time.monotonic()
        velocity = abs(float(cast("Any", self.velocity).get()))
        seconds = abs(target - start) / velocity if velocity else 0.0
        while (left := began + seconds - time.monotonic()) > 0:
            if halt.wait(min(left, _UPDATE)):
                return
            self._set_position(start + (target - start) * min(1.0, (time.monotonic() - began) / seconds))
        with self._lock:
            if halt.is_set():
                return
            self._moving = False
        self._set_position(target)
        self._done_moving()


class Stage(Device):
    """Two motors, millimetres."""

    x = Component(Motor, kind="hinted")
    y = Component(Motor, kind="hinted")

    def __init__(self, sample: Sample, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._sample = sample
        self.x.subscribe(self._follow)
        self.y.subscribe(self._follow)

    def _follow(self, **_: Any) -> None:
        self._sample.x, self._sample.y = self.x.get(), self.y.get()


class PointDetector(Device):
    """Three numbers that depend on where the stage is."""

    channel1 = Component(Signal, value=0, kind="hinted")
    channel2 = Component(Signal, value=0, kind="hinted")
    channel3 = Component(Signal, value=0, kind="hinted")
    acquire_time = Component(Signal, value=0.1, kind="config")

    def __init__(self, sample: Sample, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._sample = sample

    def trigger(self) -> DeviceStatus:
        """Count for ``acquire_time`` seconds."""
        status = DeviceStatus(self)
        seconds = float(cast("Any", self.acquire_time).get())
        timer = threading.Timer(seconds, self._count, (seconds, status))
        timer.daemon = True
        timer.start()
        return status

    def _count(self, seconds: float, status: DeviceStatus) -> None:
        for number, channel in enumerate((self.channel1, self.channel2, self.channel3), start=1):
            channel.put(int(10_000 * seconds * self._sample.fringes(number)))
        status.set_finished()


def make_devices(sample: Sample, folder: Path) -> Devices:
    """Make them; the camera's files go into ``folder``."""
    path_provider = StaticPathProvider(UUIDFilenameProvider(), folder)
    source = SimulatedSource(PICTURE, "uint16", sample)
    return Devices(
        stage=Stage(sample, name="stage"),
        pdet=PointDetector(sample, name="pdet"),
        camera=Camera(source, path_provider, hints=("mean",), name="camera"),
        path_provider=path_provider,
    )
