"""Where a dataset leads to: links, external storage and sources in other files, looked at before HDF5 opens them.

HDF5 follows all of these by itself, and gives fill values, zeros mostly, for a source that it does not find.
"""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
from h5py import h5o  # pyright: ignore[reportAttributeAccessIssue] - it is there

from framestore_handlers.place import MissingFileError, Place

from .mapping import Mapping, mappings
from .opening import check_end
from .search import LINKED, MAPPED, RAW, NotHDF5Error, NowhereError, may_be_hdf5, named_file, path_of
from .unwritten import check_written

_MOST_LINKS = 16
"""Links one after another; HDF5 follows as many."""
_DEEPEST = 8
"""Virtual datasets whose sources are virtual datasets."""
_GONE = (MissingFileError, NowhereError)
"""What HDF5 does not find, whoever asks for it."""
_NOTHING = (*_GONE, NotHDF5Error)
"""What HDF5 does not open."""


def trusted(file: h5py.File, name: str, place: Place) -> h5py.Dataset:
    """The dataset of that name, when neither it nor a link to it leads out of what may be opened.

    Sources of a virtual dataset that is read in part are looked at when it is: `check_sources`. What the file names is
    looked for from the path by which it was opened, as HDF5 does: that of ``place`` may be a link in another folder.

    Raises
    ------
    MissingFileError
        When a link, or the dataset, leads to a file that is gone.
    UntrustedPathError
        When it leads to one that may not be opened.
    OSError
        When there is no such dataset.
    """
    place = _opened_as(file, place)
    if place.roots is not None:
        _follow(file, name, place, 0)
    dataset = _found(file, name)
    if dataset is None:
        _follow(file, name, place, 0)  # what is missing may be another file
        msg = f"{place.path} has no dataset {name}"
        raise OSError(msg)
    _check_storage(dataset, _place_of(dataset, place), 0)
    return dataset


def check_sources(dataset: h5py.Dataset, place: Place, start: int, stop: int) -> None:
    """Check that rows ``start`` to ``stop`` of a virtual dataset are in its sources; see `trusted`.

    Parts of a row, such as gaps between the modules of a detector, may have no source: they are the fill value.

    Raises
    ------
    MissingFileError, UntrustedPathError
        When a source is gone, or may not be opened.
    OSError
        When a source lacks rows, or they were never written, or a row has none.
    """
    _check_rows(dataset, _place_of(dataset, place), start, stop, 0)


def check_reach(file: h5py.File, name: str, place: Place) -> None:
    """Check all that others who read an object may open: a dataset, or a group with all that is in it; see `trusted`.

    What is gone, or is no HDF5, cannot be opened: it is left to them.

    Raises
    ------
    UntrustedPathError
        When something leads to a file that may not be opened.
    OSError
        When it leads to one that cannot be read.
    """
    _reach(file, name, _opened_as(file, place), set())


def _reach(file: h5py.File, name: str, place: Place, seen: set[tuple[Path, int]]) -> None:
    left = _reached(file, name, place)
    while left:
        found, place = left.pop()
        where = place.path, h5o.get_info(found.id).addr
        if where in seen:
            continue
        seen.add(where)
        if isinstance(found, h5py.Dataset):
            _reach_sources(found, place, seen)
        elif isinstance(found, h5py.Group):
            for part in found:
                is_hard = isinstance(found.get(part, getlink=True), h5py.HardLink)
                left += [(found[part], place)] if is_hard else _reached(found.file, f"{found.name}/{part}", place)


def _reached(file: h5py.File, name: str, place: Place) -> list[tuple[Any, Place]]:
    """The object of that name, and where it is; nothing where there is none."""
    with suppress(*_NOTHING):
        _follow(file, name, place, 0)
        found: Any = file.get(name)
        return [] if found is None else [(found, _place_of(found, place))]
    return []


def _reach_sources(dataset: h5py.Dataset, place: Place, seen: set[tuple[Path, int]]) -> None:
    """Look at all that a dataset is made of; of blocks that are numbered, HDF5 takes those before one that is gone."""
    plist = dataset.id.get_create_plist()
    for number in range(plist.get_external_count()):
        with suppress(*_NOTHING):
            _raw_file(plist, number, dataset, place)
    with suppress(*_NOTHING):
        _check_storage(dataset, place, 0)
    parts = {(part.file_name, part.dataset_name): part for part in mappings(plist)}
    for mapping in parts.values():
        with suppress(*(_GONE if mapping.is_numbered else _NOTHING)):
            for number, name in enumerate(mapping.names()):
                path = _source_file(mapping, name, dataset, place)
                same = nullcontext((dataset.file, place))
                with same if mapping.is_same_file else _opened(path, place, dataset.file) as (file, there):
                    if number and _lookup(file, mapping.dataset(number), there) is None:
                        break
                    _reach(file, mapping.dataset(number), there, seen)


def _found(file: h5py.File, name: str) -> h5py.Dataset | None:
    try:
        dataset = file.get(name)
    except RuntimeError:  # too many links
        return None
    return dataset if isinstance(dataset, h5py.Dataset) else None


def _follow(file: h5py.File, name: str, place: Place, links: int) -> None:
    """Follow the links to an object as HDF5 does, but look at each file before it is opened."""
    group: Any = file["/"]
    parts = _parts(name)
    while parts and isinstance(group, h5py.Group):
        part = parts.pop(0)
        kind = group.get(part, getlink=True, default=None)
        if kind is None:
            return
        if not isinstance(kind, h5py.HardLink):
            links += 1
            if links > _MOST_LINKS:
                msg = f"{place.path}: more than {_MOST_LINKS} links one after another lead to {name}"
                raise OSError(msg)
        if isinstance(kind, h5py.ExternalLink):
            path = named_file(kind.filename, place, LINKED, f"the link {part} in {group.name}")
            with _opened(path, place, file) as (other, there):
                _follow(other, "/".join((kind.path, *parts)), there, links)
            return
        if isinstance(kind, h5py.SoftLink):
            parts = _parts(kind.path) + parts
            group = file["/"] if kind.path.startswith("/") else group
        else:
            group = group[part]


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".")]


