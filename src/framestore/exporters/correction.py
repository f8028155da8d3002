"""Subtraction of a dark image, or of another background."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from framestore_handlers import Run
from numpy.typing import ArrayLike, NDArray

from .batches import batches
from .pixels import Pixels

Subtraction = Literal["saturate", "widen"]
"""What becomes of differences that the dtype of the frames does not hold: its limits, or a wider, signed dtype."""
Background = str | ArrayLike
"""A stream, the mean of whose frames it is, or an image of the shape of a frame."""

_WIDER = {"u1": "i2", "i1": "i2", "u2": "i4", "i2": "i4", "u4": "i8", "i4": "i8"}
"""Which dtype holds all differences of two values."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subtracted:
    """Frames less a background."""

    frames: Pixels
    """From what it is subtracted."""
    background: NDArray[Any]
    """(\\*frame shape)"""
    dtype: np.dtype[Any]
    """Of the differences."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(events, frames, \\*frame shape)."""
        return self.frames.shape

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on."""
        if self.dtype != self.frames.dtype:
            scratch = np.empty(out.shape, self.frames.dtype)
            self.frames.read_into(scratch, start)
            np.subtract(scratch, self.background, out=out, dtype=self.dtype)
            return
        self.frames.read_into(out, start)
        if self.dtype.kind in "ui":
            _saturating(out, self.background)
        else:
            out -= self.background

    def part(self, start: int, stop: int) -> "Subtracted":
        """The events from ``start`` up to ``stop``."""
        return replace(self, frames=self.frames.part(start, stop))


def subtracted(frames: Pixels, background: NDArray[Any], subtraction: Subtraction | None, what: str) -> Subtracted:
    """Frames less a background.

    Parameters
    ----------
    frames
        From what it is subtracted.
    background
        (\\*frame shape)
    subtraction
        What becomes of differences that the frames' dtype does not hold; has to be said of whole numbers.
    what
        The field, for messages.

    Raises
    ------
    ValueError
        When the background is of another shape, or holds values that the frames could not have; when it is not said
        what becomes of the differences of whole numbers.
    """
    dtype = frames.dtype
    if background.shape != frames.shape[2:]:
        msg = f"{what}: the background to subtract has the shape {background.shape}, the frames {frames.shape[2:]}"
        raise ValueError(msg)
    if dtype.kind not in "ui":
        if dtype.kind not in "fc":
            msg = f"{what}: nothing can be subtracted from frames of {dtype}"
            raise ValueError(msg)
        return Subtracted(frames=frames, background=background.astype(dtype), dtype=dtype)
    if subtraction not in ("saturate", "widen"):
        msg = (
            f"{what}: differences of {dtype} may be negative; say subtraction='saturate' to set those to "
            f"{_least(dtype)}, or subtraction='widen' for a wider dtype with a sign, not {subtraction!r}"
        )
        raise ValueError(msg)
    whole = _as(background, dtype, what)
    if subtraction == "saturate":
        return Subtracted(frames=frames, background=whole, dtype=dtype)
    wider = _WIDER.get(dtype.str[1:])
    if wider is None:
        msg = f"{what}: no dtype is wider than {dtype}; use subtraction='saturate'"
        raise ValueError(msg)
    return Subtracted(frames=frames, background=whole, dtype=np.dtype(wider))


def background_of(given: Background | Mapping[str, Background], run: Run, stream: str, key: str) -> Any:
    """The background of a field, (\\*frame shape); None where none is meant for it.

    The mean of a stream is rounded where the field's pixels are whole numbers. Nothing is subtracted from that stream
    itself.

    Raises
    ------
    KeyError
        When there is no such stream, or it has no frames of the field.
    ValueError
        When that stream holds no frame.
    """
    found = given.get(key) if isinstance(given, Mapping) else given
    if found is None or (isinstance(found, str) and found == stream):
        return None
    return _mean(run, found, key) if isinstance(found, str) else np.asarray(found)


def _mean(run: Run, stream: str, key: str) -> NDArray[Any]:
    """The mean of all frames of a stream."""
    frames = run[stream].frames(key)
    count = frames.shape[0] * frames.shape[1]
    if not count:
        msg = f"stream {stream!r} has no frame of {key!r} that could be subtracted"
        raise ValueError(msg)
    total = np.zeros(frames.shape[2:], np.complex128 if frames.dtype.kind == "c" else np.float64)
    for start, images in batches(frames):
        del start
        total += images.sum(axis=0, dtype=total.dtype)
    mean = total / count
    return np.rint(mean).astype(frames.dtype) if frames.dtype.kind in "ui" else mean


def _as(background: NDArray[Any], dtype: np.dtype[Any], what: str) -> NDArray[Any]:
    """The background in the dtype of the frames, which must hold all its values as they are."""
    with np.errstate(invalid="ignore"):
        whole = background.astype(dtype)
    if background.dtype.kind not in "uif" or not np.array_equal(whole, background):
        msg = (
            f"{what}: the background to subtract holds values that frames of {dtype} cannot have (it is "
            f"{background.dtype}, from {background.min()} to {background.max()}); round it, as by "
            f"np.rint, and keep it within {dtype}"
        )
        raise ValueError(msg)
    return whole


def _saturating(frames: NDArray[Any], background: NDArray[Any]) -> None:
    """Subtract in place; the limits of the dtype stand for what is beyond them."""
    if frames.dtype.kind == "u":
        np.maximum(frames, background, out=frames)
        frames -= background
        return
    limits = np.iinfo(frames.dtype)
    with np.errstate(over="ignore"):
        lowest = np.where(background > 0, limits.min + np.maximum(background, 0), limits.min)
        highest = np.where(background < 0, limits.max + np.minimum(background, 0), limits.max)
    np.clip(frames, lowest, highest, out=frames)
    frames -= background


def _least(dtype: np.dtype[Any]) -> int:
    return int(np.iinfo(dtype).min)
