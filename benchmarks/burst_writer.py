"""A long burst through an acquisition, against the writer that it uses: what the threads and the queue cost.

`bursts` says what is timed. The memory that the file takes is held by a `Ballast` until the burst needs it.
"""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore.acquisition import Acquisition
from framestore.formats import Contents
from framestore.formats.hdf5 import HDF5
from framestore.formats.hdf5.writer import HDF5Writer
from framestore.frame import FrameInfo

from .bursts import acquired, check_hdf5, frames_a_second, speed, write_all
from .ring import Ring, RingSource, noise
from .rows import Row, Sample, at_least
from .scratch import scratch

_FRAMES = 2000
_SHAPE = (1024, 1024)
_DTYPE = np.dtype(np.uint16)
_BURST_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * _DTYPE.itemsize
_RING = 20
"""Frames that are handed out over and over: more than processor caches hold, and a divisor of the burst."""
_STEP = 20
"""Frames whose memory becomes free at once: few, and yet most frames are written with nothing done before them."""
_LOOKED_AT = (*range(0, _FRAMES, 97), _FRAMES - 1)
"""Frames whose content is checked: each one of the ring, at least once."""


class Ballast:
    """Memory that is in use until it is let go of, a few frames at a time, just before a burst takes it.

    On a virtual machine, pages that lie free may go back to the host after two seconds (free page reporting), and
    whoever comes first pays for getting them again, ten times what writing a frame costs. A burst that lasts that long
    cannot have all its memory lie free from the start; a burst of a second can, see `bursts.removed`.
    """

    def __init__(self, path: Path, ring: Ring) -> None:
        self._file = path.open("wb", buffering=0)
        self._ring = ring
        self._frames = 0
        self.seconds = 0.0
        """What letting go has taken since it was filled."""

    def fill(self, frames: int) -> None:
        """Take up the memory of ``frames`` frames, and let go of that of the first few."""
        self._file.truncate(0)
        self._file.seek(0)
        for number in range(frames):
            write_all(self._file.fileno(), self._ring[number % len(self._ring)].data.cast("B"))
        self._frames = frames
        self._shrink()
        self.seconds = 0.0

    def let_go(self) -> None:
        """Count a frame that is about to be written, and let go of the memory of those that follow, if it is time."""
        if not self._frames:
            return
        self._frames -= 1
        if self._frames % _STEP == 0:
            self._shrink()

    def _shrink(self) -> None:
        start = time.perf_counter()
        self._file.truncate(max(self._frames - _STEP, 0) * self._ring[0].nbytes)
        self.seconds += time.perf_counter() - start

    def close(self) -> None:
        """Let go of all."""
        self._file.close()


class LightenedWriter(HDF5Writer):
    """Writes HDF5, into memory that becomes free just before."""

    ballast: Ballast

    def append(self, content: NDArray[Any], info: FrameInfo) -> None:
        """Write a frame."""
        self.ballast.let_go()
        super().append(content, info)


@dataclass(frozen=True, kw_only=True, slots=True)
class LightenedHDF5(HDF5):
    """HDF5 by that writer."""

    ballast: Ballast
    """What becomes lighter."""

    def writer(self, path: Path, contents: Contents) -> LightenedWriter:
        """Create ``path``."""
        writer = LightenedWriter(path, contents, self)
        writer.ballast = self.ballast
        return writer


def _through(acquisition: Acquisition, ring: Ring, path: Path) -> float:
    return acquired(acquisition, ring, path, _FRAMES)


def _alone(format: LightenedHDF5, ring: Ring, path: Path) -> float:  # noqa: A002 - as in the package
    """Append in a loop, and flush at the end."""
    start = time.perf_counter()
    with closing(format.writer(path, Contents(shape=_SHAPE, dtype=_DTYPE))) as writer:
        for number in range(_FRAMES):
            writer.append(ring[number % len(ring)], FrameInfo(frame_id=number, timestamp=time.time()))
        writer.flush()
        return time.perf_counter() - start


def _sample(write: Callable[[Ring, Path], float], ballast: Ballast, ring: Ring, path: Path) -> float:
    """Write a file, check and remove it; return the seconds without those for making memory free."""
    ballast.fill(_FRAMES)
    seconds = write(ring, path) - ballast.seconds
    check_hdf5(ring, path, _FRAMES, _LOOKED_AT)
    path.unlink()
    return seconds


@contextmanager
def _contenders() -> Generator[Mapping[str, Sample]]:
    ring = noise(_RING, _SHAPE, _DTYPE)
    with scratch(_BURST_BYTES) as folder, closing(Ballast(folder / "ballast", ring)) as ballast:
        format = LightenedHDF5(ballast=ballast)  # noqa: A001 - as in the package
        with closing(Acquisition(RingSource(ring), format, camera="benchmark", statistics=())) as acquisition:
            acquisition.start()
            yield {
                "ours": partial(_sample, partial(_through, acquisition), ballast, ring, folder / "ours.h5"),
                "baseline": partial(_sample, partial(_alone, format), ballast, ring, folder / "baseline.h5"),
            }


ROWS = (
    Row(
        name="burst-writer",
        measures="speed of a burst of 1024x1024 uint16",
        baseline="its writer alone: append, flush at the end",
        work=f"burst of {_FRAMES} frames",
        goal=at_least(0.85),
        rounds=5,
        contenders=_contenders,
        ratio=speed,
        detail=partial(frames_a_second, _FRAMES),
    ),
)
