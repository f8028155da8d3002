"""Where files go: path providers, and how a folder is made."""

from .filename import FilenameProvider, UUIDFilenameProvider
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
]
