"""A path provider with a folder a day."""

from collections.abc import Callable
from datetime import date
from os import PathLike
from pathlib import PurePath

from .filename import FilenameProvider, as_filename_provider
from .flavour import as_path
from .info import PathInfo
from .uri import below


class DatedPathProvider:
    """A folder a day, below those of its year and month: ``/data/2026/11/21``.

    Parameters
    ----------
    filename_provider
        Gives the name of each file.
    base_directory_path
        The folder that those of the years are in, absolute.
    base_directory_uri
        That folder as other machines see it, when not by its path here.
    create_dir_depth
        Which missing folders may be made, as in `PathInfo`; by default those of year, month and day.
    today
        Tells the date; by default that of this machine's clock and time zone.

    Raises
    ------
    ValueError
        When the folder is not absolute, or has a part that a document's URI cannot carry.
    TypeError
        When ``filename_provider`` cannot be called.

    Examples
    --------
    >>> from datetime import date
    >>> from framestore.paths import DatedPathProvider, UUIDFilenameProvider
    >>> provider = DatedPathProvider(UUIDFilenameProvider(), "/data", today=lambda: date(2026, 3, 1))
    >>> provider("camera_image").directory_uri
    'file://localhost/data/2026/03/01/'
    """

    def __init__(
        self,
        filename_provider: FilenameProvider,
        base_directory_path: str | PathLike[str],
        base_directory_uri: str | None = None,
        create_dir_depth: int = -3,
        *,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._filename_provider = as_filename_provider(filename_provider)
        self._base = PathInfo(as_path(base_directory_path), "name", create_dir_depth, base_directory_uri)
        self._today = today

    @property
    def directory_path(self) -> PurePath:
        """The folder of today."""
        return self._base.directory_path.joinpath(*self._parts())

    @property
    def create_dir_depth(self) -> int:
        """Which missing folders may be made, as in `PathInfo`."""
        return self._base.create_dir_depth

    def __call__(self, datakey_name: str | None = None) -> PathInfo:
        """Folder and name for a file of that data key."""
        parts = self._parts()
        return PathInfo(
            directory_path=self._base.directory_path.joinpath(*parts),
            filename=self._filename_provider(datakey_name),
            create_dir_depth=self._base.create_dir_depth,
            directory_uri=below(self._base.directory_uri, *parts),
        )

    def _parts(self) -> tuple[str, str, str]:
        today = self._today()
        return f"{today.year:04d}", f"{today.month:02d}", f"{today.day:02d}"
