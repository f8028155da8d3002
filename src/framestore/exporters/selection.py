"""Which fields of which streams are exported, and what their frames are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from framestore_handlers import Run, Stream
from framestore_handlers.frame_array import FrameArray
from framestore_handlers.times import are_timed, times_of
from numpy.typing import DTypeLike, NDArray

from .conversion import converted
from .correction import Background, Subtraction, background_of, subtracted
from .pixels import Held, Pixels

Names = str | Sequence[str] | None
"""One name, several, or None: all."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """The frames of a data key of a stream, as they are exported."""

    stream: Stream
    """The stream."""
    key: str
    """Name of the data key: the field."""
    source: Pixels
    """Its frames, as they are in the files."""
    pixels: Pixels
    """The same as they are exported; `source` itself where nothing is done to them."""

    @property
    def name(self) -> str:
        """What it is, for messages."""
        return f"{self.key} of stream {self.stream.name!r}"

    @property
    def data_key(self) -> dict[str, Any]:
        """What the newest descriptor says of it."""
        return self.stream.data_keys[self.key]

    @property
    def seq_nums(self) -> NDArray[np.int64]:
        """Sequence number of each event: (events,)."""
        return self._rows[0]

    @property
    def events(self) -> list[dict[str, Any] | None]:
        """Document of each event; None of frames without one."""
        return self._rows[1]

    @property
    def times(self) -> Pixels | None:
        """When each frame was taken, (events, frames) float64, POSIX seconds; None where no file could say."""
        frames = self.source
        return times_of(frames) if isinstance(frames, FrameArray) and are_timed(frames) else None

    @property
    def is_image(self) -> bool:
        """Whether a frame has rows and columns."""
        return len(self.pixels.shape) >= 4

    @property
    def is_unchanged(self) -> bool:
        """Whether pixels are exported as they are in the files."""
        return self.pixels is self.source

    @cached_property
    def _rows(self) -> tuple[NDArray[np.int64], list[dict[str, Any] | None]]:
        return self.stream.rows(self.key)


@dataclass(frozen=True, kw_only=True, slots=True)
class Treatment:
    """What is done to the pixels of all fields; nothing, unless it is said.

    Raises
    ------
    ValueError
        When ``subtraction`` is none of those that there are.
    """

    subtract: Background | Mapping[str, Background] | None = None
    """An image, or the stream of which it is the mean, that is subtracted: of all fields, or by field."""
    subtraction: Subtraction | None = None
    """What becomes of differences of whole numbers that their dtype does not hold."""
    dtype: DTypeLike | None = None
    """Dtype of the pixels; None: as it is."""
    clip: bool = False
    """Whether pixels that it does not hold become its limits."""
    scale: tuple[float, float] | None = None
    """Which values become its limits."""

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.subtraction not in (None, "saturate", "widen"):
            msg = f"subtraction must be 'saturate' or 'widen', not {self.subtraction!r}"
            raise ValueError(msg)
        if self.subtraction is not None and self.subtract is None:
            msg = f"subtraction={self.subtraction!r} says how to subtract; say what, as in subtract='dark'"
            raise ValueError(msg)

    @property
    def told(self) -> tuple[Any, ...]:
        """What tells it from others; see `digest`."""
        dtype = None if self.dtype is None else np.dtype(self.dtype).str
        return self.subtract, self.subtraction, dtype, self.clip, self.scale

    def check(self, fields: Sequence[Field]) -> None:
        """Refuse what would subtract nothing; ValueError."""
        if isinstance(self.subtract, str) and fields and all(field.stream.name == self.subtract for field in fields):
            msg = (
                f"subtract={self.subtract!r} is what is exported, and is not subtracted from itself; add other streams"
            )
            raise ValueError(msg)
        if isinstance(self.subtract, Mapping):
            unknown = [key for key in self.subtract if key not in {field.key for field in fields}]
            if unknown:
                msg = (
                    f"subtract= names {', '.join(map(repr, unknown))}, which is no field that is exported; see fields="
                )
                raise ValueError(msg)

    def of(self, run: Run, field: Field) -> Field:
        """A field with its pixels treated; ValueError, KeyError: see `subtracted`, `background_of`, `converted`."""
        pixels = field.pixels
        if self.subtract is not None:
            background = background_of(self.subtract, run, field.stream.name, field.key)
            if background is not None:
                pixels = subtracted(pixels, background, self.subtraction, field.name)
        pixels = converted(pixels, self.dtype, clip=self.clip, scale=self.scale, what=field.name)
        return replace(field, pixels=pixels)


def select(
    run: Run,
    *,
    streams: Names = None,
    fields: Names = None,
    treatment: Treatment | None = None,
    leaves_uneven: bool = False,
) -> list[Field]:
    """The fields with frames, in the order of the streams and of their data keys.

    Frames are what stands in files, and images that stand in the events.

    Parameters
    ----------
    run
        The run.
    streams
        Of which streams; None: of all.
    fields
        Which; None: all with frames. A stream need not have all of them, but one must.
    treatment
        What is done to the pixels.
    leaves_uneven
        Whether images in the events that are not all of one shape are left out where nobody names them, not refused.

    Raises
    ------
    KeyError
        When there is no such stream, or none of the streams has such a field; it names those that there are.
    ValueError
        When a field has no frames, its documents do not fit together, or its pixels cannot be treated so.
    """
    names = run.streams if streams is None else [streams] if isinstance(streams, str) else list(streams)
    chosen = [run[name] for name in names]
    wanted = None if fields is None else [fields] if isinstance(fields, str) else list(fields)
    for key in wanted or ():
        _check_known(run, chosen, key)
    found = [field for stream in chosen for field in _of(stream, wanted, leaves_uneven=leaves_uneven)]
    if treatment is None:
        return found
    treatment.check(found)
    return [treatment.of(run, field) for field in found]


def _check_known(run: Run, streams: Sequence[Stream], key: str) -> None:
    having = [stream for stream in streams if key in stream.data_keys]
    if not having:
        there = ", ".join(dict.fromkeys(key for stream in streams for key in _keys(stream))) or "none"
        msg = f"run {run.start['uid']} has no field {key!r} in {_named(streams)}; fields with frames: {there}"
        raise KeyError(msg)
    if not any(key in _keys(stream) for stream in having):
        msg = f"the values of {key!r} in {_named(having)} are no frames: {having[0].data_keys[key].get('dtype')}"
        raise ValueError(msg)


def _named(streams: Sequence[Stream]) -> str:
    return ", ".join(f"stream {stream.name!r}" for stream in streams) or "no stream"


def _of(stream: Stream, wanted: Sequence[str] | None, *, leaves_uneven: bool) -> Iterator[Field]:
    for key in _keys(stream):
        if wanted is not None and key not in wanted:
            continue
        try:
            pixels = stream.frames(key) if stream.is_external(key) else _held(stream, key)
        except ValueError:
            if stream.is_external(key) or wanted is not None or not leaves_uneven:
                raise
        else:
            yield Field(stream=stream, key=key, source=pixels, pixels=pixels)


def _keys(stream: Stream) -> list[str]:
    """Data keys with frames: those in files, and images in events."""
    return [key for key in stream if stream.is_external(key) or len(stream.data_keys[key].get("shape") or ()) >= 2]


def _held(stream: Stream, key: str) -> Held:
    """The images that stand in the events, each (height, width), (height, width, 3), or (frames, …) of such."""
    images = np.asarray(stream[key])
    if images.dtype.kind not in "uifcb":
        msg = f"stream {stream.name!r}: the images of {key!r} in its events are not all of one shape: they stay there"
        raise ValueError(msg)
    if images.ndim < 4 or (images.ndim == 4 and images.shape[-1] in (3, 4)):
        images = images[:, np.newaxis]
    return Held(array=images)
