"""What a path provider says."""

import operator
from dataclasses import dataclass
from pathlib import PurePath, PureWindowsPath
from typing import Protocol, SupportsIndex, runtime_checkable

from .flavour import as_path
from .names import check_name, check_part
from .uri import checked_uri, folder_uri


@dataclass(frozen=True, slots=True)
class PathInfo:
    """Folder and name of a file that is about to be written.

    Raises
    ------
    ValueError
        When the folder is not absolute; when it, or the name, cannot be carried by file systems or by the URIs of
        documents. A name is held to more than the parts of a folder, which may be there already.
    TypeError
        When one of them is of another type.
    """

    directory_path: PurePath
    """Folder, absolute. A string with a drive letter or backslashes is a path of Windows, any other one of POSIX."""
    filename: str
    """Name without suffix, of at most 240 bytes; the format adds its own."""
    create_dir_depth: int = 0
    """Which missing folders may be made: 0 all, n those from index n of the path on, -n the last n."""
    directory_uri: str | None = None
    """URI of the folder as other machines see it; by default that of its path here. Ends in ``/``."""

    def __post_init__(self) -> None:
        """Check every part of the path."""
        folder = checked_folder(self.directory_path)
        object.__setattr__(self, "directory_path", folder)
        check_name(self.filename)
        object.__setattr__(self, "create_dir_depth", checked_depth(self.create_dir_depth))
        uri = folder_uri(folder) if self.directory_uri is None else self.directory_uri
        object.__setattr__(self, "directory_uri", checked_uri(uri))


def checked_folder(given: object) -> PurePath:
    """A folder that files can be written into, for all that its path says.

    Raises
    ------
    ValueError
        When it is not absolute, or has a part that file systems or URIs cannot carry.
    TypeError
        When it is no path.
    """
    folder = as_path(given)
    if not folder.is_absolute():
        msg = f"directory_path must be absolute, got {str(folder)!r}; write it from the root on, or from the drive on"
        raise ValueError(msg)
    windows = isinstance(folder, PureWindowsPath)
    share = folder.drive.strip("\\").split("\\") if folder.drive.startswith("\\") else ()
    for part in (*share, *folder.parts[1:]):
        check_part(part, f"folder {str(folder)!r}: its part", windows=windows)
    return folder


def checked_depth(create_dir_depth: object) -> int:
    """A number of folders, also one of numpy's, as a plain int; TypeError when it is none."""
    if not isinstance(create_dir_depth, SupportsIndex):
        msg = f"create_dir_depth must be an int (0 all, -n the last n folders), not {create_dir_depth!r}"
        raise TypeError(msg)
    return operator.index(create_dir_depth)


class PathInfoLike(Protocol):
    """What a path provider returns: a `PathInfo`, or that of ophyd-async."""

    @property
    def directory_path(self) -> PurePath:
        """The folder."""
        ...

    @property
    def filename(self) -> str:
        """Name of the file without its suffix."""
        ...

    @property
    def create_dir_depth(self) -> int:
        """How many of the folders may be made; see `PathInfo`."""
        ...

    @property
    def directory_uri(self) -> str | None:
        """URI of the folder, for documents; None: that of this machine's path."""
        ...


class PathProvider(Protocol):
    """Says where the next file goes; called once a file. Those of ophyd-async fit."""

    def __call__(self, datakey_name: str | None = None) -> PathInfoLike:
        """Folder and name for a file of that data key."""
        ...


@runtime_checkable
class SettledFolder(Protocol):
    """A path provider whose folder is known before a name is asked for, so that staging can check it."""

    @property
    def directory_path(self) -> PurePath:
        """The folder."""
        ...

    @property
    def create_dir_depth(self) -> int:
        """Which missing folders may be made, as in `PathInfo`."""
        ...
