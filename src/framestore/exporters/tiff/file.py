"""A TIFF file that is new, and says what became of it."""

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tifffile

_LEAST = 2**20
"""Bytes: a disk with less is full."""


@contextmanager
def new_file(path: Path, *, bigtiff: bool) -> Generator[Any]:
    """A `tifffile.TiffWriter` of a file that is not there yet.

    Raises
    ------
    OSError
        When it cannot be written. tifffile says of a full disk only how many values were not written.
    """
    try:
        with path.open("xb") as file, tifffile.TiffWriter(file, bigtiff=bigtiff) as writer:
            yield writer
    except OSError as error:
        if error.errno is not None:
            raise
        free = os.statvfs(path.parent)
        is_full = free.f_bavail * free.f_frsize < _LEAST
        code, why = (errno.ENOSPC, "the disk is full") if is_full else (errno.EIO, str(error))
        msg = f"{path.parent}: exported files cannot be written: {why}"
        raise OSError(code, msg) from error
