"""Frames that a Tiled server gives, not files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SERVED = "application/x-tiled-array"
"""Mimetype by which `documents.tiled` marks a client's array as a place of frames; never written to disk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedFrames:
    """The frames of an array that a server has: (events, frames, \\*frame shape) or (frames, \\*frame shape)."""

    array: Any
    """Tiled's client of the array."""
    frames_per_event: int | None = None
    """Not known here: see the data key."""

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        stop = start + len(out)
        if len(self.array.shape) == out.ndim:
            frames = self.array[start:stop]
        else:
            each = self.array.shape[1]
            first, last = start // each, -(-stop // each)
            rows = np.asarray(self.array[first:last])
            frames = rows.reshape(-1, *rows.shape[2:])[start - first * each : stop - first * each]
        if frames.shape != out.shape or frames.dtype != out.dtype:
            msg = f"{self.array.uri} gives {frames.shape} {frames.dtype}, its metadata say {out.shape} {out.dtype}"
            raise OSError(msg)
        out[...] = frames

    def files(self, start: int, stop: int) -> list[Path]:
        """None: the server has them."""
        del start, stop
        return []

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame; the shape is that behind the frames' axis of a row an event."""
        return tuple(self.array.shape[2:]), np.dtype(self.array.dtype)
