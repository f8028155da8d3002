"""What both families of documents have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from framestore_handlers.layout import Layout

from framestore.paths import PathInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where the frames of a data key go, from now on."""

    info: PathInfo
    """Folder and name."""
    layout: Layout
    """Of the format."""
    data_key: str
    """Name of the data key."""
    frames_per_point: int
    """Frames in an event."""
    frame_shape: tuple[int, ...]
    """Shape of a frame."""

    @property
    def uri(self) -> str:
        """URI of the file; not percent-encoded, as its readers do not decode it."""
        folder = self.info.directory_uri or f"file://localhost/{self.info.directory_path.as_posix().strip('/')}/"
        return f"{folder}{self.layout.resource_name(self.info.filename)}"


class AssetDocuments(Protocol):
    """The documents of one staging, in one family.

    A point gets its documents when its frames can be read (`add_point`), and hands them out once (`collect`). bluesky
    collects when it reads and emits when it saves; what it has collected it drops when a pause comes between. It
    fills in ``run_start`` or ``descriptor``, in place, when it emits: `retake` uses that to tell the two cases apart.
    """

    external: ClassVar[str]
    """Value of ``external`` in the data key."""

    def start_resource(self, place: Place) -> None:
        """All further points go to ``place``."""
        ...

    def add_point(self) -> str | None:
        """Make the documents of the next point. Returns what the event's data says: a datum id, or None for nothing."""
        ...

    def collect(self) -> Iterator[tuple[str, Any]]:
        """Hand out, once, the (name, document) pairs that were made since."""
        ...

    def retake(self) -> int:
        """After a pause: prepare to hand out again what was not emitted.

        Returns
        -------
        int
            How many of the last points are taken back, with their frames.
        """
        ...
