"""What a file holds against what its documents say: every reader compares them before it takes memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FrameType = tuple[tuple[int, ...], np.dtype[Any]]
"""Shape and dtype of a frame."""
Check = Callable[[FrameType], None]
"""Sees what frames are before their pixels are read; it raises an OSError when they are not to be."""


class CutOffFileError(OSError):
    """A file has fewer bytes than it must."""


class ShortFileError(OSError):
    """A file holds fewer frames than the documents name."""


class OtherFramesError(OSError):
    """A file holds frames of another shape or dtype than the documents say."""


def check_type(what: object, held: FrameType, said: FrameType, *, in_order: bool = False) -> None:
    """Check that frames are of the shape and the dtype that the documents say.

    Parameters
    ----------
    what
        What holds them, for messages: a file.
    held
        What the frames in it are.
    said
        What the documents say.
    in_order
        Whether the byte order counts, too: bytes are taken as they stand, not as numbers.

    Raises
    ------
    OtherFramesError
        When they are not.
    """
    (shape, dtype), (said_shape, said_dtype) = held, said
    if shape != said_shape or (
        dtype != said_dtype and (in_order or dtype.newbyteorder("=") != said_dtype.newbyteorder("="))
    ):
        msg = f"{what} holds frames of {shape} {dtype}, its documents say {said_shape} {said_dtype}"
        raise OtherFramesError(msg)


def unchecked(held: FrameType) -> None:
    """Take frames of any shape and dtype: a `Check` where documents do not say what they are."""


def check_count(what: object, held: int, stop: int) -> None:
    """Check that a file of ``held`` frames has those up to number ``stop``; ShortFileError when it has not."""
    if stop > held:
        msg = f"{what} holds {held} frames, its documents name frames up to {stop}"
        raise ShortFileError(msg)


def cut_off(path: Path, nbytes: int, size: int) -> CutOffFileError:
    """The error for a file of ``size`` bytes that must have ``nbytes`` or more."""
    what = f"{path} is cut off: it has {size} of at least {nbytes} bytes"
    return CutOffFileError(f"{what}; copy it from where it was written")
