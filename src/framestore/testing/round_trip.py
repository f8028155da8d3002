"""Frames of a source through a real acquisition, and out of the file again with plain h5py."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from framestore_handlers.hdf5.layout import LAYOUT
from numpy.typing import NDArray

from framestore.acquisition import Acquisition, Order, exposure_time
from framestore.formats import Format
from framestore.frame import FrameSource

from .driven import GRACE, pause


@dataclass(frozen=True, kw_only=True, slots=True)
class FileFrames:
    """What is found in a file."""

    images: NDArray[Any]
    """(frames, \\*frame shape)."""
    ids: list[int]
    """Number of each frame."""
    timestamps: list[float]
    """Start of each exposure, POSIX seconds."""


def read(path: Path) -> FileFrames:
    """All frames of an HDF5 file that was written by framestore."""
    with h5py.File(path, "r") as file:
        numbers = (np.asarray(file[name]).tolist() for name in (LAYOUT.frame_id, LAYOUT.timestamp))
        return FileFrames(
            images=np.asarray(file[LAYOUT.dataset]), **dict(zip(("ids", "timestamps"), numbers, strict=True))
        )


def acquire(
    source: FrameSource,
    format: Format,  # noqa: A002 - as everywhere
    path: Path,
    points: tuple[int, ...],
    frame_timeout: float,
    *,
    rest: float = 0.1,
    frames_per_point: int = 1,
) -> list[float]:
    """Have frames written to a file.

    Parameters
    ----------
    source
        Gives them.
    format
        Of the file.
    path
        Of the file, or a template of files' names.
    points
        Frames in each point; before each, the source is left alone for a while.
    frame_timeout
        Seconds that the source may take to start and to stop, and for each frame beyond its exposure time.
    rest
        Seconds that the source is left alone for.
    frames_per_point
        Frames in each event, for formats that keep them apart.

    Returns
    -------
    list[float]
        When each point was triggered, POSIX seconds.

    Raises
    ------
    Exception
        Whatever the source raised, or says that it is stuck.
    """
    acquisition = Acquisition(
        source, format, camera="conformance", frame_timeout=frame_timeout, frames_per_point=frames_per_point
    )
    triggered: list[float] = []
    try:
        acquisition.start()
        acquisition.open(path)
        for frames in points:
            pause(rest)
            errors: list[Exception | None] = []
            order = Order(frames, on_end=errors.append)
            triggered.append(order.began)
            acquisition.arm(order)
            patience = frames * (frame_timeout + exposure_time(source)) + GRACE
            assert order.ended.wait(patience), f"{frames} frames were not written within {patience:g} s"
            if errors[0] is not None:
                raise errors[0]
    finally:
        acquisition.close()
    return triggered
