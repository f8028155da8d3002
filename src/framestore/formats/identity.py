"""Whether a file or folder is still the one that it was."""

import os
from pathlib import Path


def identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of a file or folder; None when it is gone."""
    try:
        found = os.stat(path)  # noqa: PTH116 - once a point: half the time of Path.stat
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
