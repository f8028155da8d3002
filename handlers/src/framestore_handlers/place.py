"""Where frames are on this machine, and what may be opened there."""

from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Self


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

    @classmethod
    def of(cls, path: "str | PathLike[str]") -> Self:
        """That of a path which somebody names who is trusted."""
        return cls(path=Path(path))

    def checked(self, path: Path | None = None) -> Path:
        """The path to open: ``path``, which is ``self.path`` or what that leads to, once it is seen to be allowed.

        Raises
        ------
        UntrustedPathError
            When it is outside of the roots, after all links in it are followed.
        """
        path = path or self.path
        if self.roots is None:
            return path
        resolved = path.resolve()
        if not any(resolved.is_relative_to(root) for root in self.roots):
            leads = f", which leads to {resolved}," if resolved != path else ""
            roots = ", ".join(map(str, self.roots))
            msg = f"{path}{leads} is outside of allowed_roots ({roots}); it was not opened"
            raise UntrustedPathError(msg)
        return resolved

    def missing(self, path: Path | None = None) -> MissingFileError:
        """The error for a file that is gone: ``path``, which is ``self.path`` or below it."""
        path = path or self.path
        named = self._named(path)
        if named and named != str(path):
            where = f"the documents name {named}, which root_map puts at {path}, but nothing is there"
        else:
            where = f"{path} is named by the documents but is not there"
        folder = str(type(path)(named or path).parent)
        return MissingFileError(
            f"{where}; if the data was moved or is mounted elsewhere, say so with "
            f"load(..., root_map={{{folder!r}: <folder on this machine>}})"
        )

    def _named(self, path: Path) -> str:
        below = path.relative_to(self.path).parts if self.named else ()
        return "/".join((self.named.rstrip("/"), *below)) if below else self.named


def resolved(roots: "Iterable[str | PathLike[str]] | None") -> tuple[Path, ...] | None:
    """Roots as a `Place` has them."""
    return None if roots is None else tuple(Path(root).resolve() for root in roots)
