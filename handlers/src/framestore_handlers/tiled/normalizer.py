"""What bluesky's own TiledWriter lacks for Resource and Datum documents; that of bluesky-tiled-plugins does not.

This module imports bluesky.
"""

import copy
from collections.abc import Mapping
from typing import Any

from bluesky.callbacks.tiled_writer import RunNormalizer as BlueskyNormalizer

from framestore_handlers import hdf5
from framestore_handlers.access import resource_path

from .served import SERVED

_LAYOUTS = {served.layout.spec: served.layout for served in SERVED}


class RunNormalizer(BlueskyNormalizer):
    """Makes stream documents of those of framestore's cameras, for ``TiledWriter(client, normalizer=RunNormalizer)``.

    bluesky's own takes the first event for the first row of the file, and so on: where a plan that was paused took a
    point anew, it would put the frames of others beside the events from there on.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ours: set[str] = set()

    def resource(self, doc: Any) -> None:
        """Take a Resource document."""
        super().resource(copy.deepcopy(doc))  # it would change the document for everybody
        if doc["spec"] in _LAYOUTS and "frame_per_point" in doc["resource_kwargs"]:
            self._ours.add(doc["uid"])
            self._sres_cache[doc["uid"]] = _stream_resource(doc)

    def _convert_datum_to_stream_datum(self, datum_doc: Any, data_key: str, desc_uid: str, seq_num: int) -> Any:
        datum = copy.deepcopy(datum_doc)
        resource, stream_datum = super()._convert_datum_to_stream_datum(datum, data_key, desc_uid, seq_num)
        if datum["resource"] in self._ours:
            point = datum_doc["datum_kwargs"]["point_number"]
            stream_datum["indices"] = {"start": point, "stop": point + 1}
        return resource, stream_datum


def _stream_resource(resource: Mapping[str, Any]) -> Any:
    """As bluesky-tiled-plugins makes it."""
    kwargs = dict(resource["resource_kwargs"])
    parameters = {"multiplier": kwargs.pop("frame_per_point"), "spec": resource["spec"], **kwargs}
    if resource["spec"] == hdf5.LAYOUT.spec:
        parameters |= {"dataset": hdf5.LAYOUT.dataset, "swmr": True}
    return {
        "uid": resource["uid"],
        "data_key": "",
        "mimetype": _LAYOUTS[resource["spec"]].mimetype,
        "uri": f"file://localhost/{resource_path(resource).as_posix().lstrip('/')}",
        "parameters": parameters,
    }
