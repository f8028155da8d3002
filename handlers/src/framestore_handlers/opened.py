"""Frames in one file, by a function that opens it."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .held import FrameType, check_count, check_type
from .naming import named_errors
from .place import Place

OpenFrames = Callable[..., Any]
"""(path, \\**kwargs) -> the frames, or a context manager that gives them and closes the file.

The frames are anything with ``shape``, (frames, \\*frame shape), and ``dtype``, of which slices can be taken: an array
that numpy has mapped, a dataset of h5py, an array of zarr.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedFrames:
    """The frames of a file that is opened by a function; a `FrameFile`."""

    place: Place
    """The file, or the folder."""
    open_frames: OpenFrames
    """How it is opened."""
    kwargs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What it is opened with."""
    frames_per_event: int | None = None
    """Frames in an event, where the document of the file says so."""

    @property
    def path(self) -> Path:
        """The file, or the folder."""
        return self.place.path

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        stop = start + len(out)
        with self._opened() as frames:
            check_type(self.path, _type_of(frames), (out.shape[1:], out.dtype))
            check_count(self.path, frames.shape[0], stop)
            found = np.asarray(frames[start:stop])
            if found.shape != out.shape:
                msg = f"{self.path}: frames {start} to {stop} are {found.shape}, not {out.shape}; is it cut off?"
                raise OSError(msg)
            out[...] = found

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame."""
        with self._opened() as frames:
            return _type_of(frames)

    def check_frame(self, number: int) -> int:
        """Check that there is a frame of that number, and say how many there are; OSError when there is none."""
        with self._opened() as frames:
            held = int(frames.shape[0])
            if not number < held:
                msg = f"{self.path} does not hold frame {number}: it holds {held}"
                raise OSError(msg)
            return held

    def files(self, start: int, stop: int) -> list[Path]:
        """The file, whichever frames are asked for; all files of a folder."""
        del start, stop
        if self.path.is_dir():
            return sorted(path for path in self.path.rglob("*") if path.is_file())
        return [self.path]

    @contextmanager
    def _opened(self) -> Generator[Any]:
        path = self.place.checked()
        with named_errors(self.place, self.path):
            opened = self.open_frames(path, **self.kwargs)
            with opened if hasattr(opened, "__enter__") else nullcontext(opened) as frames:
                yield frames


def _type_of(frames: Any) -> FrameType:
    return tuple(frames.shape[1:]), np.dtype(frames.dtype)
