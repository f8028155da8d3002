"""Files of a store, each written as a whole."""

import contextlib
import os
import shutil
from pathlib import Path

from framestore.formats.file_settings import FileSettings
from framestore.formats.format import Content
from framestore.formats.plain import write_all


def scratch_of(path: Path) -> Path:
    """Name that a file has until it is whole: beside its own, with a dot before it."""
    return path.with_name(f".{path.name}")


def create(path: Path) -> int:
    """Open a new, empty file for writing; what a writer that was killed left under this name is gone."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)


def write_whole(path: Path, content: Content, settings: FileSettings) -> None:
    """Write a file that is there under its name with all of its content, or not at all; it replaces an older one.

    Raises
    ------
    OSError
        What the operating system says, such as ENOSPC.
    """
    scratch = scratch_of(path)
    try:
        file = create(scratch)
        try:
            write_all(file, content)
            settings.sync(file)
        finally:
            os.close(file)
        settings.own(scratch)
        scratch.replace(path)
    except BaseException:
        remove(scratch)
        raise


def duplicate(path: Path, to: Path) -> None:
    """Give a file a second name, which something else may have had; at all times, something whole has it."""
    scratch = scratch_of(to)
    remove(scratch)
    try:
        os.link(path, scratch)
    except OSError:  # where there are no hard links
        shutil.copy2(path, scratch)
    scratch.replace(to)


def remove(path: Path) -> None:
    """Remove a file, where it is still there and can be removed."""
    with contextlib.suppress(OSError):
        path.unlink()
