"""Where files go: path providers, which names they may give, and how a folder is made."""

from .filename import FilenameProvider, UUIDFilenameProvider
from .flavour import local_path
from .folder import ensure_folder, ensure_space
from .info import PathInfo, PathProvider, SettledFolder
from .static import StaticPathProvider

__all__ = [
    "FilenameProvider",
    "PathInfo",
    "PathProvider",
    "SettledFolder",
    "StaticPathProvider",
    "UUIDFilenameProvider",
    "ensure_folder",
    "ensure_space",
    "local_path",
]
