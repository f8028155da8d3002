"""What is there that was not there before: threads, and open file descriptors."""

import gc
import threading
import time
from collections import Counter
from pathlib import Path

_DESCRIPTORS = (Path("/proc/self/fd"), Path("/dev/fd"))
"""Where Linux, and other kinds of Unix, list those of this process."""


class Leftovers:
    """Compares what there is with what there was when it was made.

    Parameters
    ----------
    lasting
        Beginnings of the names of threads that may stay, as those of a pool do.
    files
        Whether to look at open files, too; that takes as long as a garbage collection.
    """

    def __init__(self, lasting: tuple[str, ...] = (), *, files: bool = True) -> None:
        self._lasting = lasting
        self._threads = set(threading.enumerate())
        self._descriptors = _descriptors() if files else None

    def threads(self, within: float = 2.0) -> list[str]:
        """Names of threads that have come since, and have not ended ``within`` so many seconds."""
        deadline = time.monotonic() + within
        new = [thread for thread in threading.enumerate() if thread not in self._threads]
        new = [thread for thread in new if not thread.name.startswith(self._lasting or ("\0",))]
        for thread in new:
            if thread is not threading.current_thread():
                thread.join(max(deadline - time.monotonic(), 0))
        return sorted(thread.name for thread in new if thread.is_alive())

    def descriptors(self) -> list[str]:
        """What is open now and was not, where more is open than was; empty where the system does not tell."""
        if self._descriptors is None:
            return []
        now = _descriptors()
        if now.total() <= self._descriptors.total():
            return []
        return sorted((now - self._descriptors).elements())

    def check(self, what: str) -> None:
        """Fail when something is left.

        Raises
        ------
        AssertionError
            It names what is left, and ``what`` left it.
        """
        threads, descriptors = self.threads(), self.descriptors()
        assert not threads, f"{what} left threads running: {', '.join(threads)}"
        assert not descriptors, f"{what} left files open: {', '.join(descriptors)}"


def _descriptors() -> Counter[str]:
    """What this process has open, and how often."""
    gc.collect()  # what nobody refers to any more closes its files when it goes
    for folder in _DESCRIPTORS:
        if folder.is_dir():
            return Counter(_target(entry) for entry in folder.iterdir())
    return Counter()


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:  # the one that listed the folder is closed by now, and not everywhere is it a link
        return "?"
