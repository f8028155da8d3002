"""A documents file that somebody still writes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_PIECE = 2**22
_REMEMBERED = 4096
"""How many of the last bytes that were read are compared with what stands there later."""


class GrowingFile:
    """Gives what was added to a file since it was last asked. It is not kept open.

    Raises
    ------
    FileNotFoundError
        When the file is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _identity(path.stat())
        self._read = 0
        self._last = b""

    def pieces(self) -> Iterator[bytes]:
        """What was added, in pieces.

        Raises
        ------
        OSError
            When the file was replaced, written anew or cut shorter, or is gone.
        """
        with self._path.open("rb") as file:
            if change := self._change(file):
                msg = f"{self._path} {change} while it was watched; load it again, to begin with its first document"
                raise OSError(msg)
            while piece := file.read(_PIECE):
                self._read += len(piece)
                self._last = (self._last + piece)[-_REMEMBERED:]
                yield piece

    def _change(self, file: BinaryIO) -> str:
        """What was done to the file other than writing on; ``file`` then stands where was read to."""
        status = os.fstat(file.fileno())
        if _identity(status) != self._file:
            return "was replaced by another file"
        if status.st_size < self._read:
            return f"became shorter: {self._read} bytes were read of it, now it has {status.st_size}"
        file.seek(self._read - len(self._last))
        return "" if file.read(len(self._last)) == self._last else "was written anew"


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
