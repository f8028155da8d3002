"""A folder for files that live for one row."""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - only the folder that is made inside is used


@contextmanager
def scratch(needed: int) -> Generator[Path]:
    """Give a new folder, in memory where that has room for twice ``needed`` bytes, and remove it afterwards."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 2 * needed
    with tempfile.TemporaryDirectory(prefix="framestore-bench-", dir=_MEMORY if roomy else None) as folder:
        yield Path(folder)
