"""What every reader checks before it takes memory."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def check_frames(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], out: NDArray[Any]) -> None:
    """Check that frames of ``shape`` and ``dtype`` are what the documents say, which ``out`` is made after.

    Raises
    ------
    OSError
        When they are not.
    """
    if shape != out.shape[1:] or dtype.newbyteorder("=") != out.dtype.newbyteorder("="):
        msg = f"{path} holds frames of {shape} {dtype}, its documents say {out.shape[1:]} {out.dtype}"
        raise OSError(msg)


def check_number(path: Path, stop: int, frames: int) -> None:
    """Check that a file of so many ``frames`` has those up to number ``stop``; OSError when it has not."""
    if stop > frames:
        msg = f"{path} holds {frames} frames, its documents name frames up to {stop}"
        raise OSError(msg)


def cut_off(path: Path, nbytes: int, size: int) -> OSError:
    """The error for a file of ``size`` bytes that must have ``nbytes`` or more."""
    return OSError(f"{path} is cut off: it has {size} of at least {nbytes} bytes; copy it from where it was written")
