"""Settings that every format has: what becomes of its files as files."""

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from framestore.paths.synced import sync

_DURABLE = ("readable", "synced")
_MODES = 0o7777
_OWNER = 0o600


@dataclass(frozen=True, kw_only=True, slots=True)
class FileSettings:
    """How files are kept. The settings of each format have these, too.

    Raises
    ------
    ValueError
        When a setting is out of range, or there is no such group.

    Examples
    --------
    >>> from framestore.formats import HDF5
    >>> HDF5(durable="synced", mode=0o640, rotate_frames=10_000).rotate_frames
    10000
    """

    durable: str = "readable"
    """When a frame counts as written: ``"readable"``, when other processes can read it: it outlives the camera's
    process. ``"synced"``, when it is on the disk as well (``fsync``): it outlives the computer's power."""
    mode: int | None = None
    """Permissions of the files, such as ``0o640``; None: as the process has it (umask). Folders that belong to a format
    may be searched by whoever may read the files. HDF5 and Zarr need 0o600 of them to write."""
    group: str | int | None = None
    """Group that owns the files, by name or number; None: as the process, or the folder, has it."""
    rotate_frames: int | None = None
    """Frames after which another file, or series of files, is begun, or None for never; points stay whole."""
    rotate_bytes: int | None = None
    """Bytes of frames after which another file, or series of files, is begun, or None for never; points stay whole."""

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.durable not in _DURABLE:
            msg = f"durable must be one of {', '.join(map(repr, _DURABLE))}, not {self.durable!r}"
            raise ValueError(msg)
        if self.mode is not None and not (_is_whole(self.mode) and 0 <= self.mode <= _MODES):
            msg = f"mode must be permissions such as 0o640, from 0 to 0o7777, not {self.mode!r}"
            raise ValueError(msg)
        for name in ("rotate_frames", "rotate_bytes"):
            value = getattr(self, name)
            if value is not None and not (_is_whole(value) and value >= 1):
                msg = f"{name} must be a whole number from 1 on, or None, not {value!r}"
                raise ValueError(msg)
        self._group_id()

    @property
    def lossy(self) -> bool:
        """Whether what is read back may differ from what the camera gave."""
        return False

    def check_owner(self) -> None:
        """Refuse permissions that shut out the writer of a file that is opened by its name more than once.

        Raises
        ------
        ValueError
            When the owner may not read and write.
        """
        if self.mode is not None and self.mode & _OWNER != _OWNER:
            msg = f"mode must let the owner read and write, 0o600, while frames come, not {self.mode:#o}"
            raise ValueError(msg)

    def own(self, path: Path) -> None:
        """Give a file, or a folder, that was just made its permissions and its group.

        Raises
        ------
        PermissionError
            When the process is no member of the group; it names file and group.
        """
        group = self._group_id()
        if group is not None:
            try:
                shutil.chown(path, group=group)
            except PermissionError as error:
                msg = f"{path} cannot be given to the group {self.group!r}: this user is no member of it"
                raise PermissionError(error.errno, msg) from error
        if self.mode is not None:
            path.chmod(self.mode | (self.mode & 0o444) >> 2 if path.is_dir() else self.mode)

    def sync(self, file: int) -> None:
        """Return when what was written to an open file is on the disk, where that is wanted."""
        if self.durable == "synced":
            os.fsync(file)

    def sync_folder(self, folder: Path) -> None:
        """Return when the names of the files in a folder are on the disk, where that is wanted."""
        if self.durable == "synced":
            sync(folder)

    def sync_way(self, folder: Path) -> None:
        """Return when a folder, and those above it, have their names on the disk, where that is wanted."""
        if self.durable == "synced":
            for above in folder.parents:
                with contextlib.suppress(PermissionError):  # what may not be read was not made here
                    sync(above)

    def _group_id(self) -> int | None:
        if not isinstance(self.group, str):
            if self.group is not None and not (_is_whole(self.group) and self.group >= 0):
                msg = f"group must be the name or the number of a group, not {self.group!r}"
                raise ValueError(msg)
            return self.group
        import grp  # noqa: PLC0415 - there is none on Windows

        try:
            return grp.getgrnam(self.group).gr_gid
        except KeyError:
            msg = f"there is no group {self.group!r} on this computer; see `getent group`"
            raise ValueError(msg) from None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
