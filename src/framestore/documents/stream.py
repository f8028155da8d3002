"""StreamResource and StreamDatum: where the frames of a stream stand, by index."""

from collections.abc import Iterator
from typing import Any, ClassVar

from event_model import ComposeStreamResource, ComposeStreamResourceBundle, StreamDatum
from event_model.documents.stream_datum import StreamRange

from .documents import Place


class StreamDocuments:
    """A StreamResource a file and a StreamDatum a point; indices go on from file to file."""

    external: ClassVar[str] = "STREAM:"

    def __init__(self) -> None:
        self._bundle: ComposeStreamResourceBundle | None = None
        self._resource_out = False
        self._next_index = 0
        self._waiting: list[StreamDatum] = []
        self._handed_out: list[StreamDatum] = []
        self._given_up: list[StreamDatum] = []

    def start_resource(self, place: Place) -> None:
        """All further points go to ``place``."""
        self._bundle = ComposeStreamResource()(
            mimetype=place.layout.mimetype,
            uri=place.uri,
            data_key=place.data_key,
            parameters=place.layout.parameters(place.info.filename, place.frames_per_point, place.frame_shape),
        )
        self._resource_out = False

    def add_point(self) -> None:
        """Make the StreamDatum of the next point."""
        assert self._bundle is not None, "start_resource comes first"  # noqa: S101 - a bug of ours, not of a user
        index = self._next_index
        # Not validated here: the schema is checked for every document in the tests, not for every frame in a run.
        datum = self._bundle.compose_stream_datum(StreamRange(start=index, stop=index + 1), validate=False)
        self._waiting.append(datum)
        self._next_index = index + 1

    def collect(self, *, paused: bool = False) -> Iterator[tuple[str, Any]]:
        """Hand out the StreamResource, once, and the StreamDatum documents that were made since."""
        self.check()
        if paused:
            self._waiting = [datum for datum in self._handed_out if not datum["descriptor"]] + self._waiting
            self._resource_out = self._emitted
        if self._bundle is not None and self._waiting and not self._resource_out:
            self._resource_out = True
            yield "stream_resource", self._bundle.stream_resource_doc
        self._handed_out, self._waiting = self._waiting, []
        for datum in self._handed_out:
            yield "stream_datum", datum

    def retake(self, *, paused: bool = False) -> int:
        """Points whose StreamDatum was not emitted are taken back: their index is given again."""
        self.check()
        if not (paused or self._emitted):
            return 0
        self._given_up = [datum for datum in self._handed_out if not datum["descriptor"]]
        lost = len(self._given_up)
        self._handed_out = []
        if paused:
            lost += len(self._waiting)
            self._waiting = []
            self._resource_out = self._emitted
        self._next_index -= lost
        return lost

    def check(self) -> None:
        """A document that seemed to be dropped when the next point began may have been emitted since."""
        if self._bundle is not None and any(datum["descriptor"] for datum in self._given_up):
            self._given_up = []
            msg = (
                f"{self._bundle.stream_resource_doc['data_key']}: the plan triggered the camera after it had read it "
                "and before it saved that event; its frames are lost, since they were taken for those of a dropped "
                "event; have the plan save (or drop) an event before it triggers for the next"
            )
            raise RuntimeError(msg)

    @property
    def _emitted(self) -> bool:
        """Whether the StreamResource is part of a run."""
        return self._bundle is not None and "run_start" in self._bundle.stream_resource_doc
