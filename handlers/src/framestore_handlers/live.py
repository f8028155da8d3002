"""Whether a file is being written."""

import errno
import os
import signal
import sys
from pathlib import Path

_NO_LEASES = {errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EACCES, errno.EPERM, errno.ENOLCK}
"""What is said where there are none (network shares), or not for files of other users."""


def check_not_live(path: Path) -> None:
    """Refuse a file that a process of this computer has open for writing.

    The kernel gives a read lease only for files that nobody has open for writing (``F_SETLEASE``, see fcntl(2)); it is
    given back at once. Locks would not tell: HDF5 takes its own away where readers are to come along. Where there are
    no leases, as on network shares, of files of other users, or beside Linux, nothing is found out.

    Raises
    ------
    BlockingIOError
        When it is being written.
    """
    if sys.platform != "linux":
        return
    import fcntl  # noqa: PLC0415 - there is none on Windows

    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)  # who opens it this moment tells us so; SIGIO would end us
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        if error.errno in _NO_LEASES:
            return
        msg = "is being written; unstage its camera, or end the process that has it open, then try again"
        raise BlockingIOError(error.errno, msg, os.fspath(path)) from error
    finally:
        os.close(file)
