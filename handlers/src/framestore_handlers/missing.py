"""Files that are gone, named all together."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from .place import MissingFileError, Place
from .segments import Segment

if TYPE_CHECKING:
    from .blocks import FrameFile

_NAMED = 20
"""Files that a message names; of the others it tells how many they are."""


@runtime_checkable
class Placed(Protocol):
    """Frames that say where they are, and what may be looked at there."""

    @property
    def place(self) -> Place:
        """The file, or the folder."""
        ...


def named_files(segments: Sequence[Segment], frames: int) -> list[Path]:
    """Files of some events, each once, in their order; an event has ``frames`` frames."""
    return list(dict.fromkeys(path for segment in segments for path in _files(segment, frames)))


def missing_files(segments: Sequence[Segment], frames: int) -> list[Path]:
    """Those of them that are not there; folders are listed, so that not each file has to be looked at.

    Raises
    ------
    UntrustedPathError
        When one is outside of what may be opened.
    """
    found: dict[Path, None] = {}
    for file, ranges in groupby(segments, key=lambda segment: segment.file):
        paths = [path for segment in ranges for path in _files(segment, frames)]
        found.update(dict.fromkeys(_absent(paths, file)))
    return list(found)


def named_together(error: MissingFileError, segments: Sequence[Segment], frames: int, name: str) -> MissingFileError:
    """The error for a file that is gone, with all others that are; where it is the only one, as it is."""
    absent = missing_files(segments, frames)
    if len(absent) < 2:
        return error
    named = ", ".join(map(str, absent[:_NAMED]))
    rest = f" and {len(absent) - _NAMED} others" if len(absent) > _NAMED else ""
    return MissingFileError(f"{error}; {len(absent)} files of {name} are not there: {named}{rest}")


def _files(segment: Segment, frames: int) -> Sequence[Path]:
    """Files of a segment; of what is so far gone that it cannot say, its place."""
    try:
        return segment.file.files(segment.first, segment.first + segment.events * frames)
    except OSError:
        return [segment.file.place.path] if isinstance(segment.file, Placed) else []


def _absent(paths: Iterable[Path], file: "FrameFile") -> Iterator[Path]:
    checked = file.place.checked if isinstance(file, Placed) else Path
    listed: dict[Path, set[str]] = {}
    for path in paths:
        if path.parent not in listed and _is_there(path, checked):
            listed[path.parent] = _plain_names(path.parent)
        if path.name not in listed.get(path.parent, ()) and not _is_there(path, checked):
            yield path


def _is_there(path: Path, checked: Callable[[Path], Path]) -> bool:
    try:
        return checked(path).exists()
    except MissingFileError:
        return False


def _plain_names(folder: Path) -> set[str]:
    """Names in a folder, links left out; none where only single files may be looked at."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if not entry.is_symlink()}
    except OSError:
        return set()
