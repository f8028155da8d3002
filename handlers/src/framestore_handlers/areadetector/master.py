"""The master file of a series of an Eiger: which files hold its images, in order.

Its links are followed here, not by HDF5, which makes nothing of a file that is missing but a name that is not there:
each file of images is a place of its own, which is checked as such.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import h5py

from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.hdf5.opening import open_for_reading
from framestore_handlers.naming import named_errors
from framestore_handlers.place import MissingFileError, Place
from framestore_handlers.settled import settled_version

_GROUPS = (("entry", "data"), ("entry",))
"""Where the links are: since firmware 1.3.0, and before."""
_IMAGES = re.compile(r"data_(\d+)")
"""Name of a link to a file of images; they are numbered from 1 on."""


def image_files(master: Place) -> list[HDF5Frames]:
    """Images of the series, a dataset a file, in order; only the master file is opened.

    Raises
    ------
    MissingFileError
        When the master file is gone.
    UntrustedPathError
        When it is outside of what may be opened.
    OSError
        When it is not HDF5, or names no images.
    """
    with named_errors(master, master.path), open_for_reading(master) as file:
        for group in filter(None, (_group(file, path) for path in _GROUPS)):
            if found := sorted(_numbered(group)):
                return [_images(master, group, name) for _, name in found]
    msg = f"{master.path} names no images: it has no data_000001 in /entry/data or /entry"
    raise OSError(msg)


def shape_of(images: HDF5Frames, master: Place) -> tuple[int, ...]:
    """Shape of a dataset of images; a file that has not changed for a while is opened for it once.

    A block of a series needs to know how many images stand before it, in up to thousands of files.

    Raises
    ------
    MissingFileError
        When its file is gone; it names the file and the master file.
    """
    path = images.place.checked()
    try:
        version = settled_version(path.stat())
        return _shape(images, version) if version else images.shape()
    except (MissingFileError, FileNotFoundError) as gone:
        error = gone if isinstance(gone, MissingFileError) else images.place.missing()
        msg = f"{error}; {master.path} links to it: copy the files of a series together, from where it was written"
        raise MissingFileError(msg) from None


@lru_cache(maxsize=2**14)
def _shape(images: HDF5Frames, version: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of the images in a file that has not changed for a while."""
    del version  # of which file, in which state, this is the answer
    return images.shape()


def _group(file: h5py.File, path: tuple[str, ...]) -> h5py.Group | None:
    """The group at a path that no link leads to; None where there is none."""
    group: h5py.Group = file
    for name in path:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            return None
        item = group[name]
        if not isinstance(item, h5py.Group):
            return None
        group = item
    return group


def _numbered(group: h5py.Group) -> Iterator[tuple[int, str]]:
    for name in map(str, group):
        if found := _IMAGES.fullmatch(name):
            yield int(found[1]), name


def _images(master: Place, group: h5py.Group, name: str) -> HDF5Frames:
    link = group.get(name, getlink=True)
    if isinstance(link, h5py.ExternalLink):
        return HDF5Frames(place=_linked(master, link.filename), dataset=link.path)
    return HDF5Frames(place=master, dataset=f"{group.name}/{name}")


def _linked(master: Place, name: str) -> Place:
    """The file that a link names, from the folder of the master file on.

    One that is named by its whole path is looked for there, too, since series are moved; as HDF5 does, from the folder
    of the file that a symbolic link to the master leads to, last.
    """
    link = Path(name)
    beside = master.path.parent / (link.name if link.is_absolute() else link)
    others = [link] if link.is_absolute() else [master.path.resolve().parent / link]
    path = next((path for path in (beside, *others) if path.exists()), others[0] if link.is_absolute() else beside)
    return replace(master, path=path, named="", decoded=None)
