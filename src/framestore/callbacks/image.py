"""The frames of an event as images, of whatever kind the camera, or the detector, is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from framestore_handlers import Stream
from numpy.typing import NDArray

_COLOURS = (3, 4)
"""Channels of an image in colour: red, green, blue, and how opaque it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """The frames that belong to one event; they are read when they are asked for."""

    seq_num: int
    """Number of the event in its stream, from 1."""
    event: dict[str, Any] | None
    """Its document; None of a fly scan, which has no events."""
    frames: Any
    """(events, frames, \\*frame shape): those of this event are a part of it."""
    row: int
    """Which part."""

    @property
    def count(self) -> int:
        """How many frames."""
        return int(self.frames.shape[1])

    def frame(self, number: int) -> NDArray[Any]:
        """A frame, by its number from 0, as `as_image` gives it; only that one is read.

        Raises
        ------
        MissingFileError, OSError
            When its file is gone, is cut off, or is not what the documents say.
        """
        return as_image(np.asarray(self.frames[self.row, number]))

    def last(self) -> NDArray[Any]:
        """The last frame."""
        return self.frame(self.count - 1)

    def mean(self) -> NDArray[np.float64]:
        """The mean of all its frames, which are read one after another."""
        total = self.frame(0).astype(float)
        for number in range(1, self.count):
            total += self.frame(number)
        return total / self.count


def images_of(stream: Stream) -> list[str]:
    """Data keys of images, (height, width) or (height, width, 3) a frame, in files or in the events."""
    return [key for key, data_key in stream.data_keys.items() if _is_image(data_key)]


def _is_image(data_key: dict[str, Any]) -> bool:
    shape = tuple(data_key.get("shape") or ())
    if "external" not in data_key:
        return data_key.get("dtype") == "array" and len(shape) in {2, 3, 4}
    frame = shape[1:] if len(shape) > 2 else shape
    return len(frame) == 2 or (len(frame) == 3 and (frame[-1] in _COLOURS or frame[0] in _COLOURS))


def shots(stream: Stream, key: str) -> Iterator[Shot]:
    """What a stream has of a data key of images, event by event."""
    frames = stream.frames(key) if stream.is_external(key) else _inside(stream[key])
    numbers, events = stream.rows(key)
    for row, (seq_num, event) in enumerate(zip(numbers.tolist(), events, strict=True)):
        yield Shot(seq_num=seq_num, event=event, frames=frames, row=row)


def _inside(values: NDArray[Any]) -> NDArray[Any]:
    """Images that stand in the events, with an axis of frames: (events, frames, \\*frame shape)."""
    is_frame = values.ndim == 3 or (values.ndim == 4 and values.shape[-1] in _COLOURS)
    return values[:, np.newaxis] if is_frame else values


def as_image(frame: NDArray[Any]) -> NDArray[Any]:
    """A frame as (height, width), or (height, width, 3) of colours: real numbers.

    Channels that come first are put last, how opaque pixels are is left out; bools are 0 and 1, complex numbers give
    their magnitude.

    Raises
    ------
    ValueError
        When it is no image.
    """
    image = frame[..., 0] if frame.ndim == 3 and frame.shape[-1] == 1 else frame
    image = image[0] if image.ndim == 3 and image.shape[0] == 1 else image
    if image.ndim == 3 and image.shape[-1] not in _COLOURS and image.shape[0] in _COLOURS:
        image = np.moveaxis(image, 0, -1)
    is_image = image.ndim == 2 or (image.ndim == 3 and image.shape[-1] in _COLOURS)
    if not is_image or not image.size or image.dtype.kind not in "buifc":
        msg = (
            f"a frame of shape {frame.shape} and dtype {frame.dtype} is no image: numbers (height, width), or "
            "(height, width, 3) of colours; name another field"
        )
        raise ValueError(msg)
    image = image[..., :3] if image.ndim == 3 else image
    if image.dtype.kind == "c":
        return np.abs(image)
    return image.astype(np.uint8) if image.dtype.kind == "b" else image
