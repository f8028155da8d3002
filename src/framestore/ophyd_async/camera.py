"""A camera as an ophyd-async detector."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from bluesky.protocols import Hints, Reading, StreamAsset
from event_model import DataKey
from numpy.typing import ArrayLike
from ophyd_async.core import (
    Array1D,
    AsyncStatus,
    DetectorTrigger,
    SignalR,
    SignalRW,
    TriggerInfo,
    WatchableAsyncStatus,
    WatcherUpdate,
)

from framestore.acquisition import STATISTICS, SourceSettings
from framestore.detector.arguments import Seconds
from framestore.detector.asking import elsewhere
from framestore.detector.conversation import Conversation
from framestore.detector.flights import Flights
from framestore.detector.given import checked
from framestore.detector.stagings import Stagings
from framestore.documents import AssetDocuments, documents_family
from framestore.formats import Format
from framestore.frame import FrameSaver, FrameSource
from framestore.paths import PathProvider
from framestore.roi import ROI

from .acquire import Acquiring
from .connector import SourceConnector
from .counts import Counts
from .images import ImageStream
from .mock import MockAcquisition
from .panel import LoopPanel
from .request import asked_of, filled
from .signals import shown
from .triggers import SourceTriggers
from .versions import FrameDetector


class Camera(FrameDetector):
    """An area detector that writes its frames into files, for plans of new beamlines.

    TODO docs
    """

    timeout = Seconds(or_none=True)
    settle_time = Seconds()

    frames_per_point: SignalRW[int]
    exposures_per_frame: SignalRW[int]
    format: SignalR[str]
    file_path: SignalR[str]
    frames_written: SignalR[int]
    frames_dropped: SignalR[int]
    total_frames_dropped: SignalR[int]
    mean: SignalR[float]
    max: SignalR[float]
    sum: SignalR[float]
    centroid_x: SignalR[float]
    centroid_y: SignalR[float]
    exposure_time: SignalRW[float]
    frame_rate: SignalRW[float]
    gain: SignalRW[float]
    pixel_format: SignalRW[str]
    trigger_mode: SignalRW[str]

    def __init__(
        self,
        source: FrameSource | FrameSaver | Callable[[], ArrayLike],
        path_provider: PathProvider,
        *,
        format: str | Format = "hdf5",  # noqa: A002 - the field's word
        frames_per_point: int = 1,
        stats: Sequence[str] = ("mean", "max", "sum", "centroid_x", "centroid_y"),
        rois: Mapping[str, ROI | Sequence[int]] | None = None,
        hints: Sequence[str] = ("mean",),
        queue_bytes: int = 256 * 2**20,
        frame_timeout: float = 10.0,
        timeout: float | None = None,
        settle_time: float = 0.0,
        exposures_per_frame: int = 1,
        combine_exposures: str = "mean",
        on_dropped: str = "fail",
        name: str = "",
    ) -> None:
        given = checked(
            source,
            path_provider,
            format=format,
            stats=stats,
            rois=rois,
            hints=hints,
            queue_bytes=queue_bytes,
            frame_timeout=frame_timeout,
            exposures_per_frame=exposures_per_frame,
            combine_exposures=combine_exposures,
            on_dropped=on_dropped,
            name=name or "camera",
        )
        if given.announces:
            given.check_format(name or "camera", exposures_per_frame)
        self._mocked = False
        self._triggered: WatchableAsyncStatus[int] | None = None
        self._given = given
        self.timeout = timeout
        self.settle_time = settle_time
        self._counts = Counts(frames_per_point, exposures_per_frame)
        self._panel = LoopPanel(self, self._counts.asked)
        self._documents = AssetDocuments(documents_family("stream")())
        self._settings = SourceSettings(given.source, camera=name or "camera", timeout=frame_timeout)
        self._stagings = Stagings(
            self._panel, replace(given, acquisition=self._acquisition), self._documents, self._settings
        )
        self._conversation = Conversation(self._documents, self._stagings)
        self._flights = Flights(self._panel, self._documents, self._stagings)
        self._add_signals()
        self._add_logics()
        super().__init__(
            name=name,
            connector=SourceConnector(
                self._settings, partial(given.check_format, name or "camera", exposures_per_frame), self._connected
            ),
        )

    def _add_signals(self) -> None:
        given = self._given
        for name, signal in self._counts.signals().items():
            setattr(self, name, signal)
        values = {"format": given.format.layout.name, "file_path": "", "total_frames_dropped": 0, "frames_written": 0}
        numbers = dict.fromkeys((*STATISTICS, *given.numbers), 0.0)
        for name, value in {**values, **numbers, "frames_dropped": 0}.items():
            self._add(name, type(value), value)
        for name, region in given.rois.items():
            edges = [int(edge) for edge in (region.x, region.y, region.width, region.height)]
            self._add(name, Array1D[np.int64], np.array(edges))
        self._readable: list[SignalR[Any]] = [getattr(self, name) for name in (*given.numbers, "frames_dropped")]
        config = ["frames_per_point", "exposures_per_frame", "format", "file_path", "total_frames_dropped"]
        self._own_config = tuple(getattr(self, name) for name in (*config, *given.rois))

    def _add(self, name: str, datatype: type[Any], value: Any) -> None:
        if hasattr(self, name):
            msg = f"Camera has something else called {name!r}, so it can have no signal of that name; name it otherwise"
            raise ValueError(msg)
        signal, backend = shown(datatype, value)
        self._panel.add(name, backend)
        setattr(self, name, signal)

    def _add_logics(self) -> None:
        self._waits = self._acquiring = Acquiring(
            self._panel,
            self._documents,
            self._stagings,
            self._flights,
            self._counts,
            numbers=self._given.numbers,
            times=lambda: (self.timeout, self.settle_time),
        )
        self._triggers = SourceTriggers(self, self._settings, self._acquiring.restage)
        lossy = self._given.format.lossy
        self._images = ImageStream(self._panel, self._stagings, lossy=lossy, frames_written=self.frames_written)
        self.add_detector_logics(self._triggers, self._acquiring, self._images)
        self.support(self._triggers.supported())

    def _acquisition(self, *, camera: str, frames_per_point: int, exposures_per_frame: int) -> Any:
        """An acquisition, for a staging."""
        if not self._mocked:
            return self._given.acquisition(
                camera=camera, frames_per_point=frames_per_point, exposures_per_frame=exposures_per_frame
            )
        return MockAcquisition(
            self._given.source,
            frame_timeout=self._given.frame_timeout,
            frames_per_point=frames_per_point,
            numbers=self._given.numbers,
        )

    def _connected(self, settings: Mapping[str, SignalRW[Any]], mocked: bool) -> None:  # noqa: FBT001
        """The source was looked at, or will not be."""
        self._mocked = mocked
        self._config_signals = (*self._own_config, *settings.values())
        self.support(self._triggers.supported())

    @AsyncStatus.wrap
    async def prepare(self, value: Any) -> None:
        """Get ready for a number of events, and claim the file for them.

        Parameters
        ----------
        value
            A ``TriggerInfo``, its fields in a mapping, or a number of events; 0: until `complete`. What it does not
            name stays as the camera is set: collections in an event (``frames_per_point``), exposures in a collection
            (``exposures_per_frame``), and the trigger. What it names holds until the camera is unstaged.

        Raises
        ------
        RuntimeError
            When the camera is not staged, or is busy.
        ValueError, TypeError
            When the source has no such trigger or time, it is out of range, or the file's name is refused.
        FileExistsError
            When the file's name is taken.
        """
        asked = asked_of(value, self.name)
        staging = self._stagings.ready_for("prepare")
        if self._flights.is_interrupted and staging.points == asked.number_of_events:
            return  # a plan that goes back behind a pause
        self._flights.check_landed("prepared")
        self._acquiring.begin = partial(self._acquiring.arm, asked.number_of_events)  # if it is triggered from outside
        info = await self._set_up(asked)
        if info.trigger is DetectorTrigger.INTERNAL:
            await self._acquiring.claim(info.number_of_events)

    def trigger(self) -> WatchableAsyncStatus[int]:
        """Take the frames of a point, as it was prepared, or as the camera is set.

        Returns
        -------
        WatchableAsyncStatus
            Done when plain tools of other processes can read them; fails with the error of the source or the file.

        Raises
        ------
        RuntimeError
            When the camera is not staged, or is still busy with the trigger before.
        ValueError
            When it was prepared for a number of events other than 1.
        """
        staging = self._stagings.ready_for("trigger")
        if self._triggered is not None and not self._triggered.done and not staging.paused:
            msg = f"{self.name}: triggered while the frames of the trigger before are being taken; wait for those"
            raise RuntimeError(msg)
        if self.prepared is not None and self.prepared.number_of_events != 1:
            events = self.prepared.number_of_events
            msg = f"{self.name}: triggered, but prepared for {events} events; kick it off, or prepare it for 1"
            raise ValueError(msg)
        self._triggered = self._trigger()
        return self._triggered

    @AsyncStatus.wrap
    async def kickoff(self) -> None:
        """Begin to take the points it was prepared for. After a pause, a fly scan that is under way goes on instead.

        Raises
        ------
        RuntimeError
            When it was not prepared in this staging, or is busy.
        """
        self._flights.check_prepared()
        self._acquiring.begin = partial(self._acquiring.fly, await self.events_to_kickoff.get_value())
        if self._flights.is_interrupted:
            await self._acquiring.fly()
        else:
            await self.plain_kickoff()

    def complete(self) -> WatchableAsyncStatus[int]:
        """Wait for the last point; without a number of points, the one that is being taken is the last.

        Returns
        -------
        WatchableAsyncStatus
            Done when others can read all frames; fails with the error of the source or the file. Points that have
            landed before can be collected all the same.

        Raises
        ------
        RuntimeError
            When it was not kicked off in this staging.
        """
        self._flights.check_kicked_off()
        return super().complete()

    async def describe(self) -> dict[str, DataKey]:
        """Data keys of an event; without an image, where bluesky reads a camera that is not staged, or flies."""
        data_keys = self._images.data_key() if self._conversation.describes() else {}
        for signal in self._readable:
            data_keys.update(await signal.describe())
        return data_keys

    async def read(self) -> dict[str, Reading[Any]]:
        """The numbers of the last point; of the images, StreamDatum documents tell."""
        self._conversation.reads()
        readings: dict[str, Reading[Any]] = {}
        for signal in self._readable:  # one after another: bluesky's next question has to follow at once
            readings.update(await signal.read())
        return readings

    async def describe_configuration(self) -> dict[str, DataKey]:
        """Data keys of the configuration."""
        self._conversation.describes_configuration()
        return await super().describe_configuration()

    async def read_configuration(self) -> dict[str, Reading[Any]]:
        """Readings of the configuration."""
        if self._conversation.reads_configuration():
            await elsewhere(self._conversation.settle)
        return await super().read_configuration()

    async def describe_collect(self) -> dict[str, DataKey]:
        """Data key of the frames: the only one of a stream that is flown, which has no events."""
        return self._images.data_key()

    async def get_index(self) -> int:
        """Index in its stream that the next point would have: points before it can be collected, or were."""
        return self._flights.next_index()

    async def collect_asset_docs(self, index: int | None = None) -> AsyncIterator[StreamAsset]:
        """Yield, once, the (name, document) pairs of the points that were taken since the last call; before ``index``.

        After a pause, those that bluesky dropped are yielded again. Frames of the first point of another stream or run
        are moved to a file of their own. RuntimeError when a plan went back to a stream, or unstaged too early.
        """
        for name, document in self._conversation.collect(index):
            yield name, document  # type: ignore[misc]

    @property
    def hints(self) -> Hints:
        """The numbers that tables and plots show by themselves."""
        return Hints(fields=[getattr(self, name).name for name in self._given.numbers if name in self._given.hints])

    async def stop(self, *, success: bool = False) -> None:
        """Take back the point that is not complete; its Status ends, unless with ``success``, with a RuntimeError.

        A fly scan ends; its points that are complete can be collected. One without a number of points is complete.
        """
        await elsewhere(partial(self._conversation.stop, success=success))

    async def pause(self) -> None:
        """Note that the plan may go back behind the last point. A point that is under way is completed meanwhile.

        At the next trigger, frames of points that were not emitted are taken back; when the plan reads without one,
        their documents are handed out again. A free-running source goes on; what it exposes meanwhile is skipped.
        """
        self._conversation.pause()

    async def resume(self) -> None:
        """Go on with a fly scan."""
        self._conversation.resume()

    @WatchableAsyncStatus.wrap
    async def _trigger(self) -> AsyncIterator[WatcherUpdate[int]]:
        if self.prepared is None:
            self._acquiring.begin = self._acquiring.nothing
            await self._set_up(TriggerInfo())
        self._acquiring.begin = self._acquiring.take
        async for update in self.plain_trigger():
            yield update

    async def _set_up(self, asked: TriggerInfo) -> TriggerInfo:
        """Set the camera as it is asked for, and what is not named as it is set; returns all of it."""
        counts = self._counts.asked()
        as_set = {
            "trigger": await self._triggers.current(),
            "collections_per_event": counts["frames_per_point"],
            "exposures_per_collection": counts["exposures_per_frame"],
        }
        info = filled(asked, as_set)
        wanted = {
            "frames_per_point": info.collections_per_event,
            "exposures_per_frame": info.exposures_per_collection,
        }
        if wanted != counts:
            self._counts.change(wanted)
            await self._acquiring.restage()
        await self.plain_prepare(info)
        return info
