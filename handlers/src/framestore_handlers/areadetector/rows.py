"""Datums that are not a number of frames of one dataset: parts of it, or all of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.claims import whole_number
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.hdf5.leading import read_leading
from framestore_handlers.hdf5.opening import open_for_reading
from framestore_handlers.naming import named_errors

TimesInto = Callable[[NDArray[np.float64], int], None]
"""(out, first frame): how the times of frames are got."""


def only(datum_kwargs: Mapping[str, Any], names: Collection[str], path: Path) -> None:
    """Refuse a datum that says something else than these.

    Raises
    ------
    ValueError
        It names what is not known.
    """
    strange = sorted(set(datum_kwargs) - set(names))
    if strange:
        msg = f"{path}: a datum says {', '.join(strange)}, of which nothing is known; known: {', '.join(names)}"
        raise ValueError(msg)


def number_of(datum_kwargs: Mapping[str, Any], name: str, path: Path, least: int = 0) -> int:
    """The number of that name of a datum.

    Raises
    ------
    ValueError
        When the datum does not say it, or it is no whole number from ``least`` on.
    """
    if name not in datum_kwargs:
        msg = f"{path}: a datum does not say its {name}, it says {dict(datum_kwargs)}"
        raise ValueError(msg)
    return whole_number(datum_kwargs[name], f"{path}: {name}", least, floats=True)


def in_frame(shape: tuple[int, ...], row: tuple[int, ...], path: Path) -> int:
    """How many rows of shape ``row`` a frame has: 1 where it is one; a row is what its last dimensions hold.

    Raises
    ------
    OSError
        When a frame is not made of such rows.
    """
    at = len(shape) - len(row)
    if at < 0 or shape[at:] != row:
        msg = f"{path} holds frames of {shape}, its documents say {row}"
        raise OSError(msg)
    return prod(shape[:at])


def check_event(rows: int | None, held: int, path: Path) -> None:
    """Check that an event has as many rows by its data key, None if that is not known, as it has in the file.

    Raises
    ------
    OSError
        When it has not.
    """
    if rows not in (None, held):
        msg = f"{path} holds an event of {held} rows, its documents say {rows}, the first number of its shape"
        raise OSError(msg)


def repeated_into(out: NDArray[np.float64], start: int, each: int, frame_times: TimesInto) -> None:
    """Fill ``out``, (rows,), with the times of the frames that rows are of, ``each`` to a frame, from ``start`` on."""
    first, skip = divmod(start, each)
    times = np.empty(-(-(start + len(out)) // each) - first)
    frame_times(times, first)
    out[:] = np.repeat(times, each)[skip : skip + len(out)]


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetRows(HDF5Frames):
    """The rows of a dataset, whatever part of a frame a row is: the shape that is asked for says it."""

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the rows from ``start`` on; see `FrameFile`."""
        with named_errors(self.place, self.path), open_for_reading(self.place) as file:
            dataset = self._dataset(file)
            read_leading(dataset, self.place, out, start)
