"""Which file HDF5 takes when a file names another: by an external link, as source of a virtual dataset, as raw data."""

import os
from collections.abc import Iterator
from pathlib import Path

from framestore_handlers.place import MissingFileError, Place

LINKED, MAPPED, RAW = "HDF5_EXT_PREFIX", "HDF5_VDS_PREFIX", "HDF5_EXTFILE_PREFIX"
"""By what a file is named: an external link, a virtual dataset, external storage. Variables that tell HDF5 folders."""


def named_file(name: str, place: Place, by: str, what: str) -> Path:
    """The file that HDF5 opens.

    Parameters
    ----------
    name
        How the other file is named.
    place
        The file that names it.
    by
        `LINKED`, `MAPPED` or `RAW`.
    what
        For messages: by what it is named, such as ``"virtual dataset /data"``.

    Raises
    ------
    MissingFileError
        When it is nowhere.
    UntrustedPathError
        When it is outside of what may be opened.
    """
    where = list(_raw(name) if by == RAW else _candidates(name, place.path, os.environ.get(by, "")))
    for path in where:
        if os.path.lexists(path):
            return place.checked(path)
    if place.roots is not None:
        place.checked(where[0])
    msg = (
        f"{where[0]}, which {what} of {place.path} names as {name!r}, is not there; copy it to where the file names "
        f"it, or say where it is with the environment variable {by}"
    )
    raise MissingFileError(msg)


def _candidates(name: str, beside: Path, prefixes: str) -> Iterator[Path]:
    """Where HDF5 2.0 looks, in its order, for a file that is linked or mapped; older ones look at some of these."""
    if Path(name).is_absolute():
        yield Path(name)
        name = Path(name).name
    if prefixes:
        yield from (Path(prefix, name) for prefix in prefixes.split(os.pathsep) if prefix)
        yield Path(prefixes, name)
    yield beside.parent / name
    yield Path(name)
    yield beside.resolve().parent / name


def _raw(name: str) -> Iterator[Path]:
    """Raw data is looked for in one place, which is not beside the file that names it."""
    yield Path(os.environ.get(RAW, ""), name)
