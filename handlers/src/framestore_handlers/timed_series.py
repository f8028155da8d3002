"""Frames that have a file each, which tells when it was taken, and maybe a checksum."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .checked_series import FileType
from .checksum import Compared
from .place import Place
from .series import FrameSeries, ReadFrame, from_documents

ReadTime = Callable[[Path], float]
"""When the frame of a file was taken, POSIX seconds; NaN where it does not say. It does not read the pixels."""

CompareChecksum = Callable[[Path, NDArray[Any]], Compared]
"""What a file says of the checksum of its frame, whose pixels are given, and what was found; see `SummedFrames`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TimedSeries(FrameSeries):
    """The frames of a series of files that tell their times; a `TimedFrames`, and a `SummedFrames`."""

    read_time: ReadTime
    """How the time of one is read."""
    compare: CompareChecksum
    """How the checksum of one is compared."""

    def times_into(self, out: NDArray[np.float64], start: int) -> None:
        """Fill ``out`` with the times from that of frame ``start`` on; see `TimedFrames`."""
        for row in range(len(out)):
            out[row] = self._asked(self.read_time, start + row)

    def checksums(self, pixels: NDArray[Any], start: int) -> list[Compared]:
        """What the files say of the checksums of these frames, and what was found; see `SummedFrames`."""
        return [self._asked(self.compare, start + row, frame) for row, frame in enumerate(pixels)]

    def _asked(self, ask: Callable[..., Any], number: int, *more: Any) -> Any:
        """What the file of a number answers."""
        path = self.path(number)
        try:
            return ask(self.place.checked(path), *more)
        except FileNotFoundError:
            raise self.place.missing(path) from None


def timed_from_documents(
    place: Place,
    kwargs: Mapping[str, Any],
    *,
    read_frame: ReadFrame,
    read_time: ReadTime,
    compare: CompareChecksum,
    checks_first: bool = False,
    file_type: FileType | None = None,
) -> TimedSeries:
    """Frames of a Resource by its ``resource_kwargs``, or of a StreamResource by its ``parameters``.

    Raises
    ------
    ValueError
        When there is no template, or one that is not that of a series of files.
    """
    series = from_documents(place, kwargs, read_frame=read_frame, checks_first=checks_first, file_type=file_type)
    known = {field.name: getattr(series, field.name) for field in fields(series)}
    return TimedSeries(read_time=read_time, compare=compare, **known)
