"""Whether a folder is there, or can be made, and takes files."""

import os
from pathlib import Path

from framestore.cli.doctor.finding import Finding
from framestore.paths import PathInfo, ensure_folder


def nearest(folder: Path) -> Path:
    """The folder, or the nearest of its parents that is there."""
    return next(path for path in (folder, *folder.parents) if os.path.lexists(path))


def name(folder: Path) -> list[Finding]:
    """Whether documents can carry the folder's name."""
    try:
        PathInfo(directory_path=folder, filename="name")
    except ValueError as error:
        what, _, _ = str(error).partition("; ")
        return [Finding("problem", what, "rename that part, or choose another folder: documents could not name it")]
    return []


def refusals(there: Path) -> list[Finding]:
    """Why nothing can be written into a folder that is there; empty when all is well."""
    try:
        ensure_folder(there)
    except OSError as error:
        what, _, advice = str(error).partition("; ")
        return [Finding("problem", what, advice or "choose another folder or ask for write permission")]
    return []


def presence(folder: Path, there: Path) -> list[Finding]:
    """Whether the folder is there yet."""
    if folder == there:
        return [Finding("ok", "the folder is there and can be written to")]
    what = f"the folder is not there; framestore would make it when a camera is staged. What follows is about {there}"
    return [Finding("note", what, "if it should be there: is the path right, and its drive mounted?")]
