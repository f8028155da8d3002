"""Files that are gone, named all together."""

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from weakref import WeakValueDictionary

from .place import MissingFileError, Place
from .segments import Segment

if TYPE_CHECKING:
    from .frame_file import FrameFile

_NAMED = 20
"""Files that a message names; of the others it tells how many they are."""

_FEW = 16
"""Files that are looked at one by one faster than their folder, which may hold those of others, is listed."""


@runtime_checkable
class Placed(Protocol):
    """Frames that say where they are, and what may be looked at there."""

    @property
    def place(self) -> Place:
        """The file, or the folder."""
        ...


class Segmented(Protocol):
    """An array of frames, or a block of one."""

    @property
    def segments(self) -> Sequence[Segment]:
        """Where its events are."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """That of an event, (frames, \\*frame shape), behind the number of events."""
        ...

    @property
    def name(self) -> str:
        """What it is, for messages."""
        ...

    @property
    def whole(self) -> str:
        """Name of the lazy array of which it is a block, if it is one."""
        ...


_WHOLES: WeakValueDictionary[str, Segmented] = WeakValueDictionary()


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
        found.update(dict.fromkeys(absent_files(paths, file)))
    return list(found)


def remember(array: Segmented, name: str) -> None:
    """As long as there is such a lazy array, its blocks name all its missing files, not only theirs."""
    _WHOLES.setdefault(name, array)


def named_together(error: MissingFileError, array: Segmented) -> MissingFileError:
    """The error for a file that is gone, with all others that are; where it is the only one, as it is.

    A block of a lazy array names all of that, where this process has it; else, where the error arrives in one that has.
    Where others cannot be looked at, such as one outside of what may be opened, nobody asked for those: it is as it is.
    """
    whole = _WHOLES.get(array.whole)
    named = whole or array
    try:
        absent = missing_files(named.segments, named.shape[1])
    except (OSError, ValueError):  # the latter: more than are listed
        return error
    if whole is None and array.whole:
        return MissingFromBlockError(str(error), array.whole, array.name, tuple(absent[:_NAMED]), len(absent))
    return error if len(absent) < 2 else MissingFileError(_message(str(error), named.name, absent, len(absent)))


class MissingFromBlockError(MissingFileError):
    """Files of a block are gone, in a process that does not know the other blocks.

    It is pickled on its way to the process that has the lazy array, and names there all files that are gone.
    """

    def __init__(self, first: str, whole: str, name: str, absent: Sequence[Path], count: int) -> None:
        message = _message(first, name, absent, count) if count > 1 else first
        super().__init__(f"{message}; this was one block: missing_files() of its stream tells which others are gone")
        self._made_of = first, whole, name, absent, count

    def __reduce__(self) -> tuple[Any, ...]:
        """What it is made of."""
        return _arrived, self._made_of


def _arrived(first: str, whole: str, name: str, absent: Sequence[Path], count: int) -> MissingFileError:
    array = _WHOLES.get(whole)
    others = [] if array is None else _missed_here(array, absent)
    if others:
        return MissingFileError(_message(first, name, others, len(others)))
    return MissingFromBlockError(first, whole, name, absent, count)


def _missed_here(array: Segmented, absent: Sequence[Path]) -> list[Path]:
    """All files that are gone; none where this machine does not see the files as that sees them which missed some."""
    try:
        found = missing_files(array.segments, array.shape[1])
        sees_others = len(found) < len(named_files(array.segments, array.shape[1]))
    except (OSError, ValueError):  # as above
        return []
    return found if sees_others and len(found) > 1 and set(found).issuperset(absent) else []


def _message(first: str, name: str, absent: Sequence[Path], count: int) -> str:
    named = ", ".join(map(str, absent[:_NAMED]))
    rest = f" and {count - _NAMED} others" if count > _NAMED else ""
    return f"{first}; {count} files of {name} are not there: {named}{rest}"


def _files(segment: Segment, frames: int) -> Sequence[Path]:
    """Files of a segment; of what is so far gone that it cannot say, its place."""
    try:
        return segment.file.files(segment.first, segment.first + segment.events * frames)
    except OSError:
        return [segment.file.place.path] if isinstance(segment.file, Placed) else []


def absent_files(paths: Sequence[Path], file: "FrameFile") -> Iterator[Path]:
    """Those of some paths of a file of frames that are not there; it raises what `missing_files` does."""
    checked = file.place.checked if isinstance(file, Placed) else Path
    listed: dict[Path, set[str]] = {}
    for path in paths:
        if len(paths) > _FEW and path.parent not in listed and _is_there(path, checked):
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
