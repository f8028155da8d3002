"""Where frames are to go."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from framestore.formats import Writer


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A file, or series of files, and those that follow it when it is full: its parts."""

    path: Path
    """Of the first; the template of the names of a series."""
    make: Callable[[Path], Writer]
    """Makes one, exclusively."""
    part_path: Callable[[int], Path]
    """Path of the part of that number, from 1 on."""
    frame_bytes: int
    """Bytes of a frame as it comes."""
    most_frames: int | None = None
    """Frames that a part may hold."""
    most_bytes: int | None = None
    """Bytes that the frames of a part may take."""

    def fits(self, frames: int, size: int, more: int) -> bool:
        """Whether ``more`` frames may go to a part that holds ``frames`` in ``size`` bytes; to an empty one, always."""
        return not frames or (
            (self.most_frames is None or frames + more <= self.most_frames)
            and (self.most_bytes is None or size + more * self.frame_bytes <= self.most_bytes)
        )
