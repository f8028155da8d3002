"""When the frames of a field were taken, as their files say."""

import h5py
import numpy as np

from framestore.exporters.pixels import Pixels
from framestore.exporters.selection import Field

from .attributes import name_it

_EVENTS = 4096
"""Events whose times are read at once."""


def write(group: h5py.Group, name: str, field: Field) -> h5py.Dataset | None:
    """Put the times of a field's frames into a group, as a dataset (events, frames) float64, POSIX seconds.

    NaN where a file does not say; None, and no dataset, where none does.
    """
    known = field.times
    if known is None or 0 in known.shape:
        return None
    found = _read(known)
    if np.isnan(found).all():
        return None
    dataset = group.create_dataset(name, data=found, track_times=False)
    name_it(dataset, field.key)
    dataset.attrs["units"] = "s"
    return dataset


def _read(times: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    found = np.empty(times.shape, np.float64)
    flat = found.reshape(-1)
    step = _EVENTS * times.shape[1]
    for start in range(0, len(flat), step):
        times.read_into(flat[start : start + step], start)
    return found
