"""From the place that a document names to a file on this machine."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

RootMap = Mapping[str, "str | PathLike[str]"]
"""Folder as the documents name it -> folder where this machine has it."""

_LOCAL_HOSTS = ("", "localhost")


def uri_path(uri: str) -> PurePath:
    """Path that a ``file:`` URI names.

    framestore and ophyd-async write paths into URIs without percent-encoding, and Tiled reads them so: nothing is
    decoded here.

    Raises
    ------
    ValueError
        When the scheme is not ``file``.
    """
    scheme, separator, rest = uri.partition("://")
    if scheme.lower() != "file" or not separator:
        msg = f"{uri!r} is not a file: URI; only files that this machine sees can be read"
        raise ValueError(msg)
    host, slash, path = rest.partition("/")
    path = slash + path
    if len(path) > 2 and path[0] == "/" and path[2] == ":":  # file://localhost/C:/data
        return PureWindowsPath(path[1:])
    if host.lower() not in _LOCAL_HOSTS:
        return PurePosixPath(f"//{host}{path}")
    return PurePosixPath(path)


def resource_path(resource: Mapping[str, object]) -> PurePath:
    """Path that a Resource document names by ``root`` and ``resource_path``."""
    kind = PureWindowsPath if resource.get("path_semantics") == "windows" else PurePosixPath
    return kind(str(resource["root"]), str(resource["resource_path"]))


def locate(path: PurePath, root_map: RootMap | None) -> Path:
    """Path on this machine, by the longest entry of ``root_map`` that is a parent of ``path``.

    Compared by whole components: ``/data`` maps ``/data/a.h5`` and leaves ``/database/a.h5`` alone.
    """
    entries = sorted((root_map or {}).items(), key=lambda entry: len(type(path)(entry[0]).parts), reverse=True)
    for there, here in entries:
        if path.is_relative_to(there):
            return Path(here, *path.relative_to(there).parts)
    return Path(path)