@contextmanager
def _opened(path: Path, place: Place, parent: h5py.File) -> Generator[tuple[h5py.File, Place]]:
    """Another file, opened in the way in which HDF5 opens it for the one that names it."""
    there = replace(place, path=path, named="", decoded=None)
    check_end(there)
    try:
        file = h5py.File(path, "r", swmr=parent.swmr_mode)
    except OSError as error:
        msg = f"{path}, which {place.path} leads to, cannot be read as HDF5: {error}"
        raise (OSError if may_be_hdf5(path) else NotHDF5Error)(msg) from error
    with file:
        yield file, _opened_as(file, place)


def _place_of(dataset: h5py.Dataset, place: Place) -> Place:
    """Of the file that the dataset is in, which a link may have led to."""
    return _opened_as(dataset.file, place)


def _opened_as(file: h5py.File, place: Place) -> Place:
    return replace(place, path=path_of(file), named="", decoded=None)


def _check_storage(dataset: h5py.Dataset, place: Place, depth: int) -> None:
    """Look at what HDF5 opens as soon as it is asked for the shape of a dataset, and at raw data."""
    plist = dataset.id.get_create_plist()
    if plist.get_external_count():
        _check_raw(dataset, plist, place)
    for mapping in mappings(plist):
        if mapping.is_unlimited:
            _check_depth(dataset, place, depth)
            _check_all(mapping, dataset, place, depth)


def _check_all(mapping: Mapping, dataset: h5py.Dataset, place: Place, depth: int) -> None:
    """Look at all sources of a mapping without end: HDF5 opens them, one by one until one is missing."""
    for block, name in enumerate(mapping.names()):
        if block and place.roots is None:
            return
        try:
            path = _source_file(mapping, name, dataset, place)
        except FileNotFoundError:
            if block:
                return
            raise
        with _opened(path, place, dataset.file) as (file, there):
            if block and _lookup(file, mapping.dataset(block), there) is None:
                return
            _check_storage(_source(file, mapping, block, there), there, depth + 1)


def _check_raw(dataset: h5py.Dataset, plist: h5py.h5p.PropDCID, place: Place) -> None:
    """HDF5 gives zeros for what a file of raw data lacks at its end."""
    left = dataset.nbytes
    for number in range(plist.get_external_count()):
        path, (_, offset, size) = _raw_file(plist, number, dataset, place), plist.get_external(number)
        here = min(left, size)
        if path.stat().st_size < offset + here:
            msg = (
                f"{path} is cut off: it has {path.stat().st_size} of the {offset + here} bytes that dataset "
                f"{dataset.name} of {place.path} has in it; copy it from where it was written"
            )
            raise OSError(msg)
        left -= here


def _raw_file(plist: h5py.h5p.PropDCID, number: int, dataset: h5py.Dataset, place: Place) -> Path:
    return named_file(plist.get_external(number)[0].decode(), place, RAW, f"dataset {dataset.name}")


def _check_depth(dataset: h5py.Dataset, place: Place, depth: int) -> None:
    if depth >= _DEEPEST:
        msg = (
            f"{place.path}: virtual dataset {dataset.name} is reached through {depth} others, expected fewer than "
            f"{_DEEPEST}; does it lead to itself?"
        )
        raise OSError(msg)


def _check_rows(dataset: h5py.Dataset, place: Place, start: int, stop: int, depth: int) -> None:
    if not dataset.is_virtual:
        check_written(dataset, place.path, start, stop)
        return
    _check_depth(dataset, place, depth)
    lacking = set(range(start, stop))
    for mapping in mappings(dataset.id.get_create_plist()):
        for number, rows in mapping.rows(start, stop):
            lacking.difference_update(rows)
            path = _source_file(mapping, mapping.name(number), dataset, place)
            with _opened(path, place, dataset.file) as (file, there):
                source = _source(file, mapping, number, there)
                _check_storage(source, there, depth + 1)
                wanted = mapping.wanted(rows, source.shape)
                if wanted is None:
                    msg = (
                        f"{path}: {source.name} is of shape {source.shape}, which is less than frames {rows[0]} to "
                        f"{rows[-1]} of virtual dataset {dataset.name} of {place.path} need; is it still written?"
                    )
                    raise OSError(msg)
                _check_rows(source, there, *wanted, depth + 1)
    if lacking:
        msg = (
            f"{place.path}: {len(lacking)} of the frames {start} to {stop} of virtual dataset {dataset.name}, the "
            f"first is {min(lacking)}, have no source; HDF5 would make them up. Read those that there are"
        )
        raise OSError(msg)


def _source_file(mapping: Mapping, name: str, dataset: h5py.Dataset, place: Place) -> Path:
    if mapping.is_same_file:
        place.checked()
        return place.path
    return named_file(name, place, MAPPED, f"virtual dataset {dataset.name}")


def _source(file: h5py.File, mapping: Mapping, number: int, place: Place) -> h5py.Dataset:
    name = mapping.dataset(number)
    source = _lookup(file, name, place)
    if source is None:
        msg = f"{place.path} has no dataset {name}, which is a source of a virtual dataset; HDF5 would make zeros of it"
        raise OSError(msg)
    return source


def _lookup(file: h5py.File, name: str, place: Place) -> h5py.Dataset | None:
    """A dataset in another file, once all that leads to it is looked at; None where there is none."""
    _follow(file, name, place, 0)
    return _found(file, name)
