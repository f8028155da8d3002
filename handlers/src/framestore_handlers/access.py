"""From the place that a document names to a file on this machine."""

import os
import re
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from urllib.parse import unquote

from .place import WINDOWS, Place, checked_path

RootMap = Mapping["str | PathLike[str]", "str | PathLike[str]"]
"""Folder as the documents name it, as a path or as a file: URI -> folder where this machine has it."""

_LOCAL_HOSTS = ("", "localhost")
_NATIVE = type(PurePath())
"""The kind of paths that this machine has."""
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")


def check_root_map(root_map: object) -> None:
    """Refuse a root map that is none, before a document is blamed for it.

    Raises
    ------
    TypeError
        When it is no mapping of paths.
    ValueError
        When it puts a folder at no path, or at a URI.
    """
    if not isinstance(root_map, Mapping):
        msg = f"root_map must be a mapping, such as {{'/data': '/mnt/data'}}, not {root_map!r:.80}"
        raise TypeError(msg)
    for there, here in root_map.items():  # type: ignore[reportUnknownVariableType] - that is what is found out
        checked_path(there, "root_map")
        if checked_path(here, f"root_map, for {there!r},").lower().startswith("file:"):
            msg = f"root_map puts {there!r} at {here!r}; expected a path of this machine, not a URI"
            raise ValueError(msg)


def uri_path(uri: str) -> PurePath:
    """Path that a ``file:`` URI names, as it is written there.

    framestore and ophyd-async write paths into URIs without percent-encoding, and Tiled reads them so: nothing is
    decoded here; see `place_of`. A host other than ``localhost`` is that of a network share (UNC), which Windows names
    so: https://www.rfc-editor.org/rfc/rfc8089#appendix-E.3.

    Raises
    ------
    ValueError
        When it is not the URI of a file, by its full path.
    """
    scheme, _, rest = uri.partition(":")
    host, path = "", rest
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        path = slash + path
    if scheme.lower() != "file" or not path.startswith("/"):  # file://localhost names no path
        msg = f"{uri!r} is not a file: URI, such as 'file://localhost/data/a.h5'; only such files can be read"
        raise ValueError(msg)
    if re.match(r"/[A-Za-z][:|](/|\\|$)", path):  # file://localhost/C:/data
        return PureWindowsPath(f"{path[1]}:{path[3:]}")
    if host.lower() not in _LOCAL_HOSTS:
        return PureWindowsPath(f"//{host}{path}")
    return PurePosixPath(path)


def resource_path(resource: Mapping[str, object]) -> PurePath:
    """Path that a Resource document names by ``root`` and ``resource_path``.

    ``path_semantics`` says which system's it is. It need not be there: a drive or a backslash at the beginning tells. A
    drive does so anyway: event-model writes the semantics of the machine that composes the document, which need not be
    that of the camera, and no path of POSIX that means a file everywhere begins so.
    """
    root, below = str(resource["root"]), str(resource["resource_path"])
    begins = WINDOWS.match(root or below)
    semantics = resource.get("path_semantics") or ("windows" if begins else "posix")
    is_windows = semantics == "windows" or (begins is not None and not begins[0].startswith("\\"))
    return (PureWindowsPath if is_windows else PurePosixPath)(root, below)


def place_of(document: Mapping[str, object], root_map: RootMap | None, roots: tuple[Path, ...] | None) -> Place:
    """Where a Resource or a StreamResource document has its file, or folder.

    What looks encoded in a URI (``%20``) may be, or may be a name as it is. No file is touched here: both are kept,
    and `Place.chosen` looks which one is there.

    Raises
    ------
    ValueError
        When the document names no file, or ``root_map`` says two things of it.
    """
    is_uri = "spec" not in document
    written = str(document["uri"] if is_uri else document["resource_path"])
    path = uri_path(written) if is_uri else resource_path(document)
    if "\0" in str(path):
        msg = f"{str(path)!r} is no path: it holds a character of the value 0"
        raise ValueError(msg)
    here = located(path, root_map)
    decoded = None
    if is_uri and _ESCAPE.search(written):
        plain = uri_path(unquote(written, errors="surrogateescape"))
        decoded = located(plain, root_map, decode=True)
    return Place(
        path=here or Path(path),
        named=f"{path}/" if written.endswith(("/", "\\")) else str(path),
        roots=roots,
        decoded=None if "\0" in str(decoded) else decoded,
        elsewhere=here is None,
    )


def located(path: PurePath, root_map: RootMap | None, *, decode: bool = False) -> Path | None:
    """Path on this machine, by the longest entry of ``root_map`` that ``path`` is, or is below of.

    Compared by whole components, after ``..`` is taken out of ``path``: ``/data`` maps ``/data/a.h5`` and leaves
    ``/database/a.h5`` and ``/data/../a.h5`` alone. Those of Windows are compared without regard to case.

    Parameters
    ----------
    path
        The path of a document.
    root_map
        See `RootMap`.
    decode
        Whether entries with ``%20`` are those of a URI.

    Returns
    -------
    Path or None
        ``path`` itself where no entry is right; None when it is one of another system then, and nothing here.

    Raises
    ------
    ValueError
        When two entries name one folder, and put it in two places.
    """
    plain = _without_parents(path)
    found: dict[PurePath, Path] = {}
    for there, here in (root_map or {}).items():
        for folder in _folders(there, decode=decode):
            if type(folder) is not type(plain) or not plain.is_relative_to(folder):
                continue
            if found.setdefault(folder, Path(here)) != Path(here):
                msg = f"root_map puts {folder} at {found[folder]} and at {here}; leave one of the two out"
                raise ValueError(msg)
    if found:
        longest = max(found, key=lambda folder: len(folder.parts))
        return Path(found[longest], *plain.relative_to(longest).parts)
    return Path(path) if isinstance(path, _NATIVE) else None


def _folders(there: "str | PathLike[str]", *, decode: bool) -> Iterator[PurePath]:
    """What an entry of a root map may mean: two slashes at the beginning begin a share of Windows, or a POSIX path."""
    if isinstance(there, PureWindowsPath):
        yield _without_parents(there)
        return
    name = unquote(os.fspath(there)) if decode else os.fspath(there)
    if name.lower().startswith("file:"):
        yield _without_parents(uri_path(name))
        return
    if WINDOWS.match(name) or name.startswith("//"):
        yield _without_parents(PureWindowsPath(name))
    if not WINDOWS.match(name):
        yield _without_parents(PurePosixPath(name))


def _without_parents(path: PurePath) -> PurePath:
    """The path without ``..``, by its text; and with one slash at its beginning where POSIX allows two."""
    parts: list[str] = []
    for part in path.parts[bool(path.anchor) :]:
        if part == ".." and (path.anchor or (parts and parts[-1] != "..")):
            del parts[-1:]
        else:
            parts.append(part)
    anchor = path.anchor if isinstance(path, PureWindowsPath) else path.anchor[:1]
    if anchor.endswith(":") and not parts:  # a bare drive, which pathlib takes for its working directory
        anchor += "\\"
    return type(path)(anchor, *parts)
