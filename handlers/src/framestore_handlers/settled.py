"""Whether what was found in a file may be kept: what tells a state of the file from all others."""

import os
import time

_SETTLED = 2.0
"""Seconds after which a file that changes again has another time of change, on every file system."""


def settled_version(status: os.stat_result) -> tuple[int, ...] | None:
    """What no other file has, nor this one once it changes; None where it changed so lately that nothing says it.

    Parameters
    ----------
    status
        That of the file, from before it is read.

    Returns
    -------
    tuple of int, or None
        Device, number there, size in bytes, and times of the last change in ns: as it is told, which who copies files
        may put back, and as the system has it.
    """
    if time.time() - status.st_mtime <= _SETTLED:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
