"""What TiledWriter tells the server of a data key: which of its rows are where."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from tiled.structures.core import StructureFamily
from tiled.structures.data_source import Asset, DataSource, Management

from framestore_handlers.templates import Template, parse

from .served import COLOUR_NDIM, Served
from .structure import array_structure

Patch = Callable[..., Any]
"""Makes what a TiledWriter wants to know of new rows, out of ``shape`` and ``offset``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where the frames of a resource are."""

    uri: str
    """Its file; of a series of files, its folder."""
    template: Template | None
    """How the files of a series are named."""
    first_index: int
    """Index of its first row."""

    def file(self, number: int) -> str:
        """URI of the file of a frame."""
        return self.uri if self.template is None else f"{self.uri.rstrip('/')}/{self.template.name(number)}"


class FramesConsolidator:
    """The rows of a data key in one stream, out of one resource or several; a TiledWriter makes one, and feeds it.

    The interface is that of bluesky's ``ConsolidatorBase``:
    https://github.com/bluesky/bluesky-tiled-plugins/blob/main/src/bluesky_tiled_plugins/writing/consolidators.py.
    An asset keeps its number once it has one, as a server changes none that it has.
    """

    def __init__(
        self, stream_resource: Mapping[str, Any], descriptor: Mapping[str, Any], *, served: Served, patch: Patch
    ) -> None:
        self.data_key = stream_resource["data_key"]
        self.mimetype = served.layout.mimetype
        self.metadata: dict[str, Any] = {}
        if spec := stream_resource["parameters"].get("spec"):
            self.metadata["spec"] = spec
        self._served = served
        self._described = described = descriptor["data_keys"][self.data_key]
        self._shape = tuple(described["shape"])
        self._dtype = np.dtype(described["dtype_numpy"])
        dims = described.get("dims", ())
        self._dims = ["time", *dims] if len(dims) == len(self._shape) else None
        self._is_series = served.is_series
        self._is_coloured = served.is_coloured(stream_resource)
        self._has_axis = not (self._is_coloured and len(self._shape) == COLOUR_NDIM)
        self._frames = self._shape[0] if self._has_axis else 1
        self._passed_on = _chosen(stream_resource["parameters"], served.passed_on)
        self._patch = patch
        self._resources: dict[str, Mapping[str, Any]] = {}
        self._places: dict[str, Place] = {}
        self._numbers: dict[str, int] = {}
        self._assets: list[Asset] = []
        self._segments: list[list[int]] = []
        self._events = self._next_index = 0
        self._sres_parameters = stream_resource["parameters"]  # bluesky's own TiledWriter looks at them
        self.update_from_stream_resource(stream_resource)

    def update_from_stream_resource(self, stream_resource: Mapping[str, Any]) -> None:
        """The rows go on in another resource.

        Raises
        ------
        ValueError
            When it is of another format, has another number of frames in an event, or another dataset of its file.
        """
        parameters = stream_resource["parameters"]
        is_same = stream_resource["mimetype"] == self.mimetype and self._served.fits(stream_resource, self._described)
        is_same &= self._served.is_coloured(stream_resource) == self._is_coloured
        if not is_same or _chosen(parameters, self._passed_on) != self._passed_on:
            msg = (
                f"{self.data_key}: its resource {stream_resource['uid']}, of {stream_resource['mimetype']}, with "
                f"{parameters}, does not go on with what those before have, events of {self._shape}; was the camera "
                "staged anew, with another frames_per_point or format, within one run? The file itself holds all frames"
            )
            raise ValueError(msg)
        self._resources[stream_resource["uid"]] = stream_resource

    def consume_stream_datum(self, doc: Mapping[str, Any]) -> Any:
        """Add rows behind those that there are.

        Raises
        ------
        ValueError
            When they belong before rows that came earlier.
        """
        start, stop = doc["indices"]["start"], doc["indices"]["stop"]
        place = self._place(doc["stream_resource"], start)
        offset = (self._events, *(0 for _ in self._shape))
        for indices in [range(i, i + 1) for i in range(start, stop)] if self._is_series else [range(start, stop)]:
            self._add(place, indices)
        self._events += stop - start
        self._next_index = stop
        return self._patch(shape=(stop - start, *self._shape), offset=offset)

    def get_data_source(self) -> DataSource[Any]:
        """All that the server needs to read the rows that there are by now."""
        segments = [list(part) for part in self._segments]
        properties: dict[str, Any] = {"frames_per_event": self._frames, "segments": segments}
        if self._is_series:  # Tiled's own adapters, on a server that has none of ours, look at it
            frame = self._shape[1:] if self._has_axis else self._shape
            properties["chunks"] = [[1] * len(self._assets), *([size] for size in frame)]
        if self._is_coloured:
            properties |= {"channels_first": True, "frames_axis": self._has_axis}
        return DataSource(
            mimetype=self.mimetype,
            assets=list(self._assets),
            structure_family=StructureFamily.array,
            structure=array_structure(self._events, self._shape, self._dtype, self._dims),
            parameters=dict(self._passed_on),
            properties=properties,
            management=Management.external,
        )

    def _place(self, uid: str, start: int) -> Place:
        """Indices of a stream go on from resource to resource, those of datums begin anew; rows do so always."""
        parameters = self._resources[uid]["parameters"]
        is_datum = "spec" in parameters
        if not is_datum:
            self._check_order(start)
        if uid not in self._places:
            template = parse(parameters["template"], parameters.get("filename", "")) if self._is_series else None
            first = 0 if is_datum or not self._places else start  # a stream's first indices may have been skipped
            self._places[uid] = Place(uri=self._resources[uid]["uri"], template=template, first_index=first)
        return self._places[uid]

    def _check_order(self, start: int) -> None:
        if start < self._next_index:
            msg = (
                f"{self.data_key}: the row of index {start} came after that of index {self._next_index - 1}, so which "
                "file it is in cannot be told; make TiledWriter with batch_size=1, which keeps documents in order"
            )
            raise ValueError(msg)

    def _add(self, place: Place, indices: range) -> None:
        """Add rows whose frames are consecutive in an asset; all files of a series count as one, of a frame each."""
        frames = self._frames
        first = (indices.start - place.first_index) * frames
        asset, *_ = numbers = [self._number(place.file(first + k)) for k in range(frames if self._is_series else 1)]
        if self._is_series:
            asset, first = 0, numbers[0]
        last = self._segments[-1] if self._segments else [-1, 0, 0]
        if last[0] == asset and last[1] + last[2] * frames == first:
            last[2] += len(indices)
        else:
            self._segments.append([asset, first, len(indices)])

    def _number(self, uri: str) -> int:
        """Number of the asset of that URI, which is added when it is new."""
        if uri not in self._numbers:
            number = self._numbers[uri] = len(self._assets)
            is_folder = not self._is_series and self.mimetype.endswith("zarr")
            self._assets.append(Asset(data_uri=uri, is_directory=is_folder, parameter="data_uris", num=number))
        return self._numbers[uri]


def _chosen(parameters: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: parameters[key] for key in keys if key in parameters}
