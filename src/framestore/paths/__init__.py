"""Where files go: path providers, which names they may give, and how a folder is made."""

from .dated import DatedPathProvider
from .filename import FilenameProvider, UUIDFilenameProvider
from .flavour import local_path
from .folder import ensure_folder, ensure_space
from .incrementing import AutoIncrementFilenameProvider
from .info import PathInfo, PathProvider, SettledFolder
from .metadata import RunMetadata
from .numbered import AutoIncrementingPathProvider
from .static import StaticPathProvider
from .templated import TemplatePathProvider

__all__ = [
    "AutoIncrementFilenameProvider",
    "AutoIncrementingPathProvider",
    "DatedPathProvider",
    "FilenameProvider",
    "PathInfo",
    "PathProvider",
    "RunMetadata",
    "SettledFolder",
    "StaticPathProvider",
    "TemplatePathProvider",
    "UUIDFilenameProvider",
    "ensure_folder",
    "ensure_space",
    "local_path",
]
