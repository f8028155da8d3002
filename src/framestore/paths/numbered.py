"""A path provider with numbered folders."""

import threading
from os import PathLike
from pathlib import Path

from .counter import Counter, as_count, prefix
from .filename import FilenameProvider, as_filename_provider
from .flavour import as_path, is_local
from .folder import claim_folder
from .info import PathInfo
from .names import check_name
from .uri import below


class AutoIncrementingPathProvider:
    """A numbered folder a file, or for so many files: ``scan_00000``, ``scan_00001`` and so on.

    Each folder is made when it is named, and only if nothing has its name: numbers that are taken are passed over. So
    a session that is started again goes on, and no two processes share one. A folder whose file never came stays,
    empty. Where the path is one of Windows and this machine has POSIX paths, or the other way round, nobody can look:
    it only counts.

    Parameters
    ----------
    filename_provider
        Gives the name of each file.
    base_directory_path
        The folder that the numbered ones are in, absolute.
    base_directory_uri
        That folder as other machines see it, when not by its path here.
    create_dir_depth
        Which missing folders may be made, as in `PathInfo`; the numbered one is the last.
    max_digits
        Digits that each number is written in.
    starting_value
        The first number.
    num_calls_per_inc
        How many files go into each folder.
    increment
        What is added each time.
    inc_delimeter
        What stands between the base name and the number.
    base_name
        What stands before the number; by default the name of the data key, where there is one.

    Raises
    ------
    ValueError
        When the base folder, or the name of a numbered one, is refused, or one of the numbers is.
    TypeError
        When ``filename_provider`` cannot be called.

    """

    def __init__(  # noqa: PLR0917 - as ophyd-async has them
        self,
        filename_provider: FilenameProvider,
        base_directory_path: str | PathLike[str],
        base_directory_uri: str | None = None,
        create_dir_depth: int = 0,
        max_digits: int = 5,
        starting_value: int = 0,
        num_calls_per_inc: int = 1,
        increment: int = 1,
        inc_delimeter: str = "_",
        base_name: str | None = None,
    ) -> None:
        self._filename_provider = as_filename_provider(filename_provider)
        self._base = PathInfo(as_path(base_directory_path), "name", create_dir_depth, base_directory_uri)
        self._counter = Counter(max_digits, starting_value, increment)
        self._calls_per_number = as_count("num_calls_per_inc", num_calls_per_inc, 1)
        self._calls = 0
        self._delimiter = inc_delimeter
        self._base_name = base_name
        self._mine: set[str] = set()
        self._lock = threading.Lock()
        self._name(None)  # a base name that is refused is refused now

    def __call__(self, datakey_name: str | None = None) -> PathInfo:
        """Folder and name for a file of that data key; the folder is made.

        Raises
        ------
        ValueError
            When the number has more digits than ``max_digits``.
        OSError
            When the folder cannot be made.
        """
        filename = self._filename_provider(datakey_name)
        with self._lock:
            folder = self._claim(datakey_name)
            self._calls += 1
            if self._calls == self._calls_per_number:
                self._next_number()
        return self._info(folder, filename)

    def _claim(self, datakey_name: str | None) -> str:
        """Name of a folder that is this provider's alone."""
        taken: set[str] = set()
        while (name := self._name(datakey_name)) not in self._mine:
            if name not in taken and self._made(name):
                self._mine.add(name)
                break
            taken = taken or self._listed()  # thousands of them are not to be tried one by one
            self._counter.advance()
        return name

    def _made(self, name: str) -> bool:
        info = self._info(name, "name")
        return not is_local(info.directory_path) or claim_folder(info.directory_path, info.create_dir_depth)

    def _listed(self) -> set[str]:
        return {path.name for path in Path(self._base.directory_path).iterdir()}

    def _next_number(self) -> None:
        self._calls = 0
        self._mine.clear()
        self._counter.advance()

    def _name(self, datakey_name: str | None) -> str:
        base = datakey_name if self._base_name is None else self._base_name
        return check_name(f"{prefix(base or '', self._delimiter)}{self._counter}", "numbered folder")

    def _info(self, folder: str, filename: str) -> PathInfo:
        return PathInfo(
            directory_path=self._base.directory_path / folder,
            filename=filename,
            create_dir_depth=self._base.create_dir_depth,
            directory_uri=below(self._base.directory_uri, folder),
        )
