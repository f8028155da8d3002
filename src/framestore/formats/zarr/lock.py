"""A mark that a store is being written, which goes when its writer does, however that ends."""

import os
from collections.abc import Callable
from pathlib import Path


def lock(folder: Path) -> Callable[[], None]:
    """Lock a folder (``flock``), so that ``recover`` sees that its writer lives; return what unlocks it.

    https://man7.org/linux/man-pages/man2/flock.2.html
    """
    try:
        import fcntl  # noqa: PLC0415 - there is none on Windows
    except ModuleNotFoundError:
        return lambda: None
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # some network shares have no locks
        os.close(file)
        return lambda: None
    return lambda: os.close(file)
