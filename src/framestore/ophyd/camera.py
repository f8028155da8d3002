"""A camera as an ophyd device."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from framestore.acquisition import StuckSourceError
from framestore.detector.arguments import Seconds
from framestore.detector.asking import by_bluesky
from framestore.detector.conversation import Conversation
from framestore.detector.flights import Flights
from framestore.detector.given import checked
from framestore.detector.point import Point, before_the_first
from framestore.detector.stagings import Stagings
from framestore.documents import AssetDocuments, documents_family
from framestore.formats import Format
from framestore.frame import FrameSaver, FrameSource
from framestore.paths import PathProvider
from framestore.roi import ROI

from .flyer import Flyer
from .panel import SignalPanel, hint
from .regions import add_rois
from .settings import add_settings
from .status import PointStatus


class Camera(Flyer):
    """An area detector that writes its frames into files, for plans such as ``count`` and ``grid_scan``.

    Parameters
    ----------
    source
        A `FrameSource`, a function that returns an array, or a `SavingSource`; its settings become signals.
    path_provider
        Says where files go: called with the data key's name at the first trigger of a staging, for one file.
    format
        Name of a format, or its settings from `framestore.formats`.
    documents
        ``"stream"``: StreamResource and StreamDatum, for Tiled. ``"datum"``: Resource and Datum, for databroker 1.x.
    frames_per_point
        Frames in an event; a signal of the device too, that may stand in ``stage_sigs``.
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
        Exposures that are combined into each frame; a signal of the device too, that may stand in ``stage_sigs``.
    combine_exposures
        ``"mean"``: float32 or float64. ``"sum"``: a wider integer, or float64.
    on_dropped
        ``"fail"``: frames that the source lost fail the point. ``"record"``: the event counts them.
    name
        Name of the device.

    Raises
    ------
    ValueError
        When the format, the documents, a statistic, or another setting is unknown or out of range, or source and
        format do not go together.
    TypeError
        When ``source`` is neither a source nor a function.
    """

    timeout = Seconds(or_none=True)
    settle_time = Seconds()

    def __init__(
        self,
        source: FrameSource | FrameSaver | Callable[[], ArrayLike],
        path_provider: PathProvider,
        *,
        format: str | Format = "hdf5",  # noqa: A002 - the field's word
        documents: str = "stream",
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
        name: str = "camera",
        **kwargs: Any,
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
            name=name,
        )
        given.check_format(name, exposures_per_frame)
        self._numbers = given.numbers
        self.timeout = timeout
        self.settle_time = settle_time
        self._documents = AssetDocuments(documents_family(documents)())
        self._panel = SignalPanel(self)
        settings = add_settings(self, given.source, name=name, timeout=frame_timeout)
        self._stagings = Stagings(self._panel, given, self._documents, settings)
        self._conversation = Conversation(self._documents, self._stagings)
        self._flights = Flights(self._panel, self._documents, self._stagings)
        add_rois(self, given.rois, given.statistics, name)
        super().__init__(name=name, **kwargs)
        self.image.external = self._documents.external
        self.image.lossy = given.format.lossy
        self.frames_per_point.put(frames_per_point)
        self.exposures_per_frame.put(exposures_per_frame)
        self.format.put(given.format.layout.name, internal=True)
        hint(self, given.numbers, given.hints)

    def stage(self) -> list[object]:
        """Start the source and get ready for triggers; no file is made yet.

        Raises
        ------
        ophyd.utils.RedundantStaging
            When it is staged already; that staging goes on.
        OSError
            When the folder, where the path provider knows it by now, cannot be made or written to, or has no room for
            a point; a TimeoutError when its file system, or the source, does not return.
        ValueError
            When the format cannot hold the source's frames.
        RuntimeError
            When the source is still stuck in a call of the staging before.
        Exception
            Whatever the source raised.
        """
        staged = super().stage()
        try:
            staging = self._stagings.begin()
            self.image.set_frames(staging.frames_per_point, staging.acquisition.shape, staging.acquisition.dtype)
            self._panel.show(before_the_first(self._numbers, staging.acquisition.dtype))
        except BaseException:
            with contextlib.suppress(TimeoutError):  # what is stuck was named, or is by the first error
                self.unstage()
            raise
        return staged

    def unstage(self) -> list[object]:
        """Stop the source and close the file. Harmless when the camera is not staged.

        A source that does not return is logged as an error; `stage` refuses until it has. Frames of points that a plan
        has triggered and never read leave the file, and that is logged; documents of points that were triggered by
        hand still are handed out, until the next `stage`.

        Raises
        ------
        RuntimeError
            When a plan saved an event in a stream that the camera had left for another.
        TimeoutError
            When the file system does not return, or a source does not, so that settings cannot be put back.
        """
        self._stagings.check_thread()
        try:
            self._stagings.end()
        except StuckSourceError as error:
            self.log.error("%s", error)  # noqa: TRY400 - the message says all
        finally:
            unstaged = super().unstage()
        return unstaged

    def trigger(self) -> PointStatus:
        """Take the frames of a point.

        Returns
        -------
        PointStatus
            Done when plain tools of other processes can read them; fails with the error of the source or the file.

        Raises
        ------
        RuntimeError
            When the camera is not staged, or is still busy with the trigger before.
        ValueError
            When the path provider's name is refused.
        """
        staging = self._stagings.ready_for("trigger")
        timeout = staging.acquisition.patience(staging.frames_per_point) if self.timeout is None else self.timeout
        status = PointStatus(self, staging.frames_per_point, timeout=timeout, settle_time=self.settle_time)
        by_hand = not by_bluesky()
        point = Point(
            panel=self._panel,
            staging=staging,
            documents=self._documents,
            outcome=status,
            timeout=timeout + self.settle_time,
            by_hand=by_hand,
        )
        try:
            staging.take(point.order())
        except BaseException:
            if status.claim.take():  # nobody has it
                status.set_finished()
            raise
        return status

    def collect_asset_docs(self, index: int | None = None) -> Iterator[tuple[str, Any]]:
        """Yield, once, the (name, document) pairs of the points that were taken since the last call; before ``index``.

        After a pause, those that bluesky dropped are yielded again. Frames of the first point of another stream or run
        are moved to a file of their own. RuntimeError when a plan went back to a stream, or unstaged too early.
        """
        return self._conversation.collect(index)

    @property
    def hints(self) -> dict[str, Any]:
        """The numbers that tables and plots show by themselves; none for the stream of a fly scan, which has none."""
        return {"fields": []} if self._conversation.flown else super().hints

    def read(self) -> Any:
        """Readings of the last point; without an image, where bluesky reads a camera that is not staged, or flies."""
        self.image.there = self._conversation.reads()
        return super().read()

    def describe(self) -> Any:
        """Data keys of an event; without an image, where bluesky reads a camera that is not staged, or flies."""
        self.image.there = self._conversation.describes()
        return super().describe()

    def describe_configuration(self) -> Any:
        """Data keys of the configuration."""
        self._conversation.describes_configuration()
        return super().describe_configuration()

    def read_configuration(self) -> Any:
        """Readings of the configuration."""
        if self._conversation.reads_configuration():
            self._conversation.settle()
        return super().read_configuration()

    def stop(self, *, success: bool = False) -> None:
        """Take back the point that is not complete; its Status ends, unless with ``success``, with a RuntimeError.

        A fly scan ends; its points that are complete can be collected. One without a number of points is complete.
        """
        self._conversation.stop(success=success)
        super().stop(success=success)

    def pause(self) -> None:
        """Note that the plan may go back behind the last point. A point that is under way is completed meanwhile.

        At the next trigger, frames of points that were not emitted are taken back; when the plan reads without one,
        their documents are handed out again. A free-running source goes on; what it exposes meanwhile is skipped.
        """
        datum_id = self._conversation.pause()
        if datum_id is not None:
            self.image.put(datum_id, internal=True)
        super().pause()

    def resume(self) -> None:
        """Go on with a fly scan."""
        self._conversation.resume()
        super().resume()
