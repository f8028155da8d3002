"""The settings of a source, as ophyd-async's signals of its camera."""

import asyncio
import contextlib
from functools import partial
from typing import Any

from bluesky.protocols import Reading
from event_model import DataKey
from ophyd_async.core import Callback, SignalBackend, SignalRW, soft_signal_rw

from framestore.acquisition import Known, SourceSettings
from framestore.detector.aside import aside
from framestore.detector.setting_key import as_setting, setting_data_key
from framestore.setting import UNITS, Value

from .together import Together

_IN_MOCK_MODE: dict[str, Value] = {
    "exposure_time": 0.1,
    "frame_rate": 10.0,
    "gain": 1.0,
    "pixel_format": "Mono16",
    "trigger_mode": "internal",
}
"""Settings that a camera has in mock mode, where its source is not asked: those that mean the same in every camera."""


class SettingBackend(SignalBackend[Any]):
    """A setting of a camera: what the camera said last, and a way to change it.

    Parameters
    ----------
    settings
        Of the source.
    setting
        Which.
    together
        For the settings of a camera that are changed at the same time.
    """

    def __init__(self, settings: SourceSettings, setting: str, together: Together) -> None:
        super().__init__(type(settings.known[setting].value))
        self._settings = settings
        self._setting = setting
        self._together = together
        self._name = setting
        self._setpoint = settings.known[setting].value
        self._told = settings.known[setting]
        self._callback: Callback[Reading[Any]] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        settings.subscribe(self._look)

    @property
    def known(self) -> Known:
        """Value, units, limits and choices, as the source said last; it may have lost the setting since."""
        return self._settings.known.get(self._setting, self._told)

    def source(self, name: str, read: bool) -> str:  # noqa: FBT001 - ophyd-async's interface
        """Where it comes from."""
        del read
        self._name = name or self._setting
        return f"framestore:{name}"

    async def connect(self, timeout: float) -> None:  # noqa: ASYNC109 - ophyd-async's interface
        """Do nothing: the source was looked at when the camera was connected."""

    async def put(self, value: Any) -> None:
        """Have the camera changed, and wait for it.

        Raises
        ------
        ValueError
            When limits or choices do not allow it.
        TypeError
            When it is of another kind, such as a string for a number.
        RuntimeError
            When a point is under way, or it cannot be set while the camera is staged.
        StuckSourceError
            When the source does not return; a TimeoutError.
        Exception
            Whatever the source raised.
        """

        async def attempt() -> None:
            plain = as_setting(self.known, value, self._name)
            errand = self._settings.set(self._setting, plain)
            await aside(partial(self._settings.wait, errand), f"{self._name} put")
            self._setpoint = plain

        await self._together.put(attempt)

    async def get_datakey(self, source: str) -> DataKey:
        """Data key, with units, limits and choices."""
        return DataKey(**setting_data_key(self.known, source))

    async def get_reading(self) -> Reading[Any]:
        """What the camera said last, and since when."""
        return Reading(value=self.known.value, timestamp=self.known.timestamp, alarm_severity=0)

    async def get_value(self) -> Any:
        """What the camera said last."""
        return self.known.value

    async def get_setpoint(self) -> Any:
        """What it was set to here; what it was at first, where it was not."""
        return self._setpoint

    def set_callback(self, callback: Callback[Reading[Any]] | None) -> None:
        """Have changes told, in the event loop."""
        if callback and self._callback:
            msg = f"{self._name} has somebody already who is told of changes"
            raise RuntimeError(msg)
        self._callback = callback
        if callback is not None:
            self._loop = asyncio.get_running_loop()
            self._tell()

    def _look(self) -> None:
        """The source was looked at, by another thread."""
        before, self._told = self._told, self.known
        if self._loop is not None and self._callback is not None and self._told.timestamp != before.timestamp:
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody looks any more
                self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        if self._callback is not None:
            self._callback(Reading(value=self.known.value, timestamp=self.known.timestamp, alarm_severity=0))


def setting_signals(settings: SourceSettings) -> dict[str, SignalRW[Any]]:
    """A signal for each setting that the source has."""
    together = Together(len(settings.known))
    return {name: SignalRW(SettingBackend(settings, name, together), timeout=None) for name in settings.known}


def mock_signals() -> dict[str, SignalRW[Any]]:
    """Signals for the settings that a camera has in mock mode."""
    return {name: soft_signal_rw(type(value), value, units=UNITS.get(name)) for name, value in _IN_MOCK_MODE.items()}
