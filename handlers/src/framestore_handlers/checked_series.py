"""Whether the files of a series are there and whole: each is looked at once, and no pixel is read."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from .claims import check_files
from .fault import Fault, Looked, fault_of
from .held import FrameType, check_type
from .naming import named_errors
from .place import Place

FileType = Callable[[Path], FrameType]
"""(path) -> shape and dtype of what a file holds, all bytes of which are there; raises an exception when they are not.

It reads no pixels.
"""
_STEP = 64
"""Files after which it is told how far it is."""


class Series(Protocol):
    """Files that are numbered."""

    @property
    def place(self) -> Place:
        """The folder where they are."""
        ...

    def path(self, number: int) -> Path:
        """That of a number."""
        ...


def check_series(
    series: Series, file_type: FileType, wanted: Sequence[range], said: FrameType | None, looked: Looked
) -> Iterator[Fault]:
    """What is wrong with some files of a series; see `CheckedFrames`.

    Parameters
    ----------
    series
        The files.
    file_type
        How one is looked at.
    wanted, said, looked
        As there; ``said`` of what a file holds.
    """
    for part in wanted:
        try:
            check_files(len(part), series.place.path)
        except ValueError as error:
            yield Fault(kind="documents", start=part.start, stop=part.stop, path=series.place.path, what=str(error))
            continue
        for number in part:
            yield from _of_file(series, file_type, number, said)
            if (number + 1 - part.start) % _STEP == 0:
                looked(_STEP, _STEP)
        looked(len(part) % _STEP, len(part) % _STEP)


def _of_file(series: Series, file_type: FileType, number: int, said: FrameType | None) -> Iterator[Fault]:
    try:
        path = series.path(number)
    except ValueError as error:  # it would lead out of the folder
        yield Fault(kind="documents", start=number, stop=number + 1, path=series.place.path, what=str(error))
        return
    try:
        checked = series.place.checked(path)
        with named_errors(series.place, path):
            held = file_type(checked)
        if said is not None:
            check_type(path, held, said)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with a damaged file is a fault
        yield fault_of(error, range(number, number + 1), path)
