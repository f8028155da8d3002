"""Frames that have a file each, which tells when it was taken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .place import Place
from .series import FrameSeries, ReadFrame, from_documents

ReadTime = Callable[[Path], float]
"""When the frame of a file was taken, POSIX seconds; NaN where it does not say. It does not read the pixels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TimedSeries(FrameSeries):
    """The frames of a series of files that tell their times; a `TimedFrames`."""

    read_time: ReadTime
    """How the time of one is read."""

    def times_into(self, out: NDArray[np.float64], start: int) -> None:
        """Fill ``out`` with the times from that of frame ``start`` on; see `TimedFrames`."""
        for row in range(len(out)):
            path = self.path(start + row)
            try:
                out[row] = self.read_time(self.place.checked(path))
            except FileNotFoundError:
                raise self.place.missing(path) from None


def timed_from_documents(
    place: Place, kwargs: Mapping[str, Any], *, read_frame: ReadFrame, read_time: ReadTime, checks_first: bool = False
) -> TimedSeries:
    """Frames of a Resource by its ``resource_kwargs``, or of a StreamResource by its ``parameters``.

    Raises
    ------
    ValueError
        When there is no template, or one that is not that of a series of files.
    """
    series = from_documents(place, kwargs, read_frame=read_frame, checks_first=checks_first)
    known = {field.name: getattr(series, field.name) for field in fields(series)}
    return TimedSeries(read_time=read_time, **known)
