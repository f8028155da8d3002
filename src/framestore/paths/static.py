"""A path provider with one folder."""

from dataclasses import replace
from os import PathLike
from pathlib import PurePath

from .filename import FilenameProvider, as_filename_provider
from .flavour import as_path
from .info import PathInfo


class StaticPathProvider:
    """All files in one folder.

    Parameters
    ----------
    filename_provider
        Gives the name of each file.
    directory_path
        The folder, absolute. A string with a drive letter or backslashes is a path of Windows, any other one of POSIX.
    directory_uri
        The folder as other machines see it, when not by its path here.
    create_dir_depth
        Which missing folders may be made, as in `PathInfo`.

    Raises
    ------
    ValueError
        When the folder is not absolute, or has a part that a document's URI cannot carry.
    TypeError
        When ``filename_provider`` cannot be called.

    Examples
    --------
    >>> from framestore.paths import StaticPathProvider, UUIDFilenameProvider
    >>> provider = StaticPathProvider(UUIDFilenameProvider(), "/data/2026")
    >>> provider("camera_image").directory_path.as_posix()
    '/data/2026'
    """

    def __init__(
        self,
        filename_provider: FilenameProvider,
        directory_path: str | PathLike[str],
        directory_uri: str | None = None,
        create_dir_depth: int = 0,
    ) -> None:
        self._filename_provider = as_filename_provider(filename_provider)
        # a folder that is refused is refused now
        self._info = PathInfo(as_path(directory_path), "name", create_dir_depth, directory_uri)

    @property
    def directory_path(self) -> PurePath:
        """The folder."""
        return self._info.directory_path

    @property
    def directory_uri(self) -> str | None:
        """The folder as other machines see it."""
        return self._info.directory_uri

    @property
    def create_dir_depth(self) -> int:
        """Which missing folders may be made, as in `PathInfo`."""
        return self._info.create_dir_depth

    def __call__(self, datakey_name: str | None = None) -> PathInfo:
        """Folder and name for a file of that data key."""
        return replace(self._info, filename=self._filename_provider(datakey_name))
