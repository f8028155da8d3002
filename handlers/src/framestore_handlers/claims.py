"""What documents may claim: what is no number, or one that no run has, is refused before memory is taken for it."""

from collections.abc import Sequence
from math import prod
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_EVENTS = 2**27
"""Events that are numbered one by one, where somebody asks for that: a GiB of numbers, 37 hours at 1 kHz."""
MOST_REPEATED = 2**20
"""Parts more than documents that name ranges of events, where several of them name the same events."""
MOST_OCCURRENCES = 2**19
"""How many times the same event may come."""
MOST_FRAMES = 2**26
"""Frames in an event."""
MOST_BLOCKS = 2**22
"""Blocks of a lazy array, each of which takes memory before it is read: 256 TiB in blocks of 64 MiB."""
MOST_FILES = 2**22
"""Files of consecutive frames that are listed."""
LARGEST_FRAME = 2**36
"""Bytes of a frame, which is read at once: 64 GiB."""
LARGEST_NUMBER = 2**42
"""Of an event, an index or a frame."""
_MOST_AXES = 32
_KINDS = "biufc"
"""Dtypes of pixels: bool, integers, floats, complex. Python objects, text and records are none."""


def whole_number(value: Any, what: str, low: int = 0, high: int = LARGEST_NUMBER, *, floats: bool = False) -> int:
    """A number of a document.

    Parameters
    ----------
    value
        What the document says.
    what
        What that is, for messages.
    low, high
        The least and the largest that it may be.
    floats
        Whether ``2.0`` is one: databases may have made floats of the integers in keyword arguments.

    Raises
    ------
    ValueError
        When it is no whole number from ``low`` to ``high``; it says what it is.
    """
    given: Any = int(value) if floats and isinstance(value, float | np.floating) and value.is_integer() else value
    try:
        number = index(given)
    except TypeError:
        number = None
    if isinstance(value, bool) or number is None or not low <= number <= high:
        msg = f"{what} must be a whole number from {low} to {high}, not {value!r:.80}"
        raise ValueError(msg)
    return number


def first_frame(number: Any, frames: int, name: str, where: object) -> int:
    """Number of a point's first frame, where each has ``frames``; ``name`` is how the datum of ``where`` calls it.

    What is no number is not multiplied: of text, that would make more.

    Raises
    ------
    ValueError
        When it is no whole number from 0 on.
    """
    if type(number) is int and 0 <= number <= LARGEST_NUMBER:  # as nearly all of 100,000 datums have it
        return number * frames
    return whole_number(number, f"{where}: {name}", floats=True) * frames


def check_shape(shape: Any, what: str) -> None:
    """Refuse what is no list of a few sizes, of which each is a whole number from 0 on, or not known (None)."""
    if not isinstance(shape, Sequence) or isinstance(shape, str | bytes) or len(shape) > _MOST_AXES:
        msg = f"{what}: the shape of its data key must be a list of up to {_MOST_AXES} numbers, not {shape!r:.80}"
        raise ValueError(msg)
    for size in shape:
        if size is not None:
            whole_number(size, f"{what}: each number in the shape of its data key, {list(shape)!r:.80},")


def check_frames(frames: Any, shape: tuple[int, ...], dtype: np.dtype[Any] | None, what: str) -> None:
    """Refuse an event of frames that are none.

    Parameters
    ----------
    frames
        How many frames an event has.
    shape
        Of a frame.
    dtype
        Of its pixels; None where that is not known yet.
    what
        For messages.

    Raises
    ------
    ValueError
        When they are too many, or too large, or their pixels are no numbers.
    """
    whole_number(frames, f"{what}: the number of frames in an event", 1, MOST_FRAMES)
    for size in shape:
        whole_number(size, f"{what}: each number in the shape of a frame, {shape!r:.80},", 1)
    if dtype is not None and not _is_numbers(dtype):
        msg = f"{what}: the dtype of its pixels must be one of numbers, such as '<u2', not {dtype!r:.80}"
        raise ValueError(msg)
    nbytes = prod(shape) * (dtype.itemsize if dtype else 1)
    if nbytes > LARGEST_FRAME:
        msg = f"{what}: a frame of {shape} {dtype} has {nbytes} bytes, more than {LARGEST_FRAME}; such are not read"
        raise ValueError(msg)


