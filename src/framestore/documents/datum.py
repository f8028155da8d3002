"""Resource and Datum: where the frames of a point stand, for databroker 1.x."""

import sys
from itertools import count
from typing import Any, ClassVar

from event_model import ComposeResource, Datum

from .place import Place
from .records import Point, Resource


class DatumDocuments:
    """A Resource a file and a Datum a point."""

    external: ClassVar[str] = "FILESTORE:"

    def resource(self, place: Place) -> Resource:
        """Begin a Resource."""
        bundle = ComposeResource(start=None)(
            spec=place.layout.spec,
            root=str(place.info.directory_path),
            resource_path=place.layout.resource_name(place.info.filename),
            resource_kwargs=place.layout.resource_kwargs(place.info.filename, place.frames_per_point),
            path_semantics="windows" if sys.platform == "win32" else "posix",
        )
        document, numbers = bundle.resource_doc, count()

        def datum(point: Point, index: int) -> Datum:
            del index
            kwargs = {"point_number": point.row}
            return Datum(resource=document["uid"], datum_id=str(point.datum_id), datum_kwargs=kwargs)

        # Events hold the id of a Datum before it is known whether its frames will stay in this Resource.
        return Resource("resource", document, datum, lambda: f"{document['uid']}/{next(numbers)}", place.form)

    def emitted(self, document: Any) -> None:
        """A Datum is not marked when it is emitted."""
