"""The stagings of a camera."""

from collections.abc import Callable
from functools import partial
from typing import cast

from framestore.acquisition import Acquisition, SourceSettings
from framestore.documents import AssetDocuments
from framestore.formats import Format
from framestore.frame import FrameSource
from framestore.paths import PathProvider

from .arguments import check_combination
from .camera_signals import CameraSignals
from .destination import Destination
from .places import Places
from .provider import Provider, as_path_provider
from .staging import Staging


class Stagings:
    """Begins the stagings of a camera, one after another.

    Parameters
    ----------
    camera
        Whose.
    source
        Gives the frames.
    format
        Of the files.
    path_provider
        Says where they go.
    documents
        Of the camera.
    settings
        Of the source.
    acquisition
        Makes an acquisition; it takes the name of the camera, and how many exposures there are in a frame.
    """

    def __init__(
        self,
        camera: CameraSignals,
        *,
        source: FrameSource,
        format: Format,  # noqa: A002 - the word of the public argument
        path_provider: PathProvider,
        documents: AssetDocuments,
        settings: SourceSettings,
        acquisition: Callable[..., Acquisition],
    ) -> None:
        self._camera = camera
        self._source = source
        self._format = format
        self._path_provider = as_path_provider(path_provider)
        self._documents = documents
        self._settings = settings
        self._acquisition = acquisition
        self.last: Staging | None = None
        """The one that there is, or was."""

    def ready_for(self, verb: str) -> Staging:
        """The one that there is, its settings unchanged; RuntimeError when not."""
        if self.last is None or self.last.closed:
            name = self._camera.name
            msg = f"{name}: {verb} before stage; call {name}.stage() first, as bluesky's plans do"
            raise RuntimeError(msg)
        self.last.check_unchanged()
        return self.last

    @property
    def takes_events(self) -> bool:
        """Whether an event that is read now has an image."""
        return self.last is not None and self.last.takes_events

    def check_thread(self) -> None:
        """Refuse to be ended by a callback of its own point; RuntimeError."""
        if self.last is not None:
            self.last.acquisition.check_thread()

    def end(self) -> None:
        """Stop the source, and close the file; what it raises is told in `Camera.unstage`."""
        if self.last is not None:
            self.last.close()
            self._camera.frames_written.put(self.last.acquisition.frames_written, internal=True)

    def begin(self) -> Staging:
        """Start the source and its threads; what it raises is told in `Camera.stage`."""
        camera = self._camera
        if self.last is not None:
            self.last.check_gone(camera.name, self._source)
        self.last = None
        signals = camera.frames_per_point, camera.exposures_per_frame
        frames, exposures = (cast("int", signal.get()) for signal in signals)
        check_combination(self._source, exposures, camera.name)
        acquisition = self._acquisition(camera=camera.name, frames_per_point=frames, exposures_per_frame=exposures)
        self._documents.begin_staging()
        key, timeout = camera.image.name, acquisition.frame_timeout
        provider = Provider(self._path_provider, key, camera=camera.name, timeout=timeout)
        destination = Destination(
            acquisition,
            self._documents,
            places=Places(provider, self._format.layout, key),
            camera=camera.name,
            frames_per_point=frames,
            on_file=partial(camera.file_path.put, internal=True),
            on_new_datum_id=camera.image.correct,
        )
        self.last = Staging(
            acquisition,
            self._documents,
            destination=destination,
            camera=camera.name,
            frames_per_point=frames,
            exposures_per_frame=exposures,
            settings=dict(zip(signals, (frames, exposures), strict=True)),
        )
        with self._settings.handed_to(acquisition):
            acquisition.start()
        destination.check_folder()
        return self.last
