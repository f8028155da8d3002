"""The files that the frames of a run are in: an export reads them, and never takes their place."""

import errno
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from framestore_handlers import Run


def check_keeps_frames(run: Run, files: Iterable[Path]) -> None:
    """Refuse names that files with frames of the run have, also where files may be replaced.

    Raises
    ------
    FileExistsError
        When there is one; it names it.
    """
    taken = {found: path for path in files for found in _identities(path)}
    if not taken:
        return
    for source in _files(run):
        for found in _identities(source):
            if found in taken:
                path = taken[found]
                msg = f"{path} holds frames of the run that is exported; choose another directory or template"
                raise FileExistsError(errno.EEXIST, msg, str(path))


def _identities(path: Path) -> set[tuple[int, int]]:
    """Which file it is; of a link, both the link and what it leads to."""
    found: set[tuple[int, int]] = set()
    for follow in (False, True):
        with suppress(OSError):
            status = path.stat(follow_symlinks=follow)
            found.add((status.st_dev, status.st_ino))
    return found


def _files(run: Run) -> Iterator[Path]:
    """All of them, also those of streams that are not exported; without those of documents that do not fit together."""
    for name in run.streams:
        stream = run[name]
        for key in stream:
            if stream.is_external(key):
                with suppress(ValueError, OSError):
                    yield from stream.files(key)
