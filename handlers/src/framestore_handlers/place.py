"""Where frames are on this machine, and what may be opened there."""

import os
import re
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Self, cast

WINDOWS = re.compile(r"[A-Za-z]:([\\/]|$)|\\")
"""How a path of Windows begins: by a drive, or a backslash."""


class MissingFileError(FileNotFoundError):
    """A file that the documents name is not where they, after ``root_map``, say."""


class UntrustedPathError(PermissionError):
    """What is to be read is, or leads to, a place outside of ``allowed_roots``; nothing there was opened."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A file or a folder, as a small value that pickles."""

    path: Path
    """The file, or the folder."""
    named: str = ""
    """Path of it as documents name it, where that is another; that of a folder may end in a slash."""
    roots: tuple[Path, ...] | None = None
    """Folders, resolved, that nothing may lead out of; None: no restriction."""
    decoded: Path | None = None
    """``path`` with its ``%20`` and the like decoded, where it came in a URI with such; see `chosen`."""
    elsewhere: bool = False
    """Whether the path is one of another system, such as ``C:\\data`` on POSIX, and nothing of this machine."""

    def __reduce__(self) -> tuple[Any, ...]:
        """What it is made of; the folders that many of them have in common are pickled once, as pathlib does it."""
        named = tuple(map(sys.intern, self.named.split("/")))
        return _made, (named, (self.path, self.roots, self.decoded, self.elsewhere))

    @classmethod
    def of(cls, path: "str | PathLike[str]") -> Self:
        """That of a path which somebody names who is trusted."""
        return cls(path=Path(path))

    def below(self, name: str) -> Path:
        """The file of that name in the folder, by the text: a name may hold folders, but not lead out.

        Raises
        ------
        ValueError
            When it does, or is none.
        """
        if "\0" in name:
            msg = f"{name!r}, in {self.named or self.path}, is no name of a file: it holds a character of the value 0"
            raise ValueError(msg)
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/"):
            msg = f"{name!r} leads out of {self.named or self.path}, the folder that its document names"
            raise ValueError(msg)
        return self.path / name

    def chosen(self, path: Path | None = None) -> Path:
        """``path``, which is ``self.path`` or below it; the same decoded where only that is there.

        Some writers encode URIs, others do not: what a name with ``%20`` means, only the file system knows.
        """
        path = path or self.path
        if self.decoded is None or not path.is_relative_to(self.path) or os.path.lexists(path):
            return path
        decoded = self.decoded / path.relative_to(self.path)
        return decoded if os.path.lexists(decoded) else path

    def checked(self, path: Path | None = None) -> Path:
        """The path to open: ``path``, which is ``self.path`` or what that leads to, once it is seen to be allowed.

        Raises
        ------
        UntrustedPathError
            When it is outside of the roots, after all links in it are followed.
        MissingFileError
            When it is a path of another system, which names nothing here.
        OSError
            When it is neither a file nor a folder: reading a pipe waits until somebody writes into it.
        """
        if self.elsewhere:
            raise self.missing(path)
        path = self.chosen(path)
        if self.roots is not None:
            path = self._allowed(path, self.roots)
        _check_kind(path)
        return path

    def _allowed(self, path: Path, roots: tuple[Path, ...]) -> Path:
        try:
            resolved = path.resolve()
        except RuntimeError as error:  # up to Python 3.12; from then on an OSError
            msg = f"{path} cannot be followed: {error}"
            raise OSError(msg) from error
        if not any(resolved.is_relative_to(root) for root in roots):
            leads = f", which leads to {resolved}," if resolved != path else ""
            names = ", ".join(map(str, roots)) or "none"
            msg = f"{path}{leads} is outside of allowed_roots ({names}); it was not opened"
            raise UntrustedPathError(msg)
        return resolved

    def missing(self, path: Path | None = None) -> MissingFileError:
        """The error for a file that is gone: ``path``, which is ``self.path`` or below it."""
        path = path or self.path
        named = self._named(path)
        if self.elsewhere:
            where = f"the documents name {named}, which is a path of another system"
        elif named and named != str(path):
            where = f"the documents name {named}, which root_map puts at {path}, but nothing is there"
        else:
            where = f"{path} is named by the documents but is not there"
        flavour = PureWindowsPath if WINDOWS.match(named) else PurePosixPath
        folder = str(flavour(named).parent if named else path.parent)
        return MissingFileError(
            f"{where}; if the data was moved or is mounted elsewhere, say so with "
            f"load(..., root_map={{{folder!r}: <folder on this machine>}})"
        )

    def _named(self, path: Path) -> str:
        below = path.relative_to(self.path).parts if self.named and path.is_relative_to(self.path) else ()
        return "/".join((self.named.rstrip("/"), *below)) if below else self.named


def _made(named: tuple[str, ...], others: tuple[Path, tuple[Path, ...] | None, Path | None, bool]) -> Place:
    path, roots, decoded, elsewhere = others
    return Place(path=path, named="/".join(named), roots=roots, decoded=decoded, elsewhere=elsewhere)


def _check_kind(path: Path) -> None:
    """Refuse what is neither a file nor a folder; what is not there at all, whoever opens it finds out."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        kind = "a device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "a pipe or a socket"
        msg = f"{path} is {kind}, expected a file or a folder; it was not opened"
        raise OSError(msg)


def resolved(roots: "Iterable[str | PathLike[str]] | None") -> tuple[Path, ...] | None:
    """Roots as a `Place` has them.

    Raises
    ------
    TypeError
        When they are one path: its characters would be taken for folders, ``/`` among them; or one is no path.
    ValueError
        When one is empty, which would be the working directory.
    """
    if isinstance(roots, str | bytes | PathLike):
        msg = f"allowed_roots must be a list of folders, such as [{os.fspath(roots)!r}]"
        raise TypeError(msg)
    return None if roots is None else tuple(Path(checked_path(root, "allowed_roots")).resolve() for root in roots)


def checked_path(given: object, what: str) -> str:
    """What a user names as a path; ``what`` says where, for messages.

    Raises
    ------
    TypeError
        When it is none, or one of bytes.
    ValueError
        When it is empty, which pathlib takes for the working directory.
    """
    text = os.fspath(cast("PathLike[str] | PathLike[bytes]", given)) if isinstance(given, str | PathLike) else None
    if not isinstance(text, str):
        msg = f"{what} holds {given!r:.80}, expected a path"
        raise TypeError(msg)
    if not text:
        msg = f"{what} holds an empty path; to mean the working directory, write '.'"
        raise ValueError(msg)
    return text
