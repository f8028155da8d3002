"""Pixels of another dtype, never silently."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .batches import through
from .pixels import Pixels


@dataclass(frozen=True, kw_only=True, slots=True)
class Converted:
    """Frames of another dtype."""

    frames: Pixels
    """What is converted."""
    dtype: np.dtype[Any]
    """Into what."""
    scale: tuple[float, float] | None = None
    """Values that become the lowest and the highest of an integer dtype from 0 on, or 0 and 1 of others."""
    what: str = "frames"
    """The field, for messages."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(events, frames, \\*frame shape)."""
        return self.frames.shape

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; ValueError when one holds NaN, which is no whole number."""
        for part, frames, number in through(self.frames, out, start):
            self._convert(frames, part, number)

    def _convert(self, scratch: NDArray[Any], out: NDArray[Any], start: int) -> None:
        if self.scale is not None:
            scratch = self._scaled(scratch)
        if self.dtype.kind not in "ui":
            with np.errstate(over="ignore"):
                out[...] = scratch
            return
        if scratch.dtype.kind == "f":
            self._refuse_nan(scratch, start)
            np.rint(scratch, out=scratch)
        _clip_into(out, scratch)

    def part(self, start: int, stop: int) -> "Converted":
        """The events from ``start`` up to ``stop``."""
        return replace(self, frames=self.frames.part(start, stop))

    def _scaled(self, frames: NDArray[Any]) -> NDArray[Any]:
        low, high = self.scale or (0.0, 1.0)
        largest = float(np.iinfo(self.dtype).max) if self.dtype.kind in "ui" else 1.0
        values = frames.astype(np.float64)
        values -= low
        values /= high - low
        np.clip(values, 0.0, 1.0, out=values)
        values *= largest
        return values

    def _refuse_nan(self, frames: NDArray[Any], start: int) -> None:
        wrong = np.isnan(frames).reshape(len(frames), -1).any(axis=1)
        if wrong.any():
            number = start + int(wrong.argmax())
            msg = f"{self.what}: frame {number} holds NaN, which {self.dtype} cannot tell; export it as a float dtype"
            raise ValueError(msg)


def converted(
    frames: Pixels, dtype: DTypeLike | None, *, clip: bool, scale: tuple[float, float] | None, what: str
) -> Pixels:
    """Frames of another dtype, or as they are.

    Parameters
    ----------
    frames
        What is converted.
    dtype
        Into what; None: as they are.
    clip
        Whether values that it does not hold become its limits, and fractions whole numbers.
    scale
        Values that become the limits of the dtype, those of integers being 0 and their largest; else 0 and 1.
    what
        The field, for messages.

    Raises
    ------
    ValueError
        When the dtype does not hold all values that the frames can have, and neither ``clip`` nor ``scale`` is given.
    """
    if dtype is None:
        if clip or scale is not None:
            msg = f"clip={clip} and scale={scale} say how pixels get another dtype; name it: dtype='uint8'"
            raise ValueError(msg)
        return frames
    target = _dtype(dtype)
    if target.kind not in "uif" or frames.dtype.kind not in "uifb":
        msg = f"{what}: frames of {frames.dtype} cannot become {target}; real numbers can become integers or floats"
        raise ValueError(msg)
    if scale is None and target == frames.dtype:
        return frames
    if scale is None and not clip and not np.can_cast(frames.dtype, target, "safe"):
        msg = (
            f"{what}: {target} does not hold all values of {frames.dtype}; say clip=True to set those beyond "
            f"to its limits, or scale=(low, high) which values become its limits"
        )
        raise ValueError(msg)
    return Converted(frames=frames, dtype=target, scale=_checked(scale, what), what=what)


def _dtype(dtype: DTypeLike) -> np.dtype[Any]:
    try:
        return np.dtype(dtype)
    except TypeError as error:
        msg = f"dtype must be one that numpy knows, such as 'uint8' or 'float32', not {dtype!r}"
        raise ValueError(msg) from error


def _checked(scale: tuple[float, float] | None, what: str) -> tuple[float, float] | None:
    if scale is None:
        return None
    low, high = map(float, scale)
    if not (np.isfinite([low, high]).all() and low < high):
        msg = f"{what}: scale must be two finite values, the lower first, not {scale!r}"
        raise ValueError(msg)
    return low, high


def _clip_into(out: NDArray[Any], values: NDArray[Any]) -> None:
    """Fill ``out`` of integers; its limits stand for what is beyond them."""
    limits = np.iinfo(out.dtype)
    if values.dtype.kind == "f":
        lowest, highest = float(limits.min), float(limits.max)  # the latter may be one more, as a float
        inside = np.clip(values, lowest, np.nextafter(highest, 0.0, dtype=values.dtype))
        out[...] = inside
        out[values >= highest] = limits.max
        return
    if values.dtype.kind == "b":
        out[...] = values
        return
    own = np.iinfo(values.dtype)
    out[...] = np.clip(values, max(limits.min, own.min), min(limits.max, own.max))
