"""When a camera exposes, as ophyd-async asks for it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ophyd_async.core import DetectorTrigger, DetectorTriggerLogic, Device, SignalDict, SignalR, SignalRW, TriggerInfo

from framestore.acquisition import SourceSettings

_MODE = "trigger_mode"
"""Setting by which a source offers external triggers."""
TRIGGERS = {
    "internal": DetectorTrigger.INTERNAL,
    "external_edge": DetectorTrigger.EXTERNAL_EDGE,
    "external_level": DetectorTrigger.EXTERNAL_LEVEL,
}
"""What ophyd-async calls them, by choice of the setting."""


class SourceTriggers(DetectorTriggerLogic):
    """Sets the source's settings for what is asked: ``exposure_time``, ``frame_rate`` and ``trigger_mode``.

    What is not asked for (a time of 0) stays as it is set.

    Parameters
    ----------
    camera
        Has a signal for each setting.
    settings
        Of the source.
    """

    def __init__(
        self,
        camera: Device,
        settings: SourceSettings,
    ) -> None:
        self._camera = camera
        self._settings = settings
        self.unstaged: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]] = lambda change: change()
        """Does something while the source is stopped: for settings that cannot be set while it is staged."""
        self._mode_before: str | None = None

    def supported(self) -> set[DetectorTrigger]:
        """Those that the source offers."""
        known = self._settings.known.get(_MODE)
        offered = (known.setting.choices or ()) if known is not None else ()
        return {DetectorTrigger.INTERNAL, *(TRIGGERS[choice] for choice in offered if choice in TRIGGERS)}

    async def current(self) -> DetectorTrigger:
        """The one that is set."""
        mode = self._signal(_MODE)
        return DetectorTrigger.INTERNAL if mode is None else TRIGGERS[await mode.get_value()]

    def config_sigs(self) -> set[SignalR[Any]]:
        """What the dead time depends on, once the camera is connected."""
        exposure = self._signal("exposure_time")
        return set() if exposure is None else {exposure}

    def get_deadtime(self, config_values: SignalDict) -> float:
        """Seconds between two exposures, at least: what the greatest frame rate leaves; 0 where none is known."""
        rate, exposure = self._settings.known.get("frame_rate"), self._signal("exposure_time")
        if rate is None or exposure is None or rate.setting.limits is None:
            return 0.0
        return max(0.0, 1 / rate.setting.limits[1] - config_values[exposure])

    async def prepare_internal(self, num: int, livetime: float, deadtime: float) -> None:
        """Take frames one after another; ValueError when the source cannot be set so."""
        del num
        await self._set_mode("internal")
        self._check_offered("livetime", livetime, "exposure_time")
        self._check_offered("deadtime", deadtime, "frame_rate")
        await self._expose(livetime)
        if deadtime:
            exposure = self._signal("exposure_time")
            lasts = livetime or (0.0 if exposure is None else await exposure.get_value())
            await self._set({"frame_rate": 1 / (lasts + deadtime)})

    async def prepare_edge(self, num: int, livetime: float) -> None:
        """Take a frame at each rising edge; ValueError when the source cannot be set so."""
        del num
        self._check_offered("livetime", livetime, "exposure_time")
        await self._expose(livetime)  # before: a source that waits for triggers is heard a little later
        await self._set_mode("external_edge")

    async def prepare_level(self, num: int) -> None:
        """Take a frame from each rising edge to the falling one; ValueError when the source cannot be set so."""
        del num
        await self._set_mode("external_level")

    async def prepare_exposures_per_collection(self, exposures_per_collection: int) -> None:
        """Do nothing: the camera is staged with as many exposures in a frame."""

    async def default_trigger_info(self) -> TriggerInfo:
        """As the camera is set."""
        return TriggerInfo()

    async def restore(self) -> None:
        """Have triggers as before they were asked for: who counts next may have no pulse generator.

        Raises
        ------
        Exception
            Whatever the source raised.
        """
        mode, self._mode_before = self._mode_before, None
        signal = self._signal(_MODE)
        if mode is not None and signal is not None:
            await signal.set(mode)  # the source is stopped

    async def _set_mode(self, mode: str) -> None:
        signal = self._signal(_MODE)
        if signal is None and mode == "internal":
            return
        before = None if signal is None else await signal.get_value()
        await self._set({_MODE: mode})
        if self._mode_before is None and before != mode:
            self._mode_before = before

    async def _expose(self, livetime: float) -> None:
        """Expose for so long; as many frames a second are taken as that allows, where there were more."""
        if not livetime:
            return
        try:
            await self._set({"exposure_time": livetime})
        except ValueError:
            if self._signal("frame_rate") is None:
                raise
            await self._set({"exposure_time": livetime, "frame_rate": 1 / livetime})

    async def _set(self, values: Mapping[str, Any]) -> None:
        """Set those that are different."""
        changes: list[tuple[str, SignalRW[Any], Any]] = []
        for name, value in values.items():
            signal = self._signal(name)
            if signal is not None and await signal.get_value() != value:
                changes.append((name, signal, value))

        async def change() -> None:
            await asyncio.gather(*(signal.set(value) for _, signal, value in changes))

        if any(self._is_locked(name) for name, _, _ in changes):
            await self.unstaged(change)
        elif changes:
            await change()

    def _check_offered(self, asked: str, seconds: float, setting: str) -> None:
        """Refuse what the source has no setting for; ValueError."""
        if seconds and self._signal(setting) is None:
            msg = (
                f"{self._camera.name}: {asked}={seconds:g} s needs a setting {setting}, which its source does not "
                f"have; leave {asked} out of the TriggerInfo"
            )
            raise ValueError(msg)

    def _signal(self, setting: str) -> SignalRW[Any] | None:
        return dict(self._camera.children()).get(setting)  # type: ignore[return-value]

    def _is_locked(self, setting: str) -> bool:
        """Whether it cannot be set while the source is staged; in mock mode, all can."""
        known = self._settings.known.get(setting)
        return known is not None and not known.setting.while_staged
