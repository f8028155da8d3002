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
        """URI of the file, or of the folder of a series of files."""
        return f"{self.info.directory_uri}{self.layout.resource_name(self.info.filename).removeprefix('./')}"


class AssetDocuments(Protocol):
    """The documents of one staging, in one family.

    A point gets its documents when its frames can be read (`add_point`), and hands them out once (`collect`). bluesky
    collects when it reads and emits when it saves; what it has collected it drops when a pause comes between, or the
    plan drops the event. It fills in ``run_start`` or ``descriptor``, in place, when it emits: that tells what was
    dropped. Documents collected by hand are never emitted, so the rule counts after a pause, or in a run.
    """

    external: ClassVar[str]
    """Value of ``external`` in the data key."""

    def start_resource(self, place: Place) -> None:
        """All further points go to ``place``."""
        ...

    def add_point(self) -> str | None:
        """Make the documents of the next point. Returns what the event's data says: a datum id, or None for nothing."""
        ...

    def collect(self, *, paused: bool = False) -> Iterator[tuple[str, Any]]:
        """Hand out, once, the (name, document) pairs that were made since; after a pause, those not emitted again."""
        ...

    def retake(self, *, paused: bool = False) -> int:
        """Before the next point: prepare to hand out again what was not emitted.

        Parameters
        ----------
        paused
            Whether the plan was paused since the last point, so that it may be taking that point anew.

        Returns
        -------
        int
            How many of the last points are taken back, with their frames: the next ones get their indices.

        Raises
        ------
        RuntimeError
            As `check`.
        """
        ...

    def check(self) -> None:
        """Report a document that was emitted after its frames had been taken back.

        Raises
        ------
        RuntimeError
            When a plan triggered between the read and the save of an event.
        """
        ...
