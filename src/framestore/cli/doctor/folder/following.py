"""Reading a file along with its writer."""

import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from framestore.cli.doctor.finding import Finding

_SHAPE = (256, 256)
_PATIENCE = 60.0
"""Seconds that the reader may take; importing h5py from a slow share is the most of it."""
_ADVICE = "write to a local disk and move the files after unstage, or read them only after unstage"
_SYSTEM_SAID = re.compile("error message = '(.*?)'")
_READER = """
import sys, h5py
with h5py.File(sys.argv[1], "r", swmr=True) as file:
    sys.stdout.buffer.write(file[sys.argv[2]][0].tobytes())
"""


def reading_along(folder: Path) -> list[Finding]:
    """Write a frame, and have another process read it while the file is open."""
    # h5py may be what is broken: it is to be found, not to end the command
    import numpy as np  # noqa: PLC0415
    from framestore_handlers.hdf5.layout import LAYOUT  # noqa: PLC0415

    from framestore.formats import HDF5, Contents  # noqa: PLC0415
    from framestore.frame import FrameInfo  # noqa: PLC0415

    frame = np.arange(np.prod(_SHAPE), dtype="uint16").reshape(_SHAPE)
    path = folder / f"frame{LAYOUT.suffix}"
    try:
        with closing(HDF5().writer(path, Contents(shape=frame.shape, dtype=frame.dtype, camera="doctor"))) as writer:
            writer.append(frame, FrameInfo(frame_id=0, timestamp=0.0))
            writer.flush()
            return [_read(path, LAYOUT.dataset, frame.tobytes())]
    except (OSError, RuntimeError) as error:  # HDF5 raises either
        what = f"an HDF5 file cannot be written here: {_reason(error)}"
        return [Finding("problem", what, "make room if the disk is full, else choose a folder on another disk")]


def _read(path: Path, dataset: str, expected: bytes) -> Finding:
    """What another process makes of the file."""
    command: list[Any] = [sys.executable, "-P", "-c", _READER, path, dataset]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_PATIENCE)  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        return _failed(f"it has not answered within {_PATIENCE:.0f} s")
    if done.returncode:
        return _failed((done.stderr.decode(errors="replace").strip().splitlines() or [f"exit {done.returncode}"])[-1])
    if done.stdout != expected:
        return _failed("it read other numbers than were written")
    return Finding("ok", "another process on this machine reads an HDF5 file while it is written")


def _reason(error: Exception) -> str:
    """What the file system said, out of HDF5's long text."""
    said = _SYSTEM_SAID.search(str(error))
    return said[1] if said else getattr(error, "strerror", None) or str(error)


def _failed(reason: str) -> Finding:
    return Finding("problem", f"another process cannot read an HDF5 file here while it is written: {reason}", _ADVICE)
