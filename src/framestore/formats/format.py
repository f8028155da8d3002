"""What a format is to an acquisition."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from framestore_handlers.layout import Layout
from numpy.typing import NDArray


class Writer(Protocol):
    """Frames into files. One thread calls all its methods."""

    def append(self, array: NDArray[Any], frame_id: int, timestamp: float) -> None:
        """Write a frame, C-contiguous and of the shape and dtype that the writer was made for."""
        ...

    def flush(self) -> None:
        """Return when plain tools of another process can read all frames that were appended."""
        ...

    def remove(self, first: int, frames: int) -> None:
        """Take out ``frames`` frames from row ``first`` on; those behind them move up."""
        ...

    def copy_to(self, other: Any, first: int) -> None:
        """Append the frames from row ``first`` on to another writer of the same format, settings and kind of frame."""
        ...

    def close(self) -> None:
        """Finish the files; none stays that holds no frame."""
        ...

    def discard(self) -> None:
        """Remove the files instead."""
        ...


class FileWriter(Writer, Protocol):
    """Frames into files of their own."""

    def adopt(self, path: Path, frame_id: int, timestamp: float) -> None:
        """Take a file that the source has saved, on the same file system, as the next frame."""
        ...


class Format(Protocol):
    """A format with its settings."""

    @property
    def layout(self) -> Layout:
        """What its writer and its reader agree on."""
        ...

    def check(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Refuse frames that the format cannot hold.

        Raises
        ------
        ValueError
            It names what it got, and what the format can hold.
        """
        ...

    def least_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Bytes that a frame takes at least in a file; 0 where that is not known before."""
        ...

    def writer(self, path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], camera: str) -> Writer:
        """Create ``path`` exclusively, for frames of a shape and dtype, made by the camera of that name.

        Of a series of files, the name of ``path`` is the template of theirs; see `Layout.file_name`.

        Raises
        ------
        FileExistsError
            When something is there already.
        """
        ...


class FileFormat(Format, Protocol):
    """A format of one file a frame: its files can be saved by the source itself."""

    def read_back(self, path: Path) -> NDArray[Any]:
        """The frame that a file holds.

        Raises
        ------
        Exception
            When the file is not whole, or not of this format.
        """
        ...

    def writer(self, path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], camera: str) -> FileWriter:
        """Begin a series of files; see `Format.writer`."""
        ...
