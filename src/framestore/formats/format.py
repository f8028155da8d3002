"""What a format is to an acquisition."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from framestore_handlers.layout import Layout
from numpy.typing import NDArray

from framestore.frame import FrameInfo

Content = Any
"""What a frame is in a file: the array itself, or what an `Encoder` made of it. It has the buffer interface, or is a
list of what has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """What a file, or a series of files, is going to hold."""

    shape: tuple[int, ...]
    """Of a frame."""
    dtype: np.dtype[Any]
    """Of a frame."""
    camera: str = "camera"
    """Name of the camera."""
    frames_per_point: int = 1
    """Frames in an event."""
    pixel_size: tuple[float, float] | None = None
    """Height and width of a pixel, metres; None where the source does not say."""


class Encoder(Protocol):
    """Makes of frames what stands in the file. Several threads call it at once, each with a scratch of its own."""

    @property
    def scratch_bytes(self) -> int:
        """Bytes of the scratch that it wants; 0: none."""
        ...

    @property
    def threads(self) -> int:
        """Most threads that are worth it."""
        ...

    def encode(self, array: NDArray[Any], info: FrameInfo, scratch: NDArray[np.uint8]) -> Content:
        """Make the content of a frame, with the interpreter released.

        Parameters
        ----------
        array
            The frame, C-contiguous, of the shape and dtype that it was made for.
        info
            What else is known of it.
        scratch
            What is returned may be part of it: it is not used again before that was written.
        """
        ...


class Writer(Protocol):
    """Frames into files. One thread calls all its methods."""

    def append(self, content: Content, info: FrameInfo) -> None:
        """Write a frame: C-contiguous and of the shape and dtype of `Contents`, or what the encoder made of it."""
        ...

    def flush(self) -> None:
        """Return when plain tools of another process can read all frames that were appended."""
        ...

    def remove(self, first: int, frames: int) -> None:
        """Take out ``frames`` frames from row ``first`` on; those behind them move up."""
        ...

    def copy_to(self, other: Any, first: int) -> None:
        """Append the frames from row ``first`` on to another writer of the same format, settings and contents."""
        ...

    def close(self) -> None:
        """Finish the files; none stays that holds no frame."""
        ...

    def discard(self) -> None:
        """Remove the files instead."""
        ...


class FileWriter(Writer, Protocol):
    """Frames into files of their own."""

    def adopt(self, path: Path, info: FrameInfo) -> None:
        """Take a file that the source has saved, on the same file system, as the next frame."""
        ...


class Format(Protocol):
    """A format with its settings."""

    @property
    def layout(self) -> Layout:
        """What its writer and its reader agree on."""
        ...

    @property
    def lossy(self) -> bool:
        """Whether what is read back may differ from what the camera gave."""
        ...

    @property
    def rotate_frames(self) -> int | None:
        """Frames after which another file is begun; see `FileSettings`."""
        ...

    @property
    def rotate_bytes(self) -> int | None:
        """Bytes of frames after which another file is begun; see `FileSettings`."""
        ...

    def sync_way(self, folder: Path) -> None:
        """Have the names of a folder and of those above it on the disk, where that is wanted; see `FileSettings`."""
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

    def encoder(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Encoder | None:
        """What makes the content of frames of a shape and dtype; None where they are written as they are."""
        ...

    def writer(self, path: Path, contents: Contents) -> Writer:
        """Create ``path`` exclusively.

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

    def writer(self, path: Path, contents: Contents) -> FileWriter:
        """Begin a series of files; see `Format.writer`."""
        ...
