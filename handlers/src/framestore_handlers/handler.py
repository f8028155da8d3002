"""What all handlers have in common: how event-model's ``Filler`` and databroker make them, call them and ask them."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from . import blocks
from .claims import MOST_FRAMES, first_frame, whole_number
from .frame_file import FrameFile
from .place import Place
from .segments import Segment

if TYPE_CHECKING:
    import dask.array as da


class FrameHandler:
    """Gives points of frames as lazy dask arrays (frames, \\*frame shape); keeps no file open in between.

    Each call sees the frames that are there by then, also while they are being written. What it gave stays good when it
    is closed.

    Parameters
    ----------
    place
        Where the frames are.
    file
        The frames.
    frame_per_point
        Frames in a point.

    Raises
    ------
    ValueError
        When there are less than one frame in a point.
    """

    specs: ClassVar[frozenset[str]] = frozenset()
    """Specs of Resource documents that it reads."""
    return_type: ClassVar[dict[str, bool]] = {"delayed": True}
    """Tells databroker that what is returned is lazy already."""

    def __init__(self, place: Place, file: FrameFile, frame_per_point: int = 1) -> None:
        self._place = place
        self._file = file
        self._frames = frames_of_point(frame_per_point, place.path)
        self._known: tuple[tuple[int, ...], np.dtype[Any]] | None = None

    def __call__(self, point_number: int) -> "da.Array":
        """Frames of one point.

        Raises
        ------
        ValueError
            When the number is not one that counts from 0.
        MissingFileError
            When a file of the point is gone.
        OSError
            When the point is not there, or not whole; a frame that is damaged is noticed when it is computed.
        """
        first = self._first(point_number)
        self._check(int(point_number), first, first + self._frames)
        if self._known is None:
            self._known = self._frame_type(first)
        shape, dtype = self._known
        segment = Segment(file=self._file, first=first, events=1)
        return blocks.lazy_event(segment, (self._frames, *shape), dtype.str)

    def get_file_list(self, datum_kwarg_gen: Iterable[Mapping[str, Any]]) -> list[str]:
        """Files that hold the given datums: each once, in the order of the datums, whether it is there or not.

        What databroker copies (``db.export``), and counts the bytes of (``db.export_size``).

        Parameters
        ----------
        datum_kwarg_gen
            Keyword arguments of each datum; gone through once.
        """
        return [str(path) for path in dict.fromkeys(self._files(datum_kwarg_gen))]

    def get_file_sizes(self, datum_kwarg_gen: Iterable[Mapping[str, Any]]) -> list[int]:
        """Sizes of the files of `get_file_list`, in bytes, in its order.

        Raises
        ------
        MissingFileError
            When one is gone.
        """
        return [self._size(Path(path)) for path in self.get_file_list(datum_kwarg_gen)]

    def close(self) -> None:
        """Do nothing: no file is kept open, and what was given before can be computed after it."""

    def __enter__(self) -> Self:
        """The handler."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _first(self, point_number: float) -> int:
        """Number of a point's first frame."""
        return first_frame(point_number, self._frames, "point_number", self._place.path)

    def _check(self, point_number: int, start: int, stop: int) -> None:
        """Check that a point, frames ``start`` to ``stop``, is there; OSError when it is not."""
        raise NotImplementedError

    def _frame_type(self, first: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of the frames, of which ``first`` is one that is there."""
        del first
        return self._file.frame_type()

    def _files(self, datum_kwarg_gen: Iterable[Mapping[str, Any]]) -> Iterable[Path]:
        yield from self._file.files(0, 0)  # those that hold all frames
        for kwargs in datum_kwarg_gen:
            if "point_number" not in kwargs:
                msg = f"{self._place.path}: a datum does not say its point_number, it says {dict(kwargs)}"
                raise ValueError(msg)
            first = self._first(kwargs["point_number"])
            yield from self._file.files(first, first + self._frames)

    def _size(self, path: Path) -> int:
        try:
            return path.stat().st_size
        except FileNotFoundError:
            raise self._place.missing(path) from None


def frames_of_point(frame_per_point: float, path: Path) -> int:
    """How many frames of the file, or series of files, at ``path`` are a point.

    Raises
    ------
    ValueError
        When that is no whole number from 1 on.
    """
    return whole_number(frame_per_point, f"{path}: frame_per_point", 1, MOST_FRAMES, floats=True)


def static_function(kind: type, name: str, what: str) -> Callable[..., Any]:
    """A function that a class has been given, which takes no ``self``: it is called without an instance.

    Raises
    ------
    TypeError
        When it has none of that name, or a method.
    """
    if not isinstance(inspect.getattr_static(kind, name, None), staticmethod):
        msg = f"{kind.__name__} has no {name} = staticmethod(<function of a path>) that says {what}"
        raise TypeError(msg)
    return getattr(kind, name)
