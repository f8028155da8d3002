"""What the exporters take frames from."""

from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Pixels(Protocol):
    """Frames of consecutive events, somewhere; a value that pickles, and whose parts are small."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(events, frames, \\*frame shape)."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the pixels."""
        ...

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out``, (frames, \\*frame shape), with the frames from number ``start`` on, counted through.

        Raises
        ------
        MissingFileError, OSError
            When a file is gone, is cut off, or is not what the documents say.
        """
        ...

    def part(self, start: int, stop: int) -> "Pixels":
        """The events from ``start`` up to ``stop``."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """Frames that stand in memory: images that stand in the events themselves."""

    array: NDArray[Any]
    """(events, frames, \\*frame shape)."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(events, frames, \\*frame shape)."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the pixels."""
        return self.array.dtype

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on."""
        frames = self.array.reshape(-1, *self.array.shape[2:])
        out[...] = frames[start : start + len(out)]

    def part(self, start: int, stop: int) -> "Held":
        """The events from ``start`` up to ``stop``."""
        return Held(array=self.array[start:stop])


def frames_of(pixels: Pixels) -> int:
    """How many frames there are."""
    return pixels.shape[0] * pixels.shape[1]


def frame_bytes(pixels: Pixels) -> int:
    """Bytes of a frame."""
    return prod(pixels.shape[2:]) * pixels.dtype.itemsize


def batch(pixels: Pixels, start: int, stop: int) -> NDArray[Any]:
    """The frames from number ``start`` up to ``stop``, counted through: (frames, \\*frame shape)."""
    out = np.empty((stop - start, *pixels.shape[2:]), pixels.dtype)
    pixels.read_into(out, start)
    return out
