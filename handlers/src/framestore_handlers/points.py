"""Points out of a file of many frames."""

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from . import blocks
from .place import MissingFileError, Place

if TYPE_CHECKING:
    import dask.array as da


class ManyFrames(blocks.FrameFile, Protocol):
    """A `FrameFile` that can say whether it holds a frame."""

    @property
    def path(self) -> Path:
        """The file, or the folder."""
        ...

    def check_frame(self, number: int) -> None:
        """Check that there is a frame of that number; OSError when there is none."""
        ...


class PointHandler:
    """Base of handlers of formats of one file for many frames: a subclass says how such a file is opened.

    A point is a lazy dask array (frames, \\*frame shape). Each call sees the frames that are there by then, also while
    the file is being written.

    Parameters
    ----------
    fpath
        The file, or the folder of the store.
    frame_per_point
        Frames in a point.
    """

    specs: ClassVar[frozenset[str]] = frozenset()
    """Specs of Resource documents that it reads."""
    open: ClassVar[Callable[[Place], ManyFrames]]
    """(place) -> its frames, unopened."""
    return_type: ClassVar[dict[str, bool]] = {"delayed": True}
    """Tells databroker that what is returned is lazy already."""

    def __init__(self, fpath: str | PathLike[str], frame_per_point: int = 1) -> None:
        self._file = type(self).open(Place.of(fpath))
        self._frames = int(frame_per_point)
        self._known: tuple[tuple[int, ...], np.dtype[Any]] | None = None

    def __call__(self, point_number: int) -> "da.Array":
        """Frames of one point.

        Raises
        ------
        ValueError
            When the number is below 0.
        MissingFileError
            When the file is gone.
        OSError
            When the file does not hold that point.
        """
        first = blocks.first_frame(point_number, self._frames, self._file.path)
        if self._known is None:
            self._known = self._file.frame_type()
        self._check(point_number, first + self._frames - 1)
        shape, dtype = self._known
        segment = blocks.Segment(file=self._file, first=first, events=1)
        return blocks.lazy([segment], (self._frames, *shape), dtype.str)[0]

    def _check(self, point_number: int, last: int) -> None:
        try:
            self._file.check_frame(last)
        except MissingFileError:
            raise
        except OSError as error:
            msg = f"{self._file.path} does not hold point {point_number} with {self._frames} frames a point: {error}"
            raise OSError(msg) from error

    def get_file_list(self, datum_kwarg_gen: Iterable[Mapping[str, Any]]) -> list[str]:
        """Files that hold the given datums."""
        del datum_kwarg_gen  # whichever they are
        return [str(self._file.path)]
