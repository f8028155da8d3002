"""A path provider with one folder."""

from os import PathLike
from pathlib import Path

from .filename import FilenameProvider
from .info import PathInfo


class StaticPathProvider:
    """All files in one folder.

    Parameters
    ----------
    filename_provider
        Gives the name of each file.
    directory_path
        The folder, absolute.
    directory_uri
        The folder as other machines see it, when not by its path here.
    create_dir_depth
        Which missing folders may be made, as in `PathInfo`.

    Raises
    ------
    ValueError
        When the folder is not absolute, or has a part that a document's URI cannot carry.

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
        self._filename_provider = filename_provider
        self.directory_path = Path(directory_path)
        self.directory_uri = directory_uri
        self.create_dir_depth = create_dir_depth
        self._info("name")  # a folder that is refused is refused now

    def __call__(self, datakey_name: str | None = None) -> PathInfo:
        """Folder and name for a file of that data key."""
        return self._info(self._filename_provider(datakey_name))

    def _info(self, filename: str) -> PathInfo:
        return PathInfo(
            directory_path=self.directory_path,
            filename=filename,
            create_dir_depth=self.create_dir_depth,
            directory_uri=self.directory_uri,
        )
