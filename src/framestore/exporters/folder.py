"""Where exported files go: they appear whole, under their final names, and none takes the place of another unasked."""

import errno
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from framestore.paths.exclusive import move_exclusively
from framestore.paths.synced import sync

from .journal import PREFIX, Journal, is_idle

_SCRATCH = re.compile(re.escape(PREFIX) + r"([0-9a-f]{16})-[0-9]+(\..*)?")
_MOST_NAMED = 3
"""Files that an error names."""


class Folder:
    """The folder of an export, while it goes on.

    Parameters
    ----------
    directory
        The folder; it is made if it is missing.
    files
        All files of the export, below it.
    digest
        Tells the export from others.
    overwrite
        Whether files that are there are replaced.

    Raises
    ------
    FileExistsError
        When a file is there that may not be replaced; nothing was changed then.
    IsADirectoryError, NotADirectoryError
        When a file has the name of a folder that is there, or needs a folder where a file is.
    BlockingIOError
        When another process is at the same export.
    """

    def __init__(self, directory: Path, files: Sequence[Path], digest: str, *, overwrite: bool) -> None:
        self._directory = directory
        self._digest = digest
        self._overwrite = overwrite
        self._folders = sorted({directory, *(path.parent for path in files)})
        check_folders(self._folders)
        directory.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(directory, digest)
        try:
            self.done = {path for path in files if self._journal.is_done(path)}
            """Those that an interrupted export before has finished."""
            check_free((path for path in files if path not in self.done), overwrite=overwrite)
            for folder in self._folders:
                folder.mkdir(parents=True, exist_ok=True)
                self._sweep(folder)
        except BaseException:
            self._journal.close(finished=False)
            raise

    def scratch(self, path: Path, number: int) -> Path:
        """What a file is called until it is whole: in the folder where it will be, and hidden."""
        return path.parent / f"{PREFIX}{self._digest}-{number}{path.suffix}"

    def place(self, files: Sequence[tuple[Path, Path]]) -> None:
        """Give files, (as they are called now, final name), their names.

        Raises
        ------
        FileExistsError
            When one has appeared meanwhile, and may not be replaced.
        FileNotFoundError
            When one was not made here.
        """
        self._journal.note(files)
        for scratch, path in files:
            if self._overwrite:
                scratch.replace(path)
                continue
            try:
                move_exclusively(scratch, path)
            except FileExistsError as error:
                raise exists([path]) from error

    def close(self, *, finished: bool) -> None:
        """Bring the names to the disk; of an interrupted export, remove what is not whole."""
        try:
            for folder in self._folders:
                if finished:
                    _sync_names(folder)
                else:
                    with suppress(OSError):
                        self._sweep(folder)
        finally:
            self._journal.close(finished=finished)

    def _sweep(self, folder: Path) -> None:
        """Remove what interrupted exports have left of files that were not whole."""
        idle: dict[str, bool] = {self._digest: True}
        with os.scandir(folder) as entries:
            found = [(entry.path, match[1]) for entry in entries if (match := _SCRATCH.fullmatch(entry.name))]
        for path, digest in found:
            if digest not in idle:
                idle[digest] = is_idle(self._directory, digest)
            if idle[digest]:
                Path(path).unlink(missing_ok=True)


def check_folders(folders: Iterable[Path]) -> None:
    """Refuse folders that cannot be: NotADirectoryError when one, or one above it, is a file."""
    for folder in folders:
        nearest = next(above for above in (folder, *folder.parents) if os.path.lexists(above))
        if not nearest.is_dir():
            msg = f"{nearest} is not a folder, and {folder} should be one; choose another directory or template"
            raise NotADirectoryError(errno.ENOTDIR, msg, str(nearest))


def check_free(files: Iterable[Path], *, overwrite: bool) -> None:
    """Refuse names that are taken; a link that leads nowhere takes its name, too.

    Raises
    ------
    FileExistsError
        When there is such a file, unless it may be replaced.
    IsADirectoryError
        When there is a folder of that name.
    """
    taken = [path for path in files if os.path.lexists(path)]
    for path in taken:
        if path.is_dir() and not path.is_symlink():
            msg = f"{path} is a folder, and a file should get that name; choose another directory or template"
            raise IsADirectoryError(errno.EISDIR, msg, str(path))
    if taken and not overwrite:
        raise exists(taken)


def exists(taken: Sequence[Path]) -> FileExistsError:
    """The error of files that are there."""
    more = f" and {len(taken) - _MOST_NAMED} more" if len(taken) > _MOST_NAMED else ""
    named = ", ".join(map(str, taken[:_MOST_NAMED]))
    msg = f"{named}{more} exist already; choose another directory or template, or say overwrite=True to replace them"
    return FileExistsError(errno.EEXIST, msg, str(taken[0]))


def _sync_names(folder: Path) -> None:
    """Bring the names in a folder to the disk; some network shares do that by themselves, and refuse to be asked."""
    try:
        sync(folder)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
