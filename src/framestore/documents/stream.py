"""StreamResource and StreamDatum: where the frames of a stream stand, by index."""

from typing import Any, ClassVar

from event_model import ComposeStreamResource
from event_model.documents.stream_datum import StreamDatum, StreamRange

from .place import Place
from .records import Resource


class StreamDocuments:
    """A StreamResource a file and a StreamDatum a point; indices go on from file to file of a stream."""

    external: ClassVar[str] = "STREAM:"

    def resource(self, place: Place) -> Resource:
        """Begin a StreamResource."""
        bundle = ComposeStreamResource()(
            mimetype=place.layout.mimetype,
            uri=place.uri,
            data_key=place.data_key,
            parameters=place.layout.parameters(place.info.filename, place.frames_per_point, place.frame_shape),
        )

        def datum(row: int, index: int, datum_id: str | None) -> StreamDatum:
            del row, datum_id
            # Not validated here: the schema is checked for every document in the tests, not for every point of a run.
            return bundle.compose_stream_datum(StreamRange(start=index, stop=index + 1), validate=False)

        return Resource("stream_resource", bundle.stream_resource_doc, datum, lambda: None)

    def emitted(self, document: Any) -> bool:
        """Whether bluesky has filled in the descriptor."""
        return bool(document["descriptor"])
