"""Which file system a folder is on."""

import re
from pathlib import Path

from framestore.cli.doctor.finding import Finding

_NETWORK = frozenset({"9p", "afs", "cifs", "fuse.sshfs", "ncpfs", "nfs", "nfs4", "smb3", "smbfs"})
"""Those on which HDF5 does not promise that a file can be read while it grows: writes may arrive out of order."""
_MEMORY = frozenset({"ramfs", "tmpfs"})
_ESCAPE = re.compile(r"\\([0-7]{3})")


def mounts() -> str:
    """What the kernel says is mounted; empty where it does not say so in this way."""
    try:
        return Path("/proc/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def kind(folder: Path, mounts: str) -> list[Finding]:
    """What to know of the file system of a folder, by the text of ``/proc/mounts``."""
    found = _mount_of(folder.resolve(), mounts)
    if found is None:
        return []
    point, name = found
    if name in _NETWORK:
        what = (
            f"{name}, a network file system mounted at {point}: HDF5 does not promise that other machines can read a "
            "file there while it is written, even where this machine can"
        )
        return [Finding("note", what, "on other machines, read after unstage; or write to a local disk and move then")]
    if name in _MEMORY:
        what = f"{name}, mounted at {point}: files there are lost when this machine restarts"
        return [Finding("note", what, "choose a folder on a disk, or move what is to stay to one")]
    return [Finding("ok", f"{name}, mounted at {point}")]


def _mount_of(folder: Path, mounts: str) -> tuple[Path, str] | None:
    """Mount point and type of the file system; of several at one place the last, which hides the others."""
    found: tuple[Path, str] | None = None
    for line in mounts.splitlines():
        _, point, name, *_ = line.split(" ")
        path = Path(_ESCAPE.sub(lambda match: chr(int(match[1], 8)), point))
        if folder.is_relative_to(path) and (found is None or len(path.parts) >= len(found[0].parts)):
            found = path, name
    return found
