"""Which frames a page of TIFF holds."""

from typing import Any

import numpy as np

_LARGEST = 2**32 - 1
"""Pixels along a side: width and height are numbers of 32 bits."""
_SIZES = {"u": (1, 2, 4, 8), "i": (1, 2, 4, 8), "f": (2, 4, 8)}
"""Bytes of a number that readers know, by numpy's kind."""


def check_frames(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Refuse frames that a page cannot hold, of the format ``name``.

    Raises
    ------
    ValueError
        It names what it got, and what the format can hold.
    """
    image = len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)
    if not image or not 1 <= min(shape) <= max(shape) <= _LARGEST or dtype.itemsize not in _SIZES.get(dtype.kind, ()):
        msg = (
            f"format {name!r} cannot hold frames of shape {shape} and dtype {dtype}; it holds (height, width) and "
            "(height, width, 3), of integers of 8 to 64 bits and floats of 16 to 64 bits"
        )
        raise ValueError(msg)
