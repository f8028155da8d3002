"""What a path provider says."""

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Protocol, runtime_checkable

_UNSAFE_IN_URI = frozenset("%#?")
_SEPARATORS = frozenset("/\\\0")


def _check_name(name: str, forbidden: frozenset[str], what: str) -> None:
    found = sorted(forbidden & set(name))
    if not name or name in (".", "..") or found:
        reason = f"it holds {', '.join(map(repr, found))}" if found else "it is no name"
        msg = f"{what} {name!r} is refused: {reason}; have the path provider give another name"
        raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class PathInfo:
    """Folder and name of a file that is about to be written.

    Raises
    ------
    ValueError
        When the folder is not absolute, or a name holds a separator, NUL, or one of ``%``, ``#``, ``?``, which the
        URIs of bluesky's documents cannot carry (their readers do not decode them).
    """

    directory_path: PurePath
    """Folder, absolute."""
    filename: str
    """Name without suffix; the format adds its own."""
    create_dir_depth: int = 0
    """Which missing folders may be made: 0 all, n those from index n of the path on, -n the last n."""
    directory_uri: str | None = None
    """URI of the folder as other machines see it; by default that of its path here. Ends in ``/``."""

    def __post_init__(self) -> None:
        """Check every part of the path."""
        if isinstance(self.directory_path, str):  # pyright: ignore[reportUnnecessaryIsInstance] - users give strings
            object.__setattr__(self, "directory_path", PurePath(self.directory_path))
        if not self.directory_path.is_absolute():
            msg = f"directory_path must be absolute, got {str(self.directory_path)!r}"
            raise ValueError(msg)
        _check_name(self.filename, _SEPARATORS | _UNSAFE_IN_URI, "file name")
        for part in self.directory_path.parts[1:]:
            _check_name(part, _UNSAFE_IN_URI | {"\0"}, f"folder {str(self.directory_path)!r}: its part")
        # Not percent-encoded: the readers of bluesky's documents do not decode.
        uri = self.directory_uri or f"file://localhost/{self.directory_path.as_posix().lstrip('/')}"
        object.__setattr__(self, "directory_uri", uri if uri.endswith("/") else f"{uri}/")


class PathProvider(Protocol):
    """Says where the next file goes; called once a file. Those of ophyd-async fit."""

    def __call__(self, datakey_name: str | None = None) -> PathInfo:
        """Folder and name for a file of that data key."""
        ...


@runtime_checkable
class SettledFolder(Protocol):
    """A path provider whose folder is known before a name is asked for, so that staging can check it."""

    @property
    def directory_path(self) -> Path:
        """The folder."""
        ...

    @property
    def create_dir_depth(self) -> int:
        """Which missing folders may be made, as in `PathInfo`."""
        ...
