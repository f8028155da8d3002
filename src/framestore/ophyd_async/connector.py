"""Connecting a camera: finding out which settings its source has."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from ophyd_async.core import Device, DeviceConnector, DeviceMock, NotConnectedError, SignalRW

from framestore.acquisition import SourceSettings

from .settings import mock_signals, setting_signals


class SourceConnector(DeviceConnector):
    """Looks at the source, and gives the camera a signal for each setting; in mock mode it does not look.

    Parameters
    ----------
    settings
        Of the source.
    check
        Raises a ValueError when source and format do not go together.
    connected
        Called with the signals, when they are there.
    """

    def __init__(
        self,
        settings: SourceSettings,
        check: Callable[[], None],
        connected: Callable[[Mapping[str, SignalRW[Any]], bool], None],
    ) -> None:
        self._settings = settings
        self._check = check
        self._connected = connected
        self._signals: dict[str, SignalRW[Any]] = {}
        self._real: dict[str, SignalRW[Any]] = {}

    async def connect_mock(self, device: Device, mock: DeviceMock[Any]) -> None:
        """Connect in mock mode: neither the source nor a disk is touched from now on."""
        self._give(device, self._real or mock_signals(), mocked=True)
        await super().connect_mock(device, mock)

    async def connect_real(self, device: Device, timeout: float, force_reconnect: bool) -> None:  # noqa: ASYNC109, FBT001
        """Look at the source.

        Raises
        ------
        NotConnectedError
            When the source does not return in time, or raises an error.
        """
        self._settings.rename(device.name or "camera")
        try:
            await asyncio.wait_for(asyncio.to_thread(self._look), timeout)
        except TimeoutError as error:
            said = str(error) or f"the source has not returned within {timeout:g} s; look at the camera"
            raise NotConnectedError(said) from error
        if set(self._real) != set(self._settings.known):
            self._real = setting_signals(self._settings)
        self._give(device, self._real, mocked=False)
        await super().connect_real(device, timeout, force_reconnect)

    def _look(self) -> None:
        self._settings.look()
        self._check()

    def _give(self, device: Device, signals: dict[str, SignalRW[Any]], *, mocked: bool) -> None:
        """Have the device have these signals, and no other settings."""
        for name in set(self._signals) - set(signals):
            setattr(device, name, None)
        for name, signal in signals.items():
            if self._signals.get(name) is signal:
                continue
            if name not in self._signals and hasattr(device, name):
                msg = (
                    f"{device.name}: {type(device).__name__} has something else called {name!r}, so it can have no "
                    "signal of that name; have the source call its setting otherwise"
                )
                raise ValueError(msg)
            setattr(device, name, signal)
        self._signals = signals
        self._connected(signals, mocked)
