"""URIs of folders, as documents have them: not percent-encoded, since those who read them do not decode."""

import re
from pathlib import PurePath, PurePosixPath

from .names import check_uri_text

_FORM = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://[^/]*/.*", re.DOTALL)


def folder_uri(folder: PurePath) -> str:
    """URI of a folder, by its path.

    Examples
    --------
    >>> folder_uri(PurePosixPath("/data/2026"))
    'file://localhost/data/2026/'
    """
    path = folder.as_posix()
    # a share of Windows begins with two slashes, and keeps both
    path = path.lstrip("/") if isinstance(folder, PurePosixPath) else path.removeprefix("/")
    return f"file://localhost/{path}".rstrip("/") + "/"


def checked_uri(uri: object) -> str:
    """The URI of a folder; it ends in a slash.

    Raises
    ------
    ValueError
        When it has no scheme and path, or holds what its readers would have to decode.
    TypeError
        When it is no string.
    """
    if not isinstance(uri, str):
        msg = f"directory_uri must be a string such as 'file://localhost/data/', not {uri!r}"
        raise TypeError(msg)
    ended = uri if uri.endswith("/") else f"{uri}/"
    if not _FORM.fullmatch(ended):
        msg = f"directory_uri {uri!r} is refused: it is no URI; write it as 'file://localhost/data/'"
        raise ValueError(msg)
    check_uri_text(uri, "directory_uri")
    return ended


def below(uri: str | None, *parts: str) -> str | None:
    """URI of a folder within that of another; None where that is None."""
    return None if uri is None else "/".join((uri.rstrip("/"), *parts, ""))
