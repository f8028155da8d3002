"""What a file is called until it is whole: in the folder where it will be, hidden, and told from those of others."""

import os
import re
import socket
from itertools import count
from pathlib import Path

PREFIX = ".framestore-live-"
_NUMBERS = count()
_NAME = re.compile(re.escape(PREFIX) + r"(?P<host>.+)-(?P<pid>[0-9]+)-[0-9]+(\..*)?")


def scratch(path: Path) -> Path:
    """A name for a file that will be called ``path``, which no other file has."""
    return path.parent / f"{PREFIX}{socket.gethostname()}-{os.getpid()}-{next(_NUMBERS)}{path.suffix}"


def sweep(folder: Path) -> None:
    """Remove what processes of this computer that were killed have left in a folder."""
    with os.scandir(folder) as entries:
        found = [(entry.path, match) for entry in entries if (match := _NAME.fullmatch(entry.name))]
    for path, match in found:
        if match["host"] == socket.gethostname() and not _is_alive(int(match["pid"])):
            Path(path).unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of another user
        return True
    return True
