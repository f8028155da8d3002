"""Making the folder of a file, as deep as the path provider allows."""

import errno
import os
import shutil
from pathlib import Path, PurePath


def ensure_folder(folder: PurePath, create_dir_depth: int = 0) -> Path:
    """Make sure that ``folder`` is there and can be written to.

    Parameters
    ----------
    folder
        Absolute path.
    create_dir_depth
        Which missing folders may be made: 0 all; n those from index n of the path on (``/a/b/c`` has ``a`` at index
        0); -n the last n.

    Raises
    ------
    FileNotFoundError
        When a folder is missing that ``create_dir_depth`` does not allow to make.
    NotADirectoryError
        When a file is in the way.
    OSError
        When the folder cannot be made or written to: PermissionError, or what the file system said.
    """
    path = Path(folder)
    missing = [part for part in (path, *path.parents) if not part.exists()]
    allowed = _allowed(len(path.parts) - 1, create_dir_depth)
    if len(missing) > allowed:
        msg = (
            f"folder {path} is missing from {missing[-1]} on and create_dir_depth={create_dir_depth} allows to make "
            f"only the last {allowed} of its parts; make {missing[allowed]} by hand or change create_dir_depth"
        )
        raise FileNotFoundError(msg)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        msg = f"folder {path} cannot be made: a file is in the way; remove it or choose another folder"
        raise NotADirectoryError(msg) from error
    except OSError as error:
        msg = f"folder cannot be made ({error.strerror}); choose another one or ask for write permission"
        raise OSError(error.errno, msg, str(path)) from error
    if not os.access(path, os.W_OK | os.X_OK):
        msg = f"folder {path} cannot be written to; choose another folder or ask for write permission"
        raise PermissionError(msg)
    return path


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


def _allowed(parts: int, depth: int) -> int:
    """How many of the last parts of a path may be made."""
    if depth == 0:
        return parts
    return max(parts - depth, 0) if depth > 0 else min(-depth, parts)
