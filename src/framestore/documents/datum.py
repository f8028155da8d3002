"""Resource and Datum: where the frames of a point stand, for databroker 1.x."""

import sys
from collections.abc import Iterator
from typing import Any, ClassVar

from event_model import ComposeResource, ComposeResourceBundle, Datum

from .documents import Place


class DatumDocuments:
    """A Resource a file and a Datum a point. A Datum is not marked when it is emitted: none is ever taken back."""

    external: ClassVar[str] = "FILESTORE:"

    def __init__(self) -> None:
        self._bundle: ComposeResourceBundle | None = None
        self._resource_out = False
        self._next_point = 0
        self._waiting: list[Datum] = []
        self._handed_out: list[Datum] = []

    def start_resource(self, place: Place) -> None:
        """All further points go to ``place``."""
        self._bundle = ComposeResource(start=None)(
            spec=place.layout.spec,
            root=str(place.info.directory_path),
            resource_path=place.layout.resource_name(place.info.filename),
            resource_kwargs=place.layout.resource_kwargs(place.info.filename, place.frames_per_point),
            path_semantics="windows" if sys.platform == "win32" else "posix",
        )
        self._resource_out = False
        self._next_point = 0

    def add_point(self) -> str:
        """Make the Datum of the next point; returns its id."""
        assert self._bundle is not None, "start_resource comes first"  # noqa: S101 - a bug of ours, not of a user
        datum = self._bundle.compose_datum({"point_number": self._next_point}, validate=False)
        self._waiting.append(datum)
        self._next_point += 1
        return datum["datum_id"]

    def collect(self, *, paused: bool = False) -> Iterator[tuple[str, Any]]:
        """Hand out the Resource, once, and the Datum documents that were made since."""
        if paused:
            self._waiting = self._handed_out + self._waiting
            self._resource_out = self._emitted
        if self._bundle is not None and self._waiting and not self._resource_out:
            self._resource_out = True
            yield "resource", self._bundle.resource_doc
        self._handed_out, self._waiting = self._waiting, []
        for datum in self._handed_out:
            yield "datum", datum

    def retake(self, *, paused: bool = False) -> int:
        """Only the Resource is handed out again; frames of a point that is taken anew stay in the file, unnamed."""
        self._handed_out = []
        if paused:
            self._waiting = []
            self._resource_out = self._emitted
        return 0

    def check(self) -> None:
        """Nothing to report: no frames are ever taken back."""

    @property
    def _emitted(self) -> bool:
        """Whether the Resource is part of a run."""
        return self._bundle is not None and "run_start" in self._bundle.resource_doc
