"""Paths of Windows and of POSIX, on either: an IOC elsewhere may be told where to write."""

import os
import re
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

_DRIVE = re.compile(r"[A-Za-z]:([\\/]|$)")


def as_path(given: object, what: str = "directory_path") -> PurePath:
    """A path, of the flavour that it is written in.

    Parameters
    ----------
    given
        A string with a drive letter or backslashes is a path of Windows, any other one of POSIX. A path of pathlib
        stays what it is.
    what
        What it is, for the message.

    Raises
    ------
    TypeError
        When it is neither a string nor a path.

    Examples
    --------
    >>> as_path("D:/data"), as_path("/data")
    (PureWindowsPath('D:/data'), PurePosixPath('/data'))
    """
    if isinstance(given, PurePath):
        return given
    text = os.fspath(given) if isinstance(given, os.PathLike) else given  # pyright: ignore[reportUnknownArgumentType]
    if not isinstance(text, str):
        msg = f"{what} must be a string or a path, not {given!r}"
        raise TypeError(msg)
    return PureWindowsPath(text) if _DRIVE.match(text) or "\\" in text else PurePosixPath(text)


def is_local(path: PurePath) -> bool:
    """Whether it is a path of this machine's flavour."""
    return isinstance(path, type(PurePath()))


def local_path(path: PurePath) -> Path:
    """The path as one that this machine can open.

    Raises
    ------
    ValueError
        When it is one of Windows and this machine has POSIX paths, or the other way round.
    """
    if not is_local(path):
        theirs, ours = ("Windows", "POSIX") if isinstance(path, PureWindowsPath) else ("POSIX", "Windows")
        msg = (
            f"folder {str(path)!r} is a path of {theirs}, and this machine, which is to write into it, has paths of "
            f"{ours}; give the path provider the folder as this machine has it, and as directory_uri how others see it"
        )
        raise ValueError(msg)
    return Path(path)
