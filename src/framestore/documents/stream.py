"""StreamResource and StreamDatum: where the frames of a stream stand, by index."""

from typing import Any, ClassVar

from event_model import ComposeStreamResource
from event_model.documents.stream_datum import StreamDatum, StreamRange

from .place import Place
from .records import Point, Resource


class StreamDocuments:
    """A StreamResource a file, a StreamDatum a point or a piece of a flight; indices go on from file to file."""

    external: ClassVar[str] = "STREAM:"

    def resource(self, place: Place) -> Resource:
        """Begin a StreamResource."""
        bundle = ComposeStreamResource()(
            mimetype=place.layout.mimetype,
            uri=place.uri,
            data_key=place.data_key,
            parameters=place.layout.parameters(place.info.filename, place.frames_per_point, place.frame_shape),
        )

        def datum(point: Point, index: int) -> StreamDatum:
            # Not validated here: the schema is checked for every document in the tests, not for every point of a run.
            return bundle.compose_stream_datum(StreamRange(start=index, stop=index + point.events), validate=False)

        return Resource("stream_resource", bundle.stream_resource_doc, datum, lambda: None, place.form)

    def emitted(self, document: Any) -> bool:
        """Whether bluesky has filled in the descriptor."""
        return bool(document["descriptor"])
