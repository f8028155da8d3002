"""Data sources that others registered, which Tiled's own adapters read: nothing in them may lead out of the storage.

Tiled compares the text of an asset's path with its storage. It takes ``..`` in it for a name, follows links, and its
libraries open what a file names: an external link of HDF5, the other files of an OME-TIFF.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import h5py
import tifffile
from fastapi import HTTPException
from tiled.adapters import hdf5
from tiled.structures.data_source import DataSource
from tiled.utils import path_from_uri

from framestore_handlers.hdf5.trust import check_reach
from framestore_handlers.naming import named_errors
from framestore_handlers.place import Place, UntrustedPathError

from .readable import readable_roots

Look = Callable[[Place, Mapping[str, Any]], None]
"""(file or folder, parameters of the data source): raises UntrustedPathError where something in it leads out."""

_log = logging.getLogger(__name__)


def check(data_source: DataSource[Any], parameters: Mapping[str, Any], look: Look) -> None:
    """Check all files of a data source, before Tiled opens them.

    Raises
    ------
    HTTPException
        403, without a path, where one leads out: the log says which, and where to. 422 where one cannot be looked into.
    """
    roots = readable_roots()
    try:
        for path in _paths(data_source, parameters):
            place = Place(path=path, roots=roots)
            if place.checked().exists():  # else Tiled says so
                with named_errors(place, path):
                    look(place, parameters)
    except UntrustedPathError as error:
        _log.warning("Refused to serve %s: %s; allowed_roots are the readable_storage", data_source.mimetype, error)
        detail = "A file leads out of the readable_storage of this server, whose log says which; it was not opened."
        raise HTTPException(403, detail) from error
    except OSError as error:
        raise HTTPException(422, str(error)) from error


def _paths(data_source: DataSource[Any], parameters: Mapping[str, Any]) -> Iterator[Path]:
    """All that Tiled's adapters take for files: they believe parameters, too, which the server has not looked at."""
    named: list[str | None] = [asset.data_uri for asset in data_source.assets]
    for key in ("data_uri", "data_uris"):
        value = parameters.get(key) or []
        named += [value] if isinstance(value, str) else value
    for uri in filter(None, named):
        try:
            path = path_from_uri(uri)
        except ValueError:  # of a bucket
            continue
        if ".." in path.parts:
            msg = f"{path} leads upwards in its folder; it was not opened"
            raise UntrustedPathError(msg)
        yield path


def nothing(place: Place, parameters: Mapping[str, Any]) -> None:
    """Look into files that name no others."""


def linked_in_hdf5(place: Place, parameters: Mapping[str, Any]) -> None:
    """Look at links, virtual datasets and external storage; the file is opened as Tiled opens it."""
    dataset = parameters.get("dataset") or "/"
    name = dataset if isinstance(dataset, str) else "/".join(dataset)
    swmr, locking = parameters.get("swmr", hdf5.SWMR_DEFAULT), parameters.get("locking")
    libver = parameters.get("libver", "latest")
    with h5py.File(place.path, "r", swmr=swmr, libver=libver, locking=locking) as file:
        check_reach(file, name, place)


def linked_in_tiff(place: Place, parameters: Mapping[str, Any]) -> None:
    """Look at the files that tifffile opens for one of them: of OME-TIFF, and of Micro-Manager."""
    del parameters
    folder = place.path.parent
    with tifffile.TiffFile(place.path) as file:
        named = _named_in_ome(file.ome_metadata) if file.is_ome else []
        if file.is_mmstack:
            named += [path.name for path in folder.glob("*_MMStack*.tif")]
        if file.is_ndtiff:
            index = place.checked(folder / "NDTiff.index")
            named += [str(entry[1]) for entry in tifffile.tifffile.read_ndtiff_index(index)]
    for name in set(named):
        place.checked(folder / name)


def _named_in_ome(metadata: str | None) -> list[str]:
    try:
        root = ET.fromstring(metadata or "<none/>")  # noqa: S314 - as tifffile; expat bounds what entities become
    except ET.ParseError:  # tifffile, by the same parser, logs it, and takes the pages for a plain file's
        return []
    return [element.attrib["FileName"] for element in root.iter() if "FileName" in element.attrib]


def linked_in_folder(place: Place, parameters: Mapping[str, Any]) -> None:
    """Look at all links in a folder, such as a Zarr store."""
    del parameters
    left, seen = [place.checked()], set[Path]()
    while left:
        folder = left.pop()
        if folder in seen or not folder.is_dir():
            continue
        seen.add(folder)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_symlink():
                    left.append(place.checked(Path(entry.path)))
                elif entry.is_dir():
                    left.append(Path(entry.path))
