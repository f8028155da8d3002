"""Making the folder of a file, as deep as the path provider allows."""

import contextlib
import errno
import os
import shutil
from collections.abc import Generator
from pathlib import Path, PurePath

from .flavour import local_path


def ensure_folder(folder: PurePath, create_dir_depth: int = 0) -> Path:
    """Make sure that ``folder`` is there and can be written to. Others may make it at the same time.

    Parameters
    ----------
    folder
        Absolute path. Links in it are followed, and stay in the path.
    create_dir_depth
        Which missing folders may be made: 0 all; n those from index n of the path on (``/a/b/c`` has ``a`` at index
        0, and so has ``D:\\a\\b\\c``); -n the last n.

    Raises
    ------
    ValueError
        When it is a path of Windows and this machine has POSIX paths, or the other way round.
    FileNotFoundError
        When a folder is missing that ``create_dir_depth`` does not allow to make.
    NotADirectoryError
        When a file is in the way.
    OSError
        When the folder cannot be made or written to: PermissionError, or what the file system said.
    """
    path = local_path(folder)
    _check_missing(path, create_dir_depth)
    with _explained(path):
        path.mkdir(parents=True, exist_ok=True)
    if not os.access(path, os.W_OK | os.X_OK):
        msg = f"folder {path} cannot be written to; choose another folder or ask for write permission"
        raise PermissionError(msg)
    return path


def claim_folder(folder: PurePath, create_dir_depth: int = 0) -> bool:
    """Make ``folder``, unless something of that name is there; of two processes that try, one makes it.

    Parameters
    ----------
    folder, create_dir_depth
        As in `ensure_folder`.

    Returns
    -------
    bool
        Whether it was made.

    Raises
    ------
    ValueError, FileNotFoundError, NotADirectoryError, OSError
        As in `ensure_folder`.
    """
    path = local_path(folder)
    _check_missing(path, create_dir_depth)
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            path.mkdir()
            return True
    return False


def makeable(folder: PurePath, create_dir_depth: int) -> int:
    """How many of the last parts of an absolute path may be made.

    Examples
    --------
    >>> from pathlib import PureWindowsPath
    >>> [makeable(PureWindowsPath("D:/data/2026/11"), depth) for depth in (0, 1, -1, -9)]
    [3, 2, 1, 3]
    """
    parts = len(folder.parts) - 1
    if create_dir_depth == 0:
        return parts
    return max(parts - create_dir_depth, 0) if create_dir_depth > 0 else min(-create_dir_depth, parts)


def _check_missing(path: Path, create_dir_depth: int) -> None:
    missing = [part for part in (path, *path.parents) if not part.exists()]
    allowed = makeable(path, create_dir_depth)
    if len(missing) > allowed:
        msg = (
            f"folder {path} is missing from {missing[-1]} on and create_dir_depth={create_dir_depth} allows to make "
            f"only the last {allowed} of its parts; make {missing[allowed]} by hand or change create_dir_depth"
        )
        raise FileNotFoundError(msg)


@contextlib.contextmanager
def _explained(path: Path) -> Generator[None]:
    """Say of a folder that cannot be made what to do."""
    try:
        yield
    except (FileExistsError, NotADirectoryError) as error:
        msg = f"folder {path} cannot be made: a file is in the way; remove it or choose another folder"
        raise NotADirectoryError(msg) from error
    except OSError as error:
        msg = f"folder cannot be made ({error.strerror}); choose another one or ask for write permission"
        raise OSError(error.errno, msg, str(path)) from error


def ensure_space(folder: Path, needed: int) -> None:
    """Make sure that ``needed`` bytes fit on the file system of ``folder``.

    Raises
    ------
    OSError
        With ``errno.ENOSPC``, when they do not.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        msg = (
            f"the file system has {free / 1e6:.1f} MB free, and the frames of one point take {needed / 1e6:.1f} MB; "
            "make room, or choose another folder"
        )
        raise OSError(errno.ENOSPC, msg, str(folder))
