"""Documents in the files of a folder, as those who save each run in a file of its own leave them."""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

from .items import Pair

Reader = Callable[[Path], Iterable[Pair]]
"""The pairs of a documents file."""

_FIRST = frozenset({"start", "resource", "stream_resource"})
"""Documents that a file may begin with: all others refer to one before them."""
_NAMED = 5
"""Files that a message names."""


class NotDocumentsWarning(UserWarning):
    """A file of a folder has the suffix of documents files, and not their content."""


class RepeatedRunWarning(UserWarning):
    """Two files of a folder have documents of one run, from its start document on."""


def pairs(folder: Path, readers: Mapping[str, Reader]) -> Iterator[Pair]:
    """The documents of all documents files of a folder, in the order of the files' names; its folders are left out.

    A file that begins with something else than a run is left out, and named in a warning. Where two have the same run,
    as a copy in another format, the later one counts; they are named, too.

    Parameters
    ----------
    folder
        The folder.
    readers
        By the suffix of the files.

    Raises
    ------
    FileNotFoundError
        When there is no documents file in the folder.
    ValueError
        When a documents file is broken further on.
    """
    candidates = [path for path in _files(folder) if path.suffix in readers]
    others: list[Path] = []
    found = False
    came: dict[str, Path] = {}
    for path in candidates:
        documents = _documents(path, readers[path.suffix])
        if documents is None:
            others.append(path)
            continue
        found = True
        yield from _told_apart(documents, path, came)
    if not found:
        raise _nothing(folder, readers, others)
    if others:
        what = f"of {folder}, {_names(others)} left out: no documents that begin with the start of a run"
        warnings.warn(what, NotDocumentsWarning, stacklevel=2)


def _files(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return sorted(Path(entry.path) for entry in entries if entry.is_file())


def _documents(path: Path, read: Reader) -> Iterable[Pair] | None:
    """Documents of a file; None where it begins with something else."""
    items = iter(read(path))
    try:
        first = next(items, None)
    except ValueError:
        return None
    if first is None:
        return ()
    return chain([first], items) if first[0] in _FIRST else None


def _told_apart(documents: Iterable[Pair], path: Path, came: dict[str, Path]) -> Iterator[Pair]:
    """The same; it tells of runs that were in another file already. ``came``: file by uid of a run."""
    for name, document in documents:
        if name == "start":
            uid = str(document.get("uid"))
            if came.setdefault(uid, path) != path:
                what = f"run {uid} is in {came[uid].name} and in {path.name} of {path.parent}; the latter counts"
                warnings.warn(what, RepeatedRunWarning, stacklevel=2)
        yield name, document


def _nothing(folder: Path, readers: Mapping[str, Reader], others: list[Path]) -> FileNotFoundError:
    beside = f"; what {_names(others)} holds are no documents that begin with the start of a run" if others else ""
    return FileNotFoundError(
        f"{folder} holds no documents file ({', '.join(readers)}){beside}; folders in it are not searched: name the one"
    )


def _names(paths: list[Path]) -> str:
    rest = f" and {len(paths) - _NAMED} others" if len(paths) > _NAMED else ""
    return ", ".join(path.name for path in paths[:_NAMED]) + rest
