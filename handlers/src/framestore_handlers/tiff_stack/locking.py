"""Whether a writer has a file open."""

from typing import IO, Any


def lock(file: IO[Any]) -> bool:
    """Take the file's lock (flock) until it is closed; False when another process has it.

    It binds nobody who does not ask for it: readers do not. Where there are no locks, it is True.
    """
    try:
        import fcntl  # noqa: PLC0415 - there is none on Windows
    except ModuleNotFoundError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system that has none
        return True
    return True
