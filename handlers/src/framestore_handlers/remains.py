"""What there is to be recovered at a path, and which format's it is."""

import errno
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import cast

from .live import check_not_live
from .recovery import Recovery

_SIGNATURES = {
    b"\x89HDF\r\n\x1a\n": "hdf5",
    b"II+\0": "tiff_stack",
    b"MM\0+": "tiff_stack",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
}
"""How the files of each format begin; a stack is a BigTIFF, a file of a single frame a classic TIFF."""
_NAMES = {
    r".*\.h5": "hdf5",
    r".*\.jpg": "jpeg",
    r".*\.png": "png",
    r"(\..*|.*_\d{6,})\.tiff": "tiff",
    r".*\.tiff": "tiff_stack",
}
"""How files are named that do not begin as they should, as a camera leaves them that is killed when it begins one."""
_SERIES = ("tiff", "jpeg", "png")
"""Formats of one file a frame."""
_STORE = "zarr.json"
"""What the folder of a Zarr store holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remains:
    """A file, a store, or a series of files, and its format."""

    format: str
    """Name of the format."""
    path: Path
    """The file or folder."""

    def recover(self, *, dry_run: bool) -> Recovery:
        """Find what a killed writer left, and clear it away; see `framestore_handlers.recover`."""
        if self.path.is_file():
            check_not_live(self.path)
        # imported where it is used: some formats need packages that not everybody has
        module = import_module(f"{__package__}.{self.format}.recovery")
        return cast("Callable[..., Recovery]", module.recover)(self.path, dry_run=dry_run)


def remains(path: Path) -> list[Remains]:
    """All that can be recovered at a path: one thing, or in a folder of data each file, each store and each series.

    Raises
    ------
    FileNotFoundError
        When there is nothing at ``path``.
    ValueError
        When it is nothing that framestore writes.
    """
    if not path.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(path))
    kind = _kind(path)
    if kind is not None:
        return [Remains(format=kind, path=path)]
    found = _inside(path) if path.is_dir() else []
    if not found:
        msg = f"{path} is none, and holds none, of the files that framestore writes; name such a file, or its folder"
        raise ValueError(msg)
    return found


def _inside(folder: Path) -> list[Remains]:
    """What a folder of data holds; not what its folders hold."""
    kinds = [(path, _kind(path)) for path in sorted(folder.iterdir())]
    series = sorted({kind for _, kind in kinds if kind in _SERIES})
    single = [(path, kind) for path, kind in kinds if kind is not None and kind not in _SERIES]
    return [
        *(Remains(format=kind, path=path) for path, kind in single),
        *(Remains(format=kind, path=folder) for kind in series),
    ]


def _kind(path: Path) -> str | None:
    """Name of the format of a file or a store; None: it is none of ours, or a folder."""
    if path.is_dir():
        return "zarr" if path.suffix == ".zarr" or (path / _STORE).exists() else None
    if not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.read(8)
    by_head = (name for start, name in _SIGNATURES.items() if head.startswith(start))
    by_name = (name for pattern, name in _NAMES.items() if re.fullmatch(pattern, path.name, re.DOTALL))
    return next(chain(by_head, by_name), None)
