"""How frames are put into an HDF5 file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from numbers import Integral
from typing import Any

import numpy as np

from framestore.exporters.workers import Serial, Workers
from framestore.formats.hdf5.compression import Compression

LARGEST_CHUNK = 2**31 - 2**26
"""Bytes of a chunk that all compressors take."""
_SMALL_BYTES = 2**18
"""Frames that are smaller share a chunk of about so many bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Storage:
    """Whether frames are copied or linked, and how they are cut and compressed.

    Raises
    ------
    ValueError
        When a setting is out of range, or does not go with another.
    ModuleNotFoundError
        When a library that compresses is missing; it names the command that installs it.
    """

    link: bool = False
    """Whether pixels stay where they are."""
    chunks: int | Sequence[int] | None = None
    """Shape of the chunks: so many events, then frames, then rows of pixels, …; what is not said is whole. None: those
    of the source, where it is HDF5, else a frame a chunk."""
    compression: str | None = None
    """A name as `framestore.formats.HDF5` has them; None: that of the source, where it is HDF5, else none."""
    workers: Workers = field(default_factory=Serial)
    """Who cuts and compresses."""
    as_nexus: bool = False
    """Whether frames stand there as NeXus has them: without the axis of frames where an event has one frame, and linked
    event by event, as nexusformat takes virtual datasets to be."""

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.link and not self.keeps_chunks:
            msg = f"link=True leaves pixels as they are; chunks={self.chunks}, compression={self.compression!r} do not"
            raise ValueError(msg)
        if self.chunks is not None and not all(map(_is_size, self._sizes or [0])):
            msg = f"chunks must be whole numbers from 1 on, such as (16, 1, 256, 256), not {self.chunks!r}"
            raise ValueError(msg)
        if self.compression is not None:
            Compression(name=self.compression)

    @property
    def keeps_chunks(self) -> bool:
        """Whether chunks are to be as they are in the source."""
        return self.chunks is None and self.compression is None

    def axes(self, values: tuple[int, ...], frames: int) -> tuple[int, ...]:
        """Sizes, or places, along the axes of the dataset, of those along (events, frames, \\*frame shape).

        Parameters
        ----------
        values
            The sizes, or places.
        frames
            Frames in an event.
        """
        return (values[0], *values[2:]) if self.as_nexus and frames == 1 else values

    def filters(self, dtype: np.dtype[Any]) -> dict[str, Any]:
        """What h5py's ``create_dataset`` is told of the compression."""
        return dict(Compression(name=self.compression).filters(dtype.itemsize)) if self.compression else {}

    def chunk(self, shape: tuple[int, ...], dtype: np.dtype[Any], what: str) -> tuple[int, ...]:
        """Shape of the chunks of frames (events, frames, \\*frame shape); ``what`` is the field, for messages.

        Raises
        ------
        ValueError
            When there are more numbers than the frames have axes, or a chunk would be too large.
        """
        if self.chunks is None:
            return _whole_frames(shape, dtype)
        sizes = self._sizes
        if len(sizes) > len(shape):
            msg = f"chunks={self.chunks} has {len(sizes)} numbers; {what} has {len(shape)} axes: {shape}"
            raise ValueError(msg)
        chunk = tuple(min(size, most) for size, most in zip(sizes, shape, strict=False)) + shape[len(sizes) :]
        if prod(chunk) * dtype.itemsize > LARGEST_CHUNK:
            msg = f"{what}: chunks of {chunk} {dtype} are larger than {LARGEST_CHUNK} bytes; make them smaller"
            raise ValueError(msg)
        return chunk

    @property
    def _sizes(self) -> list[int]:
        return list(self.chunks or ()) if isinstance(self.chunks, Sequence | None) else [self.chunks]


def _is_size(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, Integral) and int(value) >= 1


def _whole_frames(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """A frame a chunk; where frames are small, several, and of one that no chunk holds some rows."""
    frame_bytes = max(prod(shape[2:]) * dtype.itemsize, 1)
    if frame_bytes > LARGEST_CHUNK:
        return (1, 1, max(shape[2] * LARGEST_CHUNK // frame_bytes, 1), *shape[3:])
    together = max(_SMALL_BYTES // frame_bytes, 1)
    frames = min(together, shape[1])
    events = min(max(together // max(frames, 1), 1), shape[0]) if frames == shape[1] else 1
    return (events, frames, *shape[2:])
