"""How large the pixels of an HDF5 file are, where it says so."""

import math

import h5py
import numpy as np

from framestore_handlers.naming import named_errors
from framestore_handlers.place import MissingFileError, UntrustedPathError

from .handler import HDF5Frames
from .layout import LAYOUT
from .opening import open_for_reading
from .trust import trusted


def pixel_size(frames: HDF5Frames) -> tuple[float, float] | None:
    """Height and width of a pixel, metres; None where the file of these frames does not say.

    Raises
    ------
    MissingFileError, UntrustedPathError, OSError
        When the file is gone, cannot be read, or may not be opened; or what says it leads to such a file.
    """
    if frames.dataset != LAYOUT.dataset:
        return None
    with named_errors(frames.place, frames.path), open_for_reading(frames.place) as file:
        found = [_metres(file, name, frames) for name in (LAYOUT.y_pixel_size, LAYOUT.x_pixel_size)]
    height, width = found
    return None if height is None or width is None else (height, width)


def _metres(file: h5py.File, name: str, frames: HDF5Frames) -> float | None:
    try:
        dataset = trusted(file, name, frames.place)
    except (MissingFileError, UntrustedPathError):
        raise
    except OSError:  # the file does not say
        return None
    if dataset.size != 1 or dataset.dtype.kind not in "iuf" or dataset.attrs.get("units") not in ("m", b"m"):
        return None
    value = float(np.ravel(dataset[()])[0])
    return value if 0 < value < math.inf else None