def pixel_dtype(given: Any, what: str) -> np.dtype[Any]:
    """That of ``dtype_numpy``; that of structured pixels came through JSON, which has lists for tuples.

    Raises
    ------
    ValueError
        When it is none.
    """
    try:
        return np.dtype(given if isinstance(given, str) else [(name, kind, *rest) for name, kind, *rest in given])
    except (TypeError, ValueError, SyntaxError, KeyError) as error:
        msg = f"{what}: the dtype of its pixels must be one of numbers, such as '<u2', not {given!r:.80}"
        raise ValueError(msg) from error


def _is_numbers(dtype: np.dtype[Any]) -> bool:
    if dtype.fields:
        return all(_is_numbers(field[0].base) for field in dtype.fields.values())
    return dtype.kind in _KINDS


def whole_numbers(values: Sequence[Any], what: str) -> NDArray[np.int64]:
    """Numbers of documents, such as sequence numbers: (values,). Databases may have made floats of them.

    Raises
    ------
    ValueError
        When one is no whole number from 0 on.
    """
    try:
        found = np.array(values) if values else np.array([], np.int64)
    except (ValueError, TypeError):
        found = np.array(None)
    if found.ndim == 1 and found.dtype.kind in "iuf" and (not len(found) or _are_whole(found)):
        return found.astype(np.int64, copy=False)
    msg = f"{what} must be whole numbers from 0 to {LARGEST_NUMBER}, not {_wrong(values)!r:.80}"
    raise ValueError(msg)


def _are_whole(found: NDArray[Any]) -> bool:
    return bool(0 <= found.min() <= found.max() <= LARGEST_NUMBER and (found == np.floor(found)).all())


def _wrong(values: Sequence[Any]) -> Any:
    """The first that is no whole number, as far as that can be told."""
    wrong = (value for value in values if not isinstance(value, int) or not 0 <= value <= LARGEST_NUMBER)
    return next(wrong, values[:1])


def check_events(number: int, what: str) -> None:
    """Refuse more events than can be numbered one by one."""
    if number > MOST_EVENTS:
        msg = (
            f"{what}: its documents claim {number} events, more than the {MOST_EVENTS} that are numbered one by one; "
            "load fewer of them at once"
        )
        raise ValueError(msg)


def check_last(number: int, what: str) -> None:
    """Refuse documents that name more frames, or ones of larger numbers, than there are."""
    if number > LARGEST_NUMBER:
        msg = f"{what}: its documents claim {number} events or frames, more than {LARGEST_NUMBER}"
        raise ValueError(msg)


def check_files(frames: int, where: object) -> None:
    """Refuse to list the files of so many frames, each of which has one."""
    if frames > MOST_FILES:
        msg = f"{where}: documents claim {frames} frames in files of their own, more than {MOST_FILES} are not listed"
        raise ValueError(msg)


def check_blocks(number: int, block_bytes: int) -> None:
    """Refuse a lazy array of more blocks than can be listed."""
    if number > MOST_BLOCKS:
        msg = (
            f"a lazy array of {number} blocks of about {block_bytes} bytes would have more than {MOST_BLOCKS}; "
            "load(..., block_bytes=...) makes fewer, larger ones; does its data key claim more frames than it has?"
        )
        raise ValueError(msg)


def allocated(shape: tuple[int, ...], dtype: np.dtype[Any], what: str) -> NDArray[Any]:
    """An array that is still to be filled.

    Raises
    ------
    OSError
        When there is not so much memory; before it is filled, it takes addresses only.
    """
    try:
        return np.empty(shape, dtype)
    except (MemoryError, ValueError) as error:
        nbytes = prod(shape) * dtype.itemsize
        msg = f"{what}: {shape} {dtype} of it do not fit into memory, {nbytes} bytes; read fewer events at once"
        raise OSError(msg) from error
