"""Locks on files, as HDF5 takes them when it opens one."""

import os
from collections.abc import Mapping
from pathlib import Path

from framestore.cli.doctor.finding import Finding

SETTING = "HDF5_USE_FILE_LOCKING"
"""Environment variable that HDF5 looks at."""
_OFF = frozenset({"FALSE", "0"})
"""Its values that switch locks off.

https://support.hdfgroup.org/documentation/hdf5/latest/_file_lock.html
"""

_APART = "let no two programs write into one file: nothing keeps them apart"


def environment(variables: Mapping[str, str]) -> list[Finding]:
    """Whether locking is set by hand."""
    if SETTING not in variables:
        return []
    what = f"{SETTING}={variables[SETTING]} is set"
    return [Finding("note", what, "set it alike for every process that opens the files, readers included")]


def locking(folder: Path, variables: Mapping[str, str]) -> list[Finding]:
    """Lock a file; where the environment switches HDF5's own locks off, it need not work."""
    try:
        import fcntl  # noqa: PLC0415 - Windows has none
    except ModuleNotFoundError:
        return [Finding("note", "locks were not tried: this system has no flock", _APART)]
    path = folder / "lock"
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        what = f"files cannot be locked here ({error})"
        if variables.get(SETTING) in _OFF:
            return [Finding("note", f"{what}; HDF5 does not try to, by {SETTING}={variables[SETTING]}", _APART)]
        advice = (
            "have the share mounted with locks, or switch HDF5's off, for every process that opens the files:\n"
            f"export {SETTING}=FALSE"
        )
        return [Finding("problem", f"{what}: HDF5 refuses to open files here", advice)]
    finally:
        os.close(file)
        path.unlink()
    return [Finding("ok", "files can be locked")]
