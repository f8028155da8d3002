"""How fast a folder takes data."""

import os
import shutil
import time
from pathlib import Path

from framestore.cli.doctor.finding import Finding

from .space import FRAME, FRAME_NAME, readable

_PIECE = 8 * 2**20
_PIECES = 16
_SHARE = 10
"""The free space is this many times what is written, or more."""
_PATIENCE = 5.0
"""Seconds after which no further piece is begun."""


def writing(folder: Path) -> list[Finding]:
    """Write some pieces, and have the disk confirm them."""
    pieces = min(_PIECES, shutil.disk_usage(folder).free // (_SHARE * _PIECE))
    if not pieces:
        what = f"write speed not measured: that needs {readable(_SHARE * _PIECE)} of free space"
        return [Finding("note", what, "make room, or choose a folder on another disk")]
    try:
        size, seconds = _write(folder / "speed", pieces)
    except OSError as error:
        return [Finding("problem", f"data cannot be written: {error}", "look at the disk, or choose another folder")]
    told = f"{size / seconds / 1e6:.0f} MB/s, {size / seconds / FRAME:.1f} frames/s of {FRAME_NAME}"
    return [Finding("ok", f"write speed {told} ({readable(size)} with fsync)")]


def _write(path: Path, pieces: int) -> tuple[int, float]:
    """Bytes that were written, and the seconds that it took."""
    piece = os.urandom(_PIECE)  # zeros would be compressed by some file systems
    written = 0
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        began = time.perf_counter()
        for _ in range(pieces):
            written += os.write(file, piece)
            if time.perf_counter() - began > _PATIENCE:
                break
        os.fsync(file)
        return written, time.perf_counter() - began
    finally:
        os.close(file)
        path.unlink()
