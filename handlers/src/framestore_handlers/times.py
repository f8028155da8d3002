"""When frames were taken, as their files say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .frame_array import FrameArray
from .frame_file import FrameFile, TimedFrames
from .missing import Placed
from .place import Place
from .segments import Segment


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """The times of the frames of a file, as if each were a frame: a `FrameFile` of single numbers."""

    file: FrameFile
    """The file."""

    @property
    def frames_per_event(self) -> int | None:
        """Frames in an event, where the document of the file says so."""
        return self.file.frames_per_event

    @property
    def place(self) -> Place:
        """The file, or the folder."""
        return self.file.place if isinstance(self.file, Placed) else Place.of("")

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out``, (frames,), with the times from that of frame ``start`` on; see `TimedFrames`."""
        if isinstance(self.file, TimedFrames):
            self.file.times_into(out, start)
        else:
            out.fill(np.nan)

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a time."""
        return (), np.dtype("f8")

    def files(self, start: int, stop: int) -> Sequence[Path]:
        """Files that hold the frames."""
        return self.file.files(start, stop)


def times_of(frames: FrameArray) -> FrameArray:
    """Times of some frames, (events, frames) float64, POSIX seconds; NaN where a file does not say."""
    timed: dict[int, Times] = {}
    segments: list[Segment] = [
        replace(segment, file=timed.setdefault(id(segment.file), Times(file=segment.file)))
        for segment in frames.segments
    ]
    return FrameArray(
        segments=tuple(segments),
        shape=frames.shape[:2],
        dtype=np.dtype("f8"),
        name=f"the times of {frames.name}",
        bridged_bytes=0,
    )


def are_timed(frames: FrameArray) -> bool:
    """Whether a file may say when frames were taken; none is opened for that."""
    return any(isinstance(segment.file, TimedFrames) for segment in frames.segments)
