"""What the frames of an event are like, as documents say it before a file is opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import claims
from .frame_file import FrameFile

DataKey = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class EventShape:
    """Frames of an event."""

    frames: int
    """How many."""
    frame: tuple[int, ...] | None
    """Shape of one; None where only a file tells."""
    dtype: np.dtype[Any] | None
    """Of the pixels; None where only a file tells."""
    has_axis: bool = True
    """Whether arrays have an axis of frames; documents of others leave it out where an event is one frame."""


def event_shape(
    stream: str, key: str, data_keys: Sequence[DataKey], document: DataKey | None, file: FrameFile | None
) -> EventShape:
    """What the documents of a data key say.

    Parameters
    ----------
    stream, key
        Their names, for messages.
    data_keys
        The data key as each descriptor has it; they must agree.
    document
        First of the Resource or StreamResource documents of the key; None: no frames came.
    file
        What that document names.

    Raises
    ------
    ValueError
        When there is no one shape.
    """
    what = f"stream {stream!r}, {key}"
    for data_key in data_keys:
        claims.check_shape(data_key.get("shape"), what)
    kinds = {(tuple(data_key["shape"]), str(data_key.get("dtype_numpy"))) for data_key in data_keys}
    if len(kinds) > 1:
        msg = (
            f"stream {stream!r}: its descriptors say of {key!r} {sorted(kinds, key=str)}; one shape is needed. Load "
            "the documents of each descriptor by themselves"
        )
        raise ValueError(msg)
    shape = tuple(data_keys[-1]["shape"])
    given = data_keys[-1].get("dtype_numpy")
    if not given and file is not None and file.frames_per_event:  # an older ophyd's, whose shape is often none
        claims.check_frames(file.frames_per_event, (), None, what)
        has_axis = file.frames_per_event > 1 or len(shape) > 2
        return EventShape(frames=file.frames_per_event, frame=None, dtype=None, has_axis=has_axis)
    if None in shape or 0 in shape[:1]:
        msg = f"stream {stream!r}: its descriptor says of {key!r} {shape}, which is no shape of frames"
        raise ValueError(msg)
    dtype = claims.pixel_dtype(given, what) if given else None
    if not shape or (document is not None and _leaves_axis_out(shape, document)):
        claims.check_frames(1, shape, dtype, what)
        return EventShape(frames=1, frame=shape, dtype=dtype, has_axis=False)
    claims.check_frames(shape[0], shape[1:], dtype, what)
    return EventShape(frames=shape[0], frame=shape[1:], dtype=dtype)


def _leaves_axis_out(shape: Sequence[int], document: DataKey) -> bool:
    """Whether an event is one frame, and ``shape`` the frame's.

    A stream's ``chunk_shape`` is that of the stored array, (frames, \\*frame shape), unless events are stacked there.
    """
    if "spec" in document:
        return len(shape) == 2 and shape[0] > 1 and document["resource_kwargs"].get("frame_per_point") == 1
    parameters = document.get("parameters")
    chunk = parameters.get("chunk_shape") if isinstance(parameters, Mapping) else None
    stacked = isinstance(parameters, Mapping) and parameters.get("join_method") == "stack"
    series = str(document.get("mimetype")).startswith("multipart/")
    return isinstance(chunk, Sequence) and len(chunk) == len(shape) + 1 and (series or not stacked)
