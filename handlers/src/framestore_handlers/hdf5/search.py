"""Which file HDF5 takes when a file names another: by an external link, as source of a virtual dataset, as raw data."""

import os
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import h5py

from framestore_handlers.place import MissingFileError, Place, UntrustedPathError

from .superblock import has_signature

LINKED, MAPPED, RAW = "HDF5_EXT_PREFIX", "HDF5_VDS_PREFIX", "HDF5_EXTFILE_PREFIX"
"""By what a file is named: an external link, a virtual dataset, external storage. Variables that tell HDF5 folders."""
_ORIGIN = "${ORIGIN}"
"""What the last two of these variables may begin with: the folder of the file that names another.

https://support.hdfgroup.org/documentation/hdf5/latest/group___d_a_p_l.html
"""


class NowhereError(UntrustedPathError):
    """What a file names would be outside of what may be opened, and there is nothing."""


class NotHDF5Error(OSError):
    """What a file names is there, and HDF5 does not open it: it has no signature."""


def named_file(name: str, place: Place, by: str, what: str) -> Path:
    """The file that HDF5 opens, spelled as HDF5 spells it: where that is a link, HDF5 goes on from the link's folder.

    It goes on to the next place where it finds a link that leads nowhere, old versions also where they find no HDF5.
    Where that is all there is, it is the first of them.

    Parameters
    ----------
    name
        How the other file is named.
    place
        The file that names it, by the path by which HDF5 has opened that.
    by
        `LINKED`, `MAPPED` or `RAW`.
    what
        For messages: by what it is named, such as ``"virtual dataset /data"``.

    Raises
    ------
    MissingFileError
        When it is nowhere.
    NowhereError
        When it is nowhere, either, but would be outside of what may be opened.
    UntrustedPathError
        When it is outside of what may be opened.
    """
    where = list(_raw(name, place.path) if by == RAW else _candidates(name, place.path, by))
    there = [path for path in where if os.path.lexists(path)]
    for path in there:
        checked = place.checked(path)
        if by == RAW or may_be_hdf5(checked):
            return path
    if there:
        return there[0]
    if place.roots is not None:
        _check_nowhere(where[0], place)
    msg = (
        f"{where[0]}, which {what} of {place.path} names as {name!r}, is not there; copy it to where the file names "
        f"it, or say where it is with the environment variable {by}"
    )
    raise MissingFileError(msg)


def may_be_hdf5(path: Path) -> bool:
    """Whether HDF5 may open a file; not where it is a link that leads nowhere."""
    try:
        return has_signature(path)
    except OSError:
        return path.exists()


def path_of(file: h5py.File) -> Path:
    """The path from which HDF5 looks for what a file names: that by which it was opened first, of those open now.

    A file that is open already, HDF5 does not open again by another path. It is HDF5 that is asked which of those open
    are this one: one that failed to close, on a full disk, crashes the process when it is asked itself.
    """
    if h5py.h5f.get_obj_count(file.id, h5py.h5f.OBJ_FILE) > 1:
        opened: list[Any] = h5py.h5f.get_obj_ids(file.id, h5py.h5f.OBJ_FILE)
        for same in sorted(opened, key=attrgetter("id")):
            try:
                return Path(os.fsdecode(h5py.h5f.get_name(same)))
            except (OSError, RuntimeError, ValueError):  # another thread has just closed it
                continue
    return Path(file.filename)


def _check_nowhere(path: Path, place: Place) -> None:
    try:
        place.checked(path)
    except UntrustedPathError as error:
        raise NowhereError(str(error)) from error


def _candidates(name: str, beside: Path, by: str) -> Iterator[Path]:
    """Where HDF5 2.0 looks, in its order, for a file that is linked or mapped; older ones look at some of these."""
    if Path(name).is_absolute():
        yield Path(name)
        name = Path(name).name
    if prefixes := os.environ.get(by, ""):
        yield from (Path(prefix, name) for prefix in prefixes.split(os.pathsep) if prefix)
        yield Path(prefixes if by == LINKED else _expanded(prefixes, beside), name)
    yield beside.parent / name
    yield Path(name)
    yield beside.resolve().parent / name


def _raw(name: str, beside: Path) -> Iterator[Path]:
    """Raw data is looked for in one place, which is not beside the file that names it, unless the variable says so."""
    yield Path(_expanded(os.environ.get(RAW, ""), beside), name)


def _expanded(prefix: str, beside: Path) -> Path:
    if not prefix.startswith(_ORIGIN):
        return Path(prefix)
    return beside.parent / prefix.removeprefix(_ORIGIN).lstrip("/")
