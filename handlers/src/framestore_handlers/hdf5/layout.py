"""Where things stand in an HDF5 file of frames: a NeXus entry that areaDetector's readers know as ``AD_HDF5``."""

from dataclasses import dataclass
from typing import Any

from framestore_handlers.layout import Layout


@dataclass(frozen=True, kw_only=True, slots=True)
class HDF5Layout(Layout):
    """Paths of the datasets in the file, and what documents say of it."""

    dataset: str
    """The image: (frames, \\*frame shape)."""
    frame_id: str
    """Number that the camera gave each frame: (frames,) int64."""
    timestamp: str
    """Start of each frame's exposure: (frames,) float64, POSIX seconds."""
    count_time: str
    """How long each frame was exposed: (frames,) float64, seconds, NaN where it is not known; (0,) where none is."""
    checksum: str
    """Checksum of each frame, where they were asked for: (frames,) uint64, 0 where it is not known."""
    algorithm: str
    """Attribute of the checksums that names how they were made; see `framestore_handlers.checksum`."""
    y_pixel_size: str
    """Height of a pixel, metres; only where it is known."""
    x_pixel_size: str
    """Width of a pixel, metres; only where it is known."""

    def resource_kwargs(self, filename: str, frames_per_point: int) -> dict[str, Any]:
        """``resource_kwargs`` of a Resource document: what areaDetector's own have."""
        del filename
        return {"frame_per_point": frames_per_point}

    def parameters(self, filename: str, frames_per_point: int, frame_shape: tuple[int, ...]) -> dict[str, Any]:
        """``parameters`` of a StreamResource document.

        ``join_method`` makes Tiled give (events, frames_per_point, \\*frame shape), one row an event, out of the
        file's (frames, \\*frame shape); without it Tiled refuses this ``chunk_shape``.
        """
        del filename
        return {
            "dataset": self.dataset,
            "chunk_shape": [1, frames_per_point, *frame_shape],
            "join_method": "stack",
            "swmr": True,
        }


LAYOUT = HDF5Layout(
    name="hdf5",
    spec="AD_HDF5",
    mimetype="application/x-hdf5",
    suffix=".h5",
    dataset="/entry/data/data",
    frame_id="/entry/instrument/detector/frame_id",
    timestamp="/entry/instrument/detector/timestamp",
    count_time="/entry/instrument/detector/count_time",
    checksum="/entry/instrument/detector/checksum",
    algorithm="algorithm",
    y_pixel_size="/entry/instrument/detector/y_pixel_size",
    x_pixel_size="/entry/instrument/detector/x_pixel_size",
)
