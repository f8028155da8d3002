"""Checksums of frames: what they are of, how they stand in files, and how they are compared.

XXH3 of 64 bits, https://github.com/Cyan4973/xxHash: it tells damage, not forgery. It is of the pixels in C order, each
with its bytes as the data key's ``dtype_numpy`` has them, of bool a byte of 0 or 1; so it is the same whatever the
compression. Formats that keep no byte order say which it is, and JPEG, which keeps no pixels, has it of the file.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

XXH3 = "xxh3"
"""Name of the algorithm, in settings and in files."""
UNKNOWN = 0
"""Stands among numbers for a frame whose checksum is not known."""
LOST = "lost"
"""Stands for the checksum of a frame in a file that has those of its frames, and not its."""
AS_IT_IS = "|"
"""Stands for the byte order that a frame has."""

Compared = tuple[str | None, str | None]
"""What the file says and what was found; see `SummedFrames`."""
NONE: Compared = (None, None)
"""The file has none."""


def checksum_of(*parts: Any) -> int:
    """Checksum of some buffers, one behind another, with the interpreter released.

    Raises
    ------
    ModuleNotFoundError
        When xxhash is not installed; it names the command that mends it.

    Examples
    --------
    >>> as_text(checksum_of(b"a", b"bc"))
    'xxh3:78af5f94892f3950'
    """
    try:
        from xxhash import xxh3_64  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        msg = "checksums of frames need xxhash: pip install 'framestore-handlers[checksum]'"
        raise ModuleNotFoundError(msg, name="xxhash") from error
    state = xxh3_64()
    for part in parts:
        state.update(part)
    return state.intdigest()


def frame_checksum(frame: NDArray[Any], order: str = AS_IT_IS) -> int:
    """Checksum of a frame's pixels.

    Parameters
    ----------
    frame
        The frame, of any shape; copied only where it is of bool, not C-contiguous, or of another byte order.
    order
        Byte order of the pixels: ``"<"``, ``">"``, ``"="`` (this computer's), or `AS_IT_IS`.
    """
    dtype = frame.dtype if order == AS_IT_IS else np.dtype(order + frame.dtype.str[1:])
    pixels = np.ascontiguousarray(frame, dtype).reshape(-1).view(np.uint8)
    return checksum_of(pixels != 0 if frame.dtype == np.bool_ else pixels)


def as_text(checksum: int, algorithm: str = XXH3) -> str:
    """A checksum as it stands in texts: the name of what it was made by, and its digits.

    Examples
    --------
    >>> as_text(1234)
    'xxh3:00000000000004d2'
    """
    return f"{algorithm}:{checksum:016x}"


def compared(said: str | None, find: Callable[[], int]) -> Compared:
    """What a file says of a frame, and what ``find`` finds; that is not asked where there is nothing to compare."""
    return said, as_text(find()) if said is not None and said.startswith(f"{XXH3}:") else None


def compared_frames(said: list[str | None], pixels: NDArray[Any], order: str = AS_IT_IS) -> list[Compared]:
    """The same of each of some frames, (frames, \\*frame shape)."""
    return [
        compared(text, lambda number=number: frame_checksum(pixels[number, ...], order))
        for number, text in enumerate(said)
    ]
