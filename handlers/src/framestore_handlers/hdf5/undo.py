"""Undoing a filter: what that is, and what each checks first."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
"""(bytes,)"""
Undo = Callable[[Bytes, Bytes], None]
"""(what a filter made, room for exactly what it was given) -> None; raises when it cannot fill the room."""
Options = Sequence[int]
"""What a dataset says of one of its filters: the filter's ``cd_values``."""


def check_size(found: int, expected: int) -> None:
    """Check how many bytes there are; OSError when it is another number."""
    if found != expected:
        msg = f"there are {found} bytes instead of {expected}"
        raise OSError(msg)
