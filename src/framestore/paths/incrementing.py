"""File names that are numbered."""

import re
import threading
import unicodedata
from collections.abc import Iterable
from os import PathLike, scandir

from .counter import Counter, prefix
from .flavour import as_path, local_path
from .names import check_name


class AutoIncrementFilenameProvider:
    """Numbered names: ``scan_00000``, ``scan_00001`` and so on. Cameras may share one, in threads of their own.

    Parameters
    ----------
    base_filename
        What stands before the number.
    max_digits
        Digits that each number is written in.
    starting_value
        The first number.
    increment
        What is added each time.
    inc_delimeter
        What stands between the base and the number, unless the base is empty.
    directory_path
        A folder whose files are looked at before each name: numbers that one of them carries are passed over, so that
        a session that is started again goes on. It need not be there yet.

    Raises
    ------
    ValueError
        When a name made of these is refused, or one of the numbers is.

    Examples
    --------
    >>> from framestore.paths import AutoIncrementFilenameProvider
    >>> names = AutoIncrementFilenameProvider("scan")
    >>> names(), names()
    ('scan_00000', 'scan_00001')
    """

    def __init__(
        self,
        base_filename: str = "",
        max_digits: int = 5,
        starting_value: int = 0,
        increment: int = 1,
        inc_delimeter: str = "_",
        *,
        directory_path: str | PathLike[str] | None = None,
    ) -> None:
        self._prefix = prefix(base_filename, inc_delimeter)
        self._counter = Counter(max_digits, starting_value, increment)
        self._folder = None if directory_path is None else local_path(as_path(directory_path))
        self._lock = threading.Lock()
        self._name()  # a base that is refused is refused now

    def __call__(self, datakey_name: str | None = None) -> str:
        """Name of the next file.

        Raises
        ------
        ValueError
            When the number has more digits than ``max_digits``.
        OSError
            When the folder cannot be read.
        """
        del datakey_name
        with self._lock:
            taken = self._taken()
            while self._counter.value in taken:
                self._counter.advance()
            name = self._name()
            self._counter.advance()
            return name

    def _name(self) -> str:
        return check_name(f"{self._prefix}{self._counter}")

    def _taken(self) -> set[int]:
        if self._folder is None:
            return set()
        try:
            with scandir(self._folder) as entries:
                return _numbers(self._prefix, (entry.name for entry in entries))
        except FileNotFoundError:
            return set()


def _numbers(start: str, names: Iterable[str]) -> set[int]:
    """Numbers behind ``start`` in names of files, whatever follows: a suffix, or the number of a frame."""
    pattern = re.compile(rf"{re.escape(start)}([0-9]+)")
    found = (pattern.match(unicodedata.normalize("NFC", name)) for name in names)
    return {int(match[1]) for match in found if match}
