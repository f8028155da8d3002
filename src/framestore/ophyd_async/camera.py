"""A camera as an ophyd-async detector."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bluesky.protocols import Hints, Reading, StreamAsset
from event_model import DataKey
from numpy.typing import ArrayLike
from ophyd_async.core import DetectorTrigger, SignalRW

from framestore.acquisition import SourceSettings
from framestore.detector.arguments import Seconds
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
from .fly_scans import FlyScans
from .images import ImageStream
from .mock import MockAcquisition
from .panel import LoopPanel
from .stepper import Stepper
from .triggers import SourceTriggers
from .turn import Turns


class Camera(Stepper):
    """An area detector that writes its frames into files: an ophyd-async ``StandardDetector``.

    Parameters
    ----------
    source
        A `FrameSource`, a function that returns an array, or a `SavingSource`; its settings become signals when the
        camera is connected.
    path_provider
        Says where files go: one of `framestore.paths`, or of ophyd-async. It is called with the camera's name, at the
        first trigger of a staging or when the camera is prepared, for one file.
    format
        Name of a format, or its settings from `framestore.formats`.
    frames_per_point
        Frames in an event, where a ``TriggerInfo`` does not say so; a signal of the device too.
    stats
        Which numbers of each event's frames stand in the event: of ``mean``, ``max``, ``sum``, ``centroid_x``,
        ``centroid_y``; counts and pixels. ``()`` turns them off.
    rois
        Regions of interest, by name: the same numbers of each stand in the event, such as ``spot_mean``. A region is a
        `framestore.ROI`, or (x, y, width, height) in pixels.
    hints
        Which of them tables and plots show by themselves; those that ``stats`` leaves out are not shown.
    queue_bytes
        Most that frames on their way to the file may take in memory, bytes; at least two frames always fit.
    frame_timeout
        Seconds that the source may take to start, and for each exposure beyond its exposure time, and the file system.
    timeout
        Seconds that a point may take; None: as long as its exposures may take, one after another. An attribute, too.
    settle_time
        Seconds between the last frame of a point and the end of its Status. An attribute, too.
    exposures_per_frame
        Exposures that are combined into each frame, where a ``TriggerInfo`` does not say so; a signal too.
    combine_exposures
        ``"mean"``: float32 or float64. ``"sum"``: a wider integer, or float64.
    on_dropped
        ``"fail"``: frames that the source lost fail the point. ``"record"``: the event counts them.
    name
        Name of the device, and of the data key of its images; `ophyd_async.core.init_devices` gives one that has none
        the name of its variable.

    Raises
    ------
    ValueError
        When the format, a statistic, or another setting is unknown or out of range, or source and format do not go
        together.
    TypeError
        When ``source`` is neither a source nor a function.

    Notes
    -----
    The images are in the documents StreamResource and StreamDatum; for Resource and Datum take `framestore.ophyd`.
    Connected with ``mock=True``, it touches neither source nor disk: plans run through with complete documents.
    """

    timeout = Seconds(or_none=True)
    settle_time = Seconds()

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
        self._is_connected = self._mocked = False
        self._of_source: tuple[SignalRW[Any], ...] = ()
        self._given = given
        self._turns = Turns()
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
        self.add_signals(given)
        self._add_logics()
        super().__init__(
            name=name,
            connector=SourceConnector(
                given.source,
                self._settings,
                self._stagings,
                lambda: given.check_format(self.name, exposures_per_frame),
                self._connected,
            ),
        )

    def _add_logics(self) -> None:
        self._triggers = SourceTriggers(self, self._settings)
        self._fly_scans = FlyScans(self._panel, self._stagings, self._flights)
        self._waits = self._acquiring = Acquiring(
            self._panel,
            self._documents,
            self._stagings,
            self._fly_scans,
            counts=self._counts,
            turns=self._turns,
            triggers=self._triggers,
            numbers=self._given.numbers,
            times=lambda: (self.timeout, self.settle_time),
        )
        lossy = self._given.format.lossy
        self._images = ImageStream(self._panel, self._stagings, lossy=lossy, frames_written=self.frames_written)
        self.add_detector_logics(self._triggers, self._acquiring, self._images)
        self.support(self._triggers.supported())

    def _acquisition(self, *, camera: str, frames_per_point: int, exposures_per_frame: int) -> Any:
        """An acquisition, for a staging."""
        if not (camera and self._is_connected):
            lacks = f"{camera}: it was not connected" if camera else "a camera without a name cannot be staged"
            msg = f"{lacks}; make it within `with init_devices():`, or give it a name and await its connect()"
            raise RuntimeError(msg)
        if not self._mocked:
            return self._given.acquisition(
                camera=camera, frames_per_point=frames_per_point, exposures_per_frame=exposures_per_frame
            )
        return MockAcquisition(
            self._given.source,
            frame_timeout=self._given.frame_timeout,
            frames_per_point=frames_per_point,
        )

    def _connected(self, settings: Mapping[str, SignalRW[Any]], mocked: bool) -> None:  # noqa: FBT001
        """The source was looked at, or will not be."""
        self._is_connected, self._mocked = True, mocked
        signals = tuple(settings.values())
        self.replace_config_signals(self._of_source, signals)
        self._of_source = signals
        unknown = settings.keys() - self._settings.known.keys()  # in mock mode: nobody knows what the source offers
        self.support(DetectorTrigger if unknown else self._triggers.supported())

    async def describe(self) -> dict[str, DataKey]:
        """Data keys of an event; without an image, where bluesky reads a camera that is not staged, or flies."""
        data_keys = self._images.data_key() if self._conversation.describes() else {}
        for provider in self.readable:
            data_keys.update(await provider.make_datakeys())
        for signal in self._readable:
            data_keys.update(await signal.describe())
        return data_keys

    async def read(self) -> dict[str, Reading[Any]]:
        """The numbers of the last point; of the images, StreamDatum documents tell.

        A subclass that reads more does so before: after a fly scan, it is told from what follows at once whether
        bluesky reads an event, or collects.
        """
        readings: dict[str, Reading[Any]] = {}
        for provider in self.readable:  # of data logics that a subclass has
            readings.update(await provider.make_readings())
        self._conversation.reads()
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
            self._conversation.settle()  # at once: a pause must not come in between, bluesky would know half of it
        return await super().read_configuration()

    async def collect_asset_docs(self, index: int | None = None) -> AsyncIterator[StreamAsset]:
        """Yield, once, the (name, document) pairs of the points that were taken since the last call; before ``index``.

        After a pause, those that bluesky dropped are yielded again. Frames of the first point of another stream or run
        are moved to a file of their own. RuntimeError when a plan went back to a stream, or unstaged too early.
        """
        for name, document in self._conversation.collect(index):
            yield name, document  # type: ignore[misc]

    @property
    def hints(self) -> Hints:
        """The numbers that tables and plots show by themselves; none for the stream of a fly scan, which has none."""
        shown = () if self._conversation.flown else self._given.numbers
        numbers = [getattr(self, name).name for name in shown if name in self._given.hints]
        return Hints(fields=[*numbers, *super().hints.get("fields", [])])
