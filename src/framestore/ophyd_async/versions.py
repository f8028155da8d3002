"""What depends on the version of ophyd-async: all that is used of it beyond its public names. Written against 0.21."""

from collections.abc import AsyncIterator, Iterable
from typing import Any, Protocol, cast

from ophyd_async.core import (
    DetectorTrigger,
    SignalR,
    StandardDetector,
    StreamableDataProvider,
    TriggerInfo,
    WatcherUpdate,
)


class Waits(Protocol):
    """Waits for frames."""

    def arriving(self, trigger_info: TriggerInfo, divisor: int) -> AsyncIterator[WatcherUpdate[int]]:
        """Wait for the frames that were begun last, and tell how many there are; raises their error."""
        ...


class FrameDetector(StandardDetector):
    """A detector that waits for frames in its own way.

    ophyd-async 0.21 waits for a signal that counts collections, and for nothing else: an error of the source shows as
    the timeout of that wait. All of its verbs wait in one private method, which is replaced here.
    """

    _waits: Waits

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

    def plain_trigger(self) -> AsyncIterator[WatcherUpdate[int]]:
        """As `StandardDetector.trigger`, without a Status."""
        return cast("Any", StandardDetector.trigger).__wrapped__(self)

    async def _wait_for_index(  # noqa: PLR0917 - ophyd-async's interface
        self,
        data_providers: Iterable[StreamableDataProvider],
        trigger_info: TriggerInfo,
        initial_collections_written: int,
        collections_requested: int,
        wait_for_idle: bool,  # noqa: FBT001 - ophyd-async's interface
        watcher_divisor: int = 1,
    ) -> AsyncIterator[WatcherUpdate[int]]:
        del data_providers, initial_collections_written, collections_requested
        async for update in self._waits.arriving(trigger_info, watcher_divisor):
            yield update
        if self._acquire_logic and wait_for_idle:
            await self._acquire_logic.wait_for_idle()
