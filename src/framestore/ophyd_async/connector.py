"""Connecting a camera: finding out which settings its source has."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from ophyd_async.core import Device, DeviceConnector, DeviceMock, NotConnectedError, SignalRW, set_mock_value

from framestore.acquisition import SourceSettings
from framestore.detector.aside import aside
from framestore.detector.stagings import Stagings

from .settings import mock_signals, setting_signals


class SourceConnector(DeviceConnector):
    """Looks at the source, and gives the camera a signal for each setting; in mock mode it does not look.

    Parameters
    ----------
    source
        Of the camera.
    settings
        Of the source.
    stagings
        Of the camera.
    check
        Raises a ValueError when source and format do not go together.
    connected
        Called with the signals, when they are there.
    """

    def __init__(
        self,
        source: object,
        settings: SourceSettings,
        stagings: Stagings,
        check: Callable[[], None],
        connected: Callable[[Mapping[str, SignalRW[Any]], bool], None],
    ) -> None:
        self._source = source
        self._settings = settings
        self._stagings = stagings
        self._check = check
        self._connected = connected
        self._signals: dict[str, SignalRW[Any]] = {}
        self._real: dict[str, SignalRW[Any]] = {}
        self._mock: dict[str, SignalRW[Any]] = {}

    async def connect_mock(self, device: Device, mock: DeviceMock[Any]) -> None:
        """Connect in mock mode: neither the source nor a disk is touched from now on."""
        self._check_idle(device)
        self._mock = self._real or self._mock or mock_signals()
        self._give(device, self._mock, mocked=True)
        await super().connect_mock(device, mock)
        for name, signal in self._real.items():  # the camera was looked at before: it seems to be set as it was then
            set_mock_value(signal, self._settings.known[name].value)

    async def connect_real(self, device: Device, timeout: float, force_reconnect: bool) -> None:  # noqa: ASYNC109, FBT001
        """Look at the source.

        Raises
        ------
        NotConnectedError
            When the source does not return in time.
        RuntimeError
            When the camera is staged.
        ValueError
            When the format cannot hold what it announces.
        Exception
            Whatever the source raised, or is wrong with its settings.
        """
        self._check_idle(device)
        camera = device.name or "camera"
        try:
            await asyncio.wait_for(aside(self._look, f"{camera} connect"), timeout)
        except TimeoutError as error:
            late = f"{camera}: the source {self._source!r} has not returned within {timeout:g} s; look at the camera"
            raise NotConnectedError(str(error) or late) from error
        kinds = {name: type(known.value) for name, known in self._settings.known.items()}
        if kinds != {name: signal.datatype for name, signal in self._real.items()}:
            self._real = setting_signals(self._settings)
        self._give(device, self._real, mocked=False)
        await super().connect_real(device, timeout, force_reconnect)

    def _check_idle(self, device: Device) -> None:
        if self._stagings.last is not None and not self._stagings.last.closed:
            msg = f"{device.name}: connected anew while it is staged; unstage it first"
            raise RuntimeError(msg)

    def _look(self) -> None:
        self._settings.look()
        self._check()

    def _give(self, device: Device, signals: dict[str, SignalRW[Any]], *, mocked: bool) -> None:
        """Have the device have these signals, and no other settings."""
        for name in set(self._signals) - set(signals):
            setattr(device, name, None)  # as ophyd-async wants it: it is no child any more
            delattr(device, name)
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
