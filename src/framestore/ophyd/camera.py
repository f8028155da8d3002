"""A camera as an ophyd device."""

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from numpy.typing import ArrayLike
from ophyd import Component, Device
from ophyd.signal import InternalSignal

from framestore.acquisition import Acquisition, Order, StuckSourceError, frames_of
from framestore.documents import AssetDocuments, Place, documents_family
from framestore.formats import Format, chosen
from framestore.frame import FrameSaver, FrameSource
from framestore.paths import PathInfo, PathProvider, SettledFolder, ensure_folder

from .arguments import as_source, known_statistics
from .signals import FrameReference, FramesPerPoint
from .status import PointStatus


class Camera(Device):
    """An area detector that writes its frames into files, for plans such as ``count`` and ``grid_scan``.

    Parameters
    ----------
    source
        A `FrameSource`, a function that returns an array, or a `SavingSource`, for formats of one file a frame.
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
    hints
        Which of them tables and plots show by themselves; those that ``stats`` leaves out are not shown.
    queue_bytes
        Most that frames on their way to the file may take in memory, bytes; at least two frames always fit.
    frame_timeout
        Seconds that the source may take to start, and for each frame, before the point fails.
    name
        Name of the device.

    Raises
    ------
    ValueError
        When the format, the documents, a statistic, or frames_per_point is unknown or out of range, or source and
        format do not go together.
    TypeError
        When ``source`` is neither a source nor a function.
    """

    image = Component(FrameReference, value="", kind="normal")
    frames_per_point = Component(FramesPerPoint, value=1, kind="config")
    format = Component(InternalSignal, value="", kind="config")
    file_path = Component(InternalSignal, value="", kind="config")
    frames_written = Component(InternalSignal, value=0, kind="omitted")
    mean = Component(InternalSignal, value=0.0, kind="omitted")
    max = Component(InternalSignal, value=0.0, kind="omitted")
    sum = Component(InternalSignal, value=0.0, kind="omitted")
    centroid_x = Component(InternalSignal, value=0.0, kind="omitted")
    centroid_y = Component(InternalSignal, value=0.0, kind="omitted")

    def __init__(
        self,
        source: FrameSource | FrameSaver | Callable[[], ArrayLike],
        path_provider: PathProvider,
        *,
        format: str | Format = "hdf5",  # noqa: A002 - the field's word
        documents: str = "stream",
        frames_per_point: int = 1,
        stats: Sequence[str] = ("mean", "max", "sum", "centroid_x", "centroid_y"),
        hints: Sequence[str] = ("mean",),
        queue_bytes: int = 256 * 2**20,
        frame_timeout: float = 10.0,
        name: str = "camera",
        **kwargs: Any,
    ) -> None:
        self._path_provider = path_provider
        self._chosen_format = chosen(format)
        self._source = frames_of(as_source(source, name), self._chosen_format, name)
        self._family = documents_family(documents)
        self._stats = known_statistics(stats, "stats")
        self._queue_bytes = queue_bytes
        self._frame_timeout = frame_timeout
        self._acquisition: Acquisition | None = None
        self._documents: AssetDocuments | None = None
        self._place: Place | None = None
        self._frames: int = 0
        self._paused = False
        super().__init__(name=name, **kwargs)
        self.image.external = self._family.external
        self.frames_per_point.put(frames_per_point)
        self.format.put(self._chosen_format.layout.name, internal=True)
        shown = known_statistics(hints, "hints")
        for statistic in self._stats:
            getattr(self, statistic).kind = "hinted" if statistic in shown else "normal"

    def stage(self) -> list[object]:
        """Start the source and get ready for triggers; no file is made yet.

        Raises
        ------
        ophyd.utils.RedundantStaging
            When it is staged already; that staging goes on.
        OSError
            When the folder, where the path provider knows it by now, cannot be made or written to.
        ValueError
            When the format cannot hold the source's frames.
        RuntimeError
            When the source is still stuck in a call of the staging before.
        Exception
            Whatever the source raised.
        """
        staged = super().stage()
        try:
            self._start()
        except BaseException:
            self.unstage()
            raise
        return staged

    def unstage(self) -> list[object]:
        """Stop the source and close the file. Harmless when the camera is not staged.

        A source that does not return is logged as an error; `stage` refuses until it has. Documents that were not
        collected yet still are handed out, until the next `stage`.

        Raises
        ------
        RuntimeError
            When a plan triggered between the read and the save of an event: the frames of that event are lost.
        """
        acquisition = self._acquisition
        self._place = None
        try:
            if acquisition is not None:
                acquisition.close()
            if self._documents is not None:
                self._documents.check()
        except StuckSourceError as error:
            self.log.error("%s", error)  # noqa: TRY400 - the message says all
        finally:
            if acquisition is not None and not acquisition.stuck:
                self._acquisition = None
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
        ValueError, OSError
            When the path provider's name is refused, or its folder cannot be made.
        """
        acquisition, documents = self._acquisition, self._documents
        if acquisition is None or documents is None:
            msg = f"{self.name}: trigger before stage; call {self.name}.stage() first, as bluesky's plans do"
            raise RuntimeError(msg)
        if self.frames_per_point.get() != self._frames:
            msg = (
                f"{self.name}: frames_per_point was changed from {self._frames} to {self.frames_per_point.get()} while "
                "staged; unstage first, or set it through stage_sigs"
            )
            raise RuntimeError(msg)
        self._retake(acquisition, documents)
        if self._place is None:
            self._place = self._new_file(acquisition, documents)
        status = PointStatus(self, self._frames)

        def on_written(frames: int) -> None:
            self.frames_written.put(acquisition.frames_written, internal=True)
            status.report(frames)

        def on_end(error: Exception | None) -> None:
            if error is not None or order.cancelled:  # its frames were taken out again
                self.frames_written.put(acquisition.frames_written, internal=True)
            self._end_point(order, status, documents, error)

        order = Order(self._frames, on_written=on_written, on_end=on_end)
        acquisition.arm(order)
        return status

    def collect_asset_docs(self) -> Iterator[tuple[str, Any]]:
        """Yield, once, the (name, document) pairs of the points that were taken since the last call.

        After a pause, those that bluesky dropped are yielded again.
        """
        if self._documents is not None:
            yield from self._documents.collect(paused=self._paused)

    def stop(self, *, success: bool = False) -> None:
        """Take back the point that is not complete; its Status ends without an error."""
        if self._acquisition is not None:
            self._acquisition.cancel()
        super().stop(success=success)

    def pause(self) -> None:
        """Note that the plan may go back behind the last point. A point that is under way is completed meanwhile.

        What then happens is seen when it resumes: at the next trigger, the frames of points that were not emitted are
        taken back; when it reads without a trigger, their documents are handed out again.
        """
        self._paused = True
        super().pause()

    def _retake(self, acquisition: Acquisition, documents: AssetDocuments) -> None:
        """Make room for a point that may take the place of one that never was emitted."""
        if self._paused:
            acquisition.cancel()
        points = documents.retake(paused=self._paused)
        if points:
            acquisition.take_back(points * self._frames)
        self._paused = False

    def _start(self) -> None:
        if self._acquisition is not None:
            if self._acquisition.stuck:
                msg = (
                    f"{self.name}: the source {self._source!r}, or its file, has not returned from a call of the last "
                    "staging; look at the camera and the disk, and stage again once it has"
                )
                raise RuntimeError(msg)
            self._acquisition = None
        provider = self._path_provider
        if isinstance(provider, SettledFolder):
            ensure_folder(provider.directory_path, provider.create_dir_depth)
        self._acquisition = Acquisition(
            self._source,
            self._chosen_format,
            camera=self.name,
            statistics=self._stats,
            queue_bytes=self._queue_bytes,
            frame_timeout=self._frame_timeout,
        )
        self._acquisition.start()
        self._paused = False
        self._frames = operator.index(cast("int", self.frames_per_point.get()))
        self._documents = self._family()
        dtype = self._acquisition.dtype
        self.image.set_frames(self._frames, self._acquisition.shape, dtype)
        self.frames_written.put(0, internal=True)
        self.file_path.put("", internal=True)
        for statistic in {"max", "sum"} & set(self._stats):  # whole numbers for whole numbers, from the descriptor on
            getattr(self, statistic).put(0.0 if dtype.kind == "f" else 0, internal=True)

    def _new_file(self, acquisition: Acquisition, documents: AssetDocuments) -> Place:
        given = self._path_provider(self.image.name)
        info = PathInfo(
            directory_path=given.directory_path,
            filename=given.filename,
            create_dir_depth=given.create_dir_depth,
            directory_uri=given.directory_uri,
        )
        layout = self._chosen_format.layout
        path = ensure_folder(info.directory_path, info.create_dir_depth) / layout.file_name(info.filename)
        place = Place(
            info=info,
            layout=layout,
            data_key=self.image.name,
            frames_per_point=self._frames,
            frame_shape=acquisition.shape,
        )
        acquisition.open(path)
        documents.start_resource(place)
        self.file_path.put(str(path), internal=True)
        return place

    def _end_point(self, order: Order, status: PointStatus, documents: AssetDocuments, error: Exception | None) -> None:
        """On the writer thread: the numbers and the documents first, then the Status."""
        try:
            if error is None and not order.cancelled:
                for statistic, value in order.numbers.items():
                    getattr(self, statistic).put(value, internal=True)
                datum_id = documents.add_point()
                if datum_id is not None:
                    self.image.put(datum_id, internal=True)
        except Exception as raised:  # noqa: BLE001 - by a subscriber of a signal; nothing else would end the Status
            error = raised
        if error is None:
            status.set_finished()
        else:
            status.set_exception(error)
