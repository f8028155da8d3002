"""A file gets its name in one step, and never that of another file."""

import errno
import os
from pathlib import Path

_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}
"""What is said where there are none (FAT, some network shares), or not for files of other users."""


def move_exclusively(scratch: Path, path: Path) -> None:
    """Give a file its name in one step; FileExistsError when something has it."""
    try:
        os.link(scratch, path)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        path.touch(exist_ok=False)  # claims the name
        try:
            scratch.replace(path)
        except BaseException:
            path.unlink()
            raise
    else:
        scratch.unlink()
