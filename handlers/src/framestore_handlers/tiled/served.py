"""Which formats are served by adapters of ours, and from which documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framestore_handlers import hdf5, jpeg, png, tiff, tiff_stack, zarr
from framestore_handlers.described import channels_first
from framestore_handlers.layout import Layout, SeriesLayout
from framestore_handlers.templates import parse

ADAPTERS = "framestore_handlers.tiled.adapters"
"""Module of the adapters; it imports Tiled."""
COLOUR_NDIM = 3
"""Dimensions of an image in colour."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """A format."""

    layout: Layout
    """What documents say of it."""
    adapter: str
    """Name of its adapter's class in `ADAPTERS`."""
    passed_on: tuple[str, ...] = ()
    """Parameters that are the same in all resources of a data key, and that adapters need."""
    has_colours: bool = True
    """Whether images in colour may have their channels first in the documents only; as `as_described` has it."""

    @property
    def is_series(self) -> bool:
        """Whether each frame has a file."""
        return isinstance(self.layout, SeriesLayout)

    @property
    def is_of_framestore(self) -> bool:
        """Whether its Resource documents are of framestore alone: their spec tells it."""
        return self.layout.spec.startswith("FRAMESTORE_")

    @property
    def entry_point(self) -> str:
        """The adapter, as Tiled's configuration names it."""
        return f"{ADAPTERS}:{self.adapter}"

    def is_coloured(self, stream_resource: Mapping[str, Any]) -> bool:
        """Whether it is of images in colour, whose channels come first in the documents only."""
        return self.has_colours and channels_first(stream_resource["parameters"])

    def fits(self, stream_resource: Mapping[str, Any], data_key: Mapping[str, Any]) -> bool:
        """Whether a row is an event, (frames, \\*frame shape), as framestore writes them, and others may.

        Of a Resource document, a TiledWriter's normalizer leaves the spec, and the number of frames as ``multiplier``.
        """
        parameters, shape = stream_resource["parameters"], list(data_key["shape"])
        if not isinstance(data_key.get("dtype_numpy"), str) or {"slice", "squeeze"} & set(parameters):
            return False
        if not (_is_series(parameters) if self.is_series else "template" not in parameters):
            return False
        if "spec" in parameters:
            return parameters["spec"] == self.layout.spec and shape[:1] == [parameters.get("multiplier", 1)]
        chunk = list(parameters.get("chunk_shape", []))
        if self.is_coloured(stream_resource):  # of frames, as many as the writer likes; a file of a series is one
            is_frame = self.layout is not zarr.LAYOUT and chunk[1:] == shape  # an event is one; in Zarr it has two axes
            return (is_frame or chunk[1:] == shape[1:]) and (chunk[0] == 1 or not self.is_series)
        return parameters.get("join_method") == "stack" and chunk == [1, *(shape[1:] if self.is_series else shape)]


def _is_series(parameters: Mapping[str, Any]) -> bool:
    if "template" not in parameters or "files_per_datum" in parameters:
        return False
    try:
        parse(parameters["template"], parameters.get("filename", ""))
    except ValueError:
        return False
    return True


SERVED = (
    Served(layout=hdf5.LAYOUT, adapter="HDF5Adapter", passed_on=("dataset", "swmr", "locking")),
    Served(layout=jpeg.LAYOUT, adapter="JPEGAdapter"),
    Served(layout=png.LAYOUT, adapter="PNGAdapter"),
    Served(layout=tiff.LAYOUT, adapter="TIFFAdapter"),
    Served(layout=tiff_stack.LAYOUT, adapter="TIFFStackAdapter", has_colours=False),
    Served(layout=zarr.LAYOUT, adapter="ZarrAdapter"),
)
