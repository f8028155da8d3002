"""The stagings of a camera."""

from framestore.acquisition import SourceSettings
from framestore.documents import AssetDocuments

from .arguments import check_combination
from .destination import Destination
from .given import Given
from .panel import Panel
from .places import Places
from .provider import Provider
from .staging import Staging


class Stagings:
    """Begins the stagings of a camera, one after another.

    Parameters
    ----------
    panel
        Of the camera.
    given
        What the camera is made of.
    documents
        Of the camera.
    settings
        Of the source.
    """

    def __init__(
        self,
        panel: Panel,
        given: Given,
        documents: AssetDocuments,
        settings: SourceSettings,
    ) -> None:
        self._panel = panel
        self._given = given
        self._documents = documents
        self._settings = settings
        self.last: Staging | None = None
        """The one that there is, or was."""

    def ready_for(self, verb: str) -> Staging:
        """The one that there is, its settings unchanged; RuntimeError when not."""
        if self.last is None or self.last.closed:
            name = self._panel.name
            msg = f"{name}: {verb} before stage; call {name}.stage() first, as bluesky's plans do"
            raise RuntimeError(msg)
        self.last.check_unchanged()
        return self.last

    def check_idle(self, what: str) -> None:
        """Refuse what ends the staging, while it has something to do; RuntimeError."""
        if self.last is None or self.last.closed:
            msg = f"{self._panel.name}: {what} before stage; call {self._panel.name}.stage() first, as plans do"
            raise RuntimeError(msg)
        self.last.check_idle(what)

    @property
    def takes_events(self) -> bool:
        """Whether an event that is read now has an image."""
        return self.last is not None and self.last.takes_events

    def check_thread(self) -> None:
        """Refuse to be ended by a callback of its own point; RuntimeError."""
        if self.last is not None:
            self.last.acquisition.check_thread()

    def give_up(self) -> None:
        """Take back what is under way; points of a fly scan that have landed stay."""
        if self.last is not None:
            self.last.acquisition.cancel()

    def end(self) -> None:
        """Stop the source, and close the file; what it raises is told in `Camera.unstage`."""
        if self.last is not None:
            self.last.close()
            self._panel.show({"frames_written": self.last.acquisition.frames_written})

    def begin(self) -> Staging:
        """Start the source and its threads; what it raises is told in `Camera.stage`."""
        panel = self._panel
        if self.last is not None:
            self.last.check_gone(panel.name, self._given.source)
        self.last = None
        asked = panel.asked()
        check_combination(self._given.source, asked["exposures_per_frame"], panel.name)
        acquisition = self._given.acquisition(camera=panel.name, **asked)
        self._documents.begin_staging()
        key, timeout = panel.data_key, acquisition.frame_timeout
        provider = Provider(self._given.path_provider, key, camera=panel.name, timeout=timeout)
        destination = Destination(
            acquisition,
            self._documents,
            places=Places(provider, self._given.format.layout, key),
            panel=panel,
            frames_per_point=asked["frames_per_point"],
        )
        self.last = Staging(acquisition, self._documents, destination=destination, panel=panel, **asked)
        with self._settings.handed_to(acquisition):
            acquisition.start()
        destination.check_folder()
        return self.last
