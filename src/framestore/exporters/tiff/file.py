"""A TIFF file that is new, and says what became of it."""

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import numpy as np
import tifffile
from numpy.typing import NDArray

_LEAST = 2**20
"""Bytes: a disk with less is full."""


class NewFile:
    """A file that is not there yet; to be used in a ``with``.

    Parameters
    ----------
    path
        The file.
    bigtiff
        Whether it is BigTIFF.

    Raises
    ------
    OSError
        When it cannot be written. tifffile says of a full disk only how many values were not written.
    """

    def __init__(self, path: Path, *, bigtiff: bool) -> None:
        self._path = path
        self._file = path.open("xb")
        self._writer = tifffile.TiffWriter(self._file, bigtiff=bigtiff)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def write(self, frame: NDArray[Any], settings: dict[str, Any]) -> None:
        """Write a page, with settings as `tifffile.TiffWriter.write` takes them; OSError when it cannot be."""
        with self._named_errors():
            self._writer.write(frame, **settings)

    def __exit__(self, *error: object) -> None:
        """Finish the file."""
        with self._file, self._named_errors():
            self._writer.close()

    @contextmanager
    def _named_errors(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            if error.errno is not None:
                raise
            free = os.statvfs(self._path.parent)
            is_full = free.f_bavail * free.f_frsize < _LEAST
            code, why = (errno.ENOSPC, "the disk is full") if is_full else (errno.EIO, str(error))
            msg = f"{self._path.parent}: exported files cannot be written: {why}"
            raise OSError(code, msg) from error


def check(settings: dict[str, Any], shape: tuple[int, ...], dtype: np.dtype[Any], what: str) -> None:
    """Refuse a compression that pages cannot have: a small one is written to memory.

    Parameters
    ----------
    settings
        As tifffile takes them: the kind of image and the compression.
    shape, dtype
        Of a frame.
    what
        The field, for messages.

    Raises
    ------
    ValueError
        When tifffile cannot do it.
    """
    frame = np.zeros((16, 16, *shape[2:]), dtype)
    try:
        with tifffile.TiffWriter(BytesIO()) as writer:
            writer.write(frame, **settings)
    except (ValueError, KeyError, TypeError, ImportError, RuntimeError) as error:
        msg = (
            f"{what}: compression={settings['compression']!r} cannot be had for frames of {dtype}: {error}; use 'zlib'"
            ", or one that tifffile knows and imagecodecs brings: pip install 'framestore[compression]'"
        )
        raise ValueError(msg) from error
