"""Where things stand in a Zarr store of frames: a group of arrays, each with a folder of its own."""

from dataclasses import dataclass
from typing import Any

from framestore_handlers.layout import Layout

METADATA = "zarr.json"
"""Name of the file that describes a group, or an array, in Zarr's version 3.

https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html
"""
SEPARATOR = "."
"""Between the numbers in the name of a chunk's file: all chunks of an array stand in one folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ZarrLayout(Layout):
    """Names of the arrays in the store, and what documents say of it."""

    image: str
    """The image: (events, frames_per_point, \\*frame shape)."""
    frame_id: str
    """Number that the camera gave each frame: (events, frames_per_point) int64."""
    timestamp: str
    """Start of each frame's exposure: (events, frames_per_point) float64, POSIX seconds."""
    exposure_time: str
    """How long each exposure lasted: (events, frames_per_point) float64, seconds; 0 where the source does not say."""
    checksum: str
    """Checksum of each frame, where they were asked for: (events, frames_per_point) uint64, 0 where it is not known."""
    algorithm: str
    """Attribute of the checksums that names how they were made; see `framestore_handlers.checksum`."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The arrays beside the image; the last, of checksums, only where they were asked for."""
        return self.frame_id, self.timestamp, self.exposure_time, self.checksum

    def resource_name(self, filename: str) -> str:
        """Documents point to the image's array: Tiled takes no name of an array within a group."""
        return f"{self.file_name(filename)}/{self.image}"

    def resource_kwargs(self, filename: str, frames_per_point: int) -> dict[str, Any]:
        """``resource_kwargs`` of a Resource document."""
        del filename
        return {"frame_per_point": frames_per_point}

    def parameters(self, filename: str, frames_per_point: int, frame_shape: tuple[int, ...]) -> dict[str, Any]:
        """``parameters`` of a StreamResource document: an event a row, (frames_per_point, \\*frame shape)."""
        del filename
        return {"chunk_shape": [1, frames_per_point, *frame_shape], "join_method": "stack"}


LAYOUT = ZarrLayout(
    name="zarr",
    spec="FRAMESTORE_ZARR",
    mimetype="application/x-zarr",
    suffix=".zarr",
    image="data",
    frame_id="frame_id",
    timestamp="timestamp",
    exposure_time="exposure_time",
    checksum="checksum",
    algorithm="algorithm",
)
