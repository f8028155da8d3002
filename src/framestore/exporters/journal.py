"""What an export has done so far, in a file beside its files: an interrupted one goes on where it was."""

import errno
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PREFIX = ".framestore-export-"
"""With what the names of all files begin that an export leaves when it is interrupted."""


_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}
"""What is said where there are none: on some network shares."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made, as it was before it got its name."""

    name: str
    """Its final name, from the folder of the export on."""
    ino: int
    """Number of the file in its file system."""
    size: int
    """Bytes."""
    mtime_ns: int
    """When it was written last."""

    @classmethod
    def of(cls, path: Path, name: str) -> "Made":
        """A file that is to get a name."""
        found = path.stat(follow_symlinks=False)
        return cls(name=name, ino=found.st_ino, size=found.st_size, mtime_ns=found.st_mtime_ns)


class Journal:
    """A file of a line for each file that got its name; nobody else has it meanwhile.

    It is there while an export goes on, and after one that was interrupted.

    Parameters
    ----------
    directory
        Folder of the export.
    digest
        Tells the export from others.

    Raises
    ------
    BlockingIOError
        When another process, or thread, is at the same export.
    """

    def __init__(self, directory: Path, digest: str) -> None:
        self._directory = directory
        self.path = path_of(directory, digest)
        """The file."""
        self._file = _locked(self.path)
        if self._file is None:
            msg = f"this export into {directory} is going on already, in another process or thread; wait until it ends"
            raise BlockingIOError(msg)
        self._made = _read(self.path)
        os.lseek(self._file, 0, os.SEEK_END)

    def is_done(self, path: Path) -> bool:
        """Whether a file has its name, and is as this export has made it."""
        return _is_done(self._made, self._directory, path)

    def note(self, files: Iterable[tuple[Path, Path]]) -> None:
        """Note files, (as they are called now, final name), before they get their names; it is on the disk then."""
        assert self._file is not None  # noqa: S101 - see __init__
        made = [Made.of(scratch, _name(self._directory, path)) for scratch, path in files]
        text = "".join(f"{json.dumps(asdict(item))}\n" for item in made).encode()
        while text:
            text = text[os.write(self._file, text) :]
        os.fsync(self._file)
        self._made |= {item.name: item for item in made}

    def close(self, *, finished: bool) -> None:
        """Let others have it; a finished export, or one that has made nothing, needs it no more."""
        if self._file is None:
            return
        if finished or not self._made:
            self.path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = None


def path_of(directory: Path, digest: str) -> Path:
    """The journal of an export."""
    return directory / f"{PREFIX}{digest}.jsonl"


def done(directory: Path, digest: str, files: Iterable[Path]) -> set[Path]:
    """Those of some files that an export has finished which was interrupted, or goes on."""
    path = path_of(directory, digest)
    made = _read(path) if path.exists() else {}
    return {file for file in files if _is_done(made, directory, file)}


def is_idle(directory: Path, digest: str) -> bool:
    """Whether an export was interrupted: it has a journal, which nobody is at."""
    path = path_of(directory, digest)
    if not path.exists():
        return False
    file = _locked(path)
    if file is None:
        return False
    os.close(file)
    return True


def _locked(path: Path) -> int | None:
    """The file, opened and locked; None when somebody else has it."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            if not _lock(file):
                os.close(file)
                return None
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file), path.stat()):
                    return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)  # who had it has removed it meanwhile


def _lock(file: int) -> bool:
    """Lock a file; where there are no locks, nobody is kept out."""
    try:
        import fcntl  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    return True


def _read(path: Path) -> dict[str, Made]:
    """What a journal tells, by name; a line that was cut off tells nothing."""
    found: dict[str, Made] = {}
    for line in path.read_bytes().splitlines():
        with suppress(ValueError, TypeError):
            fields: dict[str, Any] = json.loads(line)
            made = Made(**fields)
            found[made.name] = made
    return found


def _is_done(made: dict[str, Made], directory: Path, path: Path) -> bool:
    name = _name(directory, path)
    if name not in made:
        return False
    try:
        return Made.of(path, name) == made[name]
    except (FileNotFoundError, NotADirectoryError):
        return False


def _name(directory: Path, path: Path) -> str:
    return path.relative_to(directory).as_posix()
