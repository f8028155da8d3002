"""Whether somebody writes into a folder."""

import os
from contextlib import suppress
from pathlib import Path


class Presence:
    """A mark on a folder that files are being written into, which goes with the process, however it ends.

    A shared lock (``flock``) on the folder itself: many may have it, and nobody who writes looks at it; whoever wants
    to clear away what was left does. Where there are no locks there is no mark.

    Parameters
    ----------
    folder
        The folder.
    """

    def __init__(self, folder: Path) -> None:
        self._handle: int | None = None
        try:
            import fcntl  # noqa: PLC0415 - there is none on Windows
        except ImportError:
            return
        self._handle = os.open(folder, os.O_RDONLY)
        with suppress(OSError):  # a file system that has no locks
            fcntl.flock(self._handle, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def end(self) -> None:
        """Take the mark away."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def __del__(self) -> None:
        """Nobody holds the mark any more."""
        self.end()
