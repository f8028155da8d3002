"""Room for frames."""

import shutil
from pathlib import Path

from framestore.cli.doctor.finding import Finding

FRAME = 2048 * 2048 * 2
"""Bytes of the frame that numbers are told in."""
FRAME_NAME = "2048x2048 uint16"
"""What it is called."""
_LITTLE = 2**30
_UNITS = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def free(folder: Path) -> list[Finding]:
    """How much room there is."""
    room = shutil.disk_usage(folder).free
    what = f"{readable(room)} ({room} bytes) free: {room // FRAME} frames of {FRAME_NAME}"
    if room < _LITTLE:
        return [Finding("problem", what, "make room, or choose a folder on another disk")]
    return [Finding("ok", what)]


def readable(size: int) -> str:
    """A number of bytes, in the unit that people say.

    >>> readable(2 * 2**30)
    '2.0 GiB'
    """
    unit, name = next((each for each in _UNITS if size >= each[0]), _UNITS[-1])
    return f"{size / unit:.1f} {name}"
