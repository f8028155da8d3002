"""The beamline with ophyd-async: its own simulated motors, with limits, and point detector; framestore's camera."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bluesky.protocols import Reading
from ophyd_async.core import (
    DEFAULT_TIMEOUT,
    DeviceMock,
    MovableLogic,
    SignalR,
    StandardReadable,
    StandardReadableFormat,
    StaticPathProvider,
    TimeoutCalculator,
    UUIDFilenameProvider,
    init_devices,
    soft_signal_rw,
)
from ophyd_async.sim import PatternGenerator, SimMotor, SimPointDetector

from framestore.ophyd_async import Camera
from framestore.sources import SimulatedSource

from .devices import Devices
from .sample import PICTURE, Sample


@dataclass
class LimitedMoves(MovableLogic[float]):
    """The moves of another logic, after a look at the limits."""

    moves: MovableLogic[float]
    low: SignalR[float]
    high: SignalR[float]

    async def check_move(self, new_position: float) -> None:
        """Raise a ValueError when it cannot go there."""
        low, high = await self.low.get_value(), await self.high.get_value()
        if not low <= new_position <= high:
            units, _ = await self.get_units_precision()
            name = self.readback.name
            msg = f"{name} cannot go to {new_position:g} {units}: its limits are {low:g} to {high:g} {units}"
            raise ValueError(msg)

    async def move(self, new_position: float, timeout: TimeoutCalculator) -> None:  # noqa: ASYNC109 - ophyd-async's own
        """Move as the other logic does."""
        await self.moves.move(new_position, timeout)

    async def stop(self) -> None:
        """Stop as the other logic does."""
        await self.moves.stop()


class Motor(SimMotor):
    """ophyd-async's simulated motor with the limits that an EPICS motor has.

    Parameters
    ----------
    limits
        From where to where it can go at first: ``low_limit_travel`` and ``high_limit_travel`` are signals.
    """

    def __init__(self, name: str = "", limits: tuple[float, float] = (-10.0, 10.0)) -> None:
        with self.add_children_as_readables(StandardReadableFormat.CONFIG_SIGNAL):
            self.low_limit_travel = soft_signal_rw(float, limits[0], units="mm")
            self.high_limit_travel = soft_signal_rw(float, limits[1], units="mm")
        super().__init__(name, instant=False)

    @cached_property
    def movable_logic(self) -> Any:
        """How it moves: `LimitedMoves`."""
        moves: MovableLogic[float] = super().movable_logic
        return LimitedMoves(
            setpoint=moves.setpoint,
            readback=moves.readback,
            moves=moves,
            low=self.low_limit_travel,
            high=self.high_limit_travel,
        )


class Stage(StandardReadable):
    """Two motors that move the sample and what ophyd-async's own simulated detectors see.

    ophyd-async's SimStage tells them only while it is staged; this one always, so that ``mv`` moves them, too.
    """

    def __init__(self, sample: Sample, pattern_generator: PatternGenerator, name: str = "") -> None:
        self._sample = sample
        self._pattern_generator = pattern_generator
        with self.add_children_as_readables():
            self.x = Motor()
            self.y = Motor()
        super().__init__(name=name)

    async def connect(
        self,
        mock: "bool | DeviceMock[Any]" = False,  # noqa: FBT002 - ophyd-async's own signature
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109 - ophyd-async's own signature
        force_reconnect: bool = False,  # noqa: FBT001, FBT002 - ophyd-async's own signature
    ) -> None:
        """Connect the motors, and follow them."""
        await super().connect(mock, timeout, force_reconnect)
        self.x.user_readback.subscribe_reading(self._follow_x)
        self.y.user_readback.subscribe_reading(self._follow_y)

    def _follow_x(self, reading: Mapping[str, Reading[float]]) -> None:
        (x,) = (each["value"] for each in reading.values())
        self._sample.x = x
        self._pattern_generator.set_x(x)

    def _follow_y(self, reading: Mapping[str, Reading[float]]) -> None:
        (y,) = (each["value"] for each in reading.values())
        self._sample.y = y
        self._pattern_generator.set_y(y)


def make_devices(sample: Sample, folder: Path) -> Devices:
    """Make, name and connect them, in the RunEngine's event loop; the camera's files go into ``folder``."""
    pattern_generator = PatternGenerator()
    path_provider: Any = StaticPathProvider(UUIDFilenameProvider(), folder)  # ophyd-async's own, as it is
    source = SimulatedSource(PICTURE, "uint16", sample)
    with init_devices():
        stage = Stage(sample, pattern_generator)
        pdet = SimPointDetector(pattern_generator)
        camera = Camera(source, path_provider, hints=("mean",))
    return Devices(stage=stage, pdet=pdet, camera=camera, path_provider=path_provider)
