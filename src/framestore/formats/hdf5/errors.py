"""What HDF5 says of a disk, as Python says it."""

import re
from pathlib import Path

_ERRNO = re.compile(r"errno = (\d+)")


def as_os_error(error: Exception, path: Path) -> OSError:
    """The same as an OSError that bears the system's number: HDF5 has it in its text, and h5py not always beside it."""
    if isinstance(error, OSError) and error.errno:
        return error
    number = _ERRNO.search(str(error))
    if number is None:
        return OSError(f"{path}: {error}")
    return OSError(int(number[1]), f"{path}: {error}")
