"""What depends on the version of ophyd-async: all that is used of it beyond its public names. Written against 0.21."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from bluesky.protocols import Reading
from event_model import DataKey
from ophyd_async.core import DetectorTrigger, ReadableDataProvider, SignalR, StandardDetector, TriggerInfo


class FrameDetector(StandardDetector):
    """A detector that takes frames by itself.

    ophyd-async 0.21 waits for a signal that counts collections, and for nothing else: an error of the source would show
    as the timeout of that wait. So only what comes before is left to it.
    """

    @property
    def prepared(self) -> TriggerInfo | None:
        """What it was prepared for in this staging."""
        return None if self._prepare_ctx is None else self._prepare_ctx.trigger_info

    def forget_prepared(self) -> None:
        """It is not prepared any more."""
        self._prepare_ctx = None

    def support(self, triggers: Iterable[DetectorTrigger]) -> None:
        """Say which triggers it has; ophyd-async 0.21 asks for that before the device is connected."""
        self._supported_triggers = set(triggers)

    def replace_config_signals(self, before: Iterable[SignalR[Any]], now: Iterable[SignalR[Any]]) -> None:
        """Have these in the configuration instead of those; what others have added stays."""
        gone = {id(signal) for signal in before}
        self._config_signals = (*now, *(signal for signal in self._config_signals if id(signal) not in gone))

    async def plain_prepare(self, value: TriggerInfo) -> None:
        """As `StandardDetector.prepare`, without a Status."""
        await cast("Any", StandardDetector.prepare).__wrapped__(self, value)

    async def describe_configuration(self) -> dict[str, DataKey]:
        """Data keys of the configuration, one after another: a pause that comes in between would be half of it."""
        data_keys: dict[str, DataKey] = {}
        for signal in self._config_signals:
            data_keys.update(await signal.describe())
        return data_keys

    async def read_configuration(self) -> dict[str, Reading[Any]]:
        """Readings of the configuration, one after another likewise."""
        readings: dict[str, Reading[Any]] = {}
        for signal in self._config_signals:
            readings.update(await signal.read())
        return readings

    @property
    def readable(self) -> Sequence[ReadableDataProvider]:
        """What data logics of a subclass read at each point."""
        return () if self._prepare_ctx is None else self._prepare_ctx.readable_data_providers
