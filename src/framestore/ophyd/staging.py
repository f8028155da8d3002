"""What a camera has from stage to unstage."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from framestore_handlers.layout import Layout
from ophyd import Device, Signal

from framestore.acquisition import Acquisition, Order
from framestore.documents import AssetDocuments, Place
from framestore.paths import PathInfo, PathProvider, SettledFolder

from .asking import by_bluesky


class Staging:
    """An acquisition, the file that its frames go to, and what the documents of the camera require of that file.

    Parameters
    ----------
    acquisition
        Takes the frames; it is started.
    documents
        Those of the camera.
    layout
        Of the format.
    path_provider
        Says where files go.
    data_key
        Name of the image's data key.
    frames_per_point
        Frames in an event.
    settings
        Signals that must not be changed while it lasts, and their values.
    on_file
        Called with the path of each file, or the template of a series of files.
    on_new_datum_id
        Called when the point that was just read has got another datum id.
    """

    def __init__(
        self,
        acquisition: Acquisition,
        documents: AssetDocuments,
        *,
        layout: Layout,
        path_provider: PathProvider,
        data_key: str,
        frames_per_point: int,
        settings: Mapping[Signal, int],
        on_file: Callable[[str], None],
        on_new_datum_id: Callable[[str], None],
    ) -> None:
        self.acquisition = acquisition
        """Takes the frames."""
        self.frames_per_point = frames_per_point
        """Frames in an event."""
        self.paused = False
        """Whether there was a pause since the last trigger, so that the plan may go back behind it."""
        self.closed = False
        """Whether the camera was unstaged: documents are handed out still, the file stays as it is."""
        self._documents = documents
        self._layout = layout
        self._path_provider = path_provider
        self._data_key = data_key
        self._settings = settings
        self._on_file = on_file
        self._on_new_datum_id = on_new_datum_id
        self._has_file = False
        self._lock = threading.Lock()

    def check_gone(self, camera: str, source: object) -> None:
        """Refuse another staging while a call of this one has not returned; RuntimeError."""
        if self.acquisition.stuck:
            msg = (
                f"{camera}: the source {source!r}, or its file, has not returned from a call of the last staging; look "
                "at the camera and the disk, and stage again once it has"
            )
            raise RuntimeError(msg)

    def check_folder(self) -> None:
        """Look whether files can be written, where the path provider knows its folder by now; OSError when not."""
        provider = self._path_provider
        if isinstance(provider, SettledFolder):
            folder = Path(provider.directory_path)
            self.acquisition.check_folder(folder, provider.create_dir_depth, self.frames_per_point)

    def check_unchanged(self) -> None:
        """Refuse settings that were changed since the camera was staged; RuntimeError."""
        for signal, value in self._settings.items():
            if signal.get() != value:
                camera = cast("Device", signal.parent).name
                msg = (
                    f"{camera}: {signal.attr_name} was changed from {value} to {signal.get()} while staged; unstage "
                    "first, or set it through stage_sigs"
                )
                raise RuntimeError(msg)

    def take(self, order: Order) -> None:
        """Take the frames of a point; they may take the place of one that never was emitted."""
        with self._lock:  # two triggers at once must not open two files
            if self.paused:
                self.acquisition.cancel()
                points = self._documents.retake()
                if points:
                    self.acquisition.take_back(points * self.frames_per_point)
                self.paused = False
            self.acquisition.check_ready()
            if not self._has_file:
                place, path = self._next_place()
                self.acquisition.open(path, place.info.create_dir_depth)
                self._documents.start_resource(place)
                self._on_file(str(path))
                self._has_file = True
            self.acquisition.arm(order)

    def close(self) -> None:
        """End the acquisition; points that belong to no event leave the file before.

        Raises
        ------
        StuckSourceError
            When the source does not return.
        RuntimeError
            When documents went into a wrong stream.
        Exception
            Whatever the source or the file system raised. All the rest is done all the same.
        """
        if self.closed:
            return self.acquisition.close()  # harmless, unless it was interrupted
        self.closed = True
        with contextlib.ExitStack() as stack:
            stack.callback(self.acquisition.close)
            self.acquisition.cancel()
            self._documents.check()
            points = self._documents.abandon()
            if points:
                self.acquisition.take_back(points * self.frames_per_point)
        return None

    def settle(self) -> None:
        """Bring the file in order before documents are handed out.

        Raises
        ------
        RuntimeError
            When the documents went into a wrong stream, or the camera was unstaged before a point was read whose frames
            would have to be moved.
        OSError
            When the file system does not allow it.
        """
        change = self._documents.settle(by_hand=not by_bluesky())
        if self.closed and (change.dropped or change.moved_from is not None):
            msg = (
                f"{self._data_key}: unstaged between the trigger and the read of a point, whose frames cannot be "
                "brought to their place any more; have the plan read, then unstage"
            )
            raise RuntimeError(msg)
        frames = self.frames_per_point
        if change.dropped:
            self.acquisition.remove(change.dropped.start * frames, len(change.dropped) * frames)
        if change.moved_from is not None:
            place, path = self._next_place()
            self.acquisition.move(change.moved_from * frames, path, place.info.create_dir_depth)
            datum_id = self._documents.move(place)
            if datum_id is not None:
                self._on_new_datum_id(datum_id)
            self._on_file(str(path))

    def collect(self) -> Iterator[tuple[str, Any]]:
        """Hand out the documents of the points that were taken since."""
        self.settle()
        yield from self._documents.collect(by_hand=not by_bluesky())

    def _next_place(self) -> tuple[Place, Path]:
        given = self._path_provider(self._data_key)
        info = PathInfo(
            directory_path=given.directory_path,
            filename=given.filename,
            create_dir_depth=given.create_dir_depth,
            directory_uri=given.directory_uri,
        )
        place = Place(
            info=info,
            layout=self._layout,
            data_key=self._data_key,
            frames_per_point=self.frames_per_point,
            frame_shape=self.acquisition.shape,
        )
        return place, Path(info.directory_path) / self._layout.file_name(info.filename)
