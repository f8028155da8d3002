"""Points out of a file of many frames."""

import inspect
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Protocol

from .frame_file import FrameFile
from .handler import FrameHandler, static_function
from .opened import OpenedFrames, OpenFrames
from .place import MissingFileError, Place

_LAYOUT = frozenset({"frame_per_point", "chunk_shape", "join_method", "join_chunks", "swmr"})
"""What documents say of how frames make up events: of no concern to who opens the file, unless the class names it."""


class ManyFrames(FrameFile, Protocol):
    """A `FrameFile` that can say whether it holds a frame."""

    @property
    def path(self) -> Path:
        """The file, or the folder."""
        ...

    def check_frame(self, number: int) -> int:
        """Check that there is a frame of that number, and say how many there are at least; OSError when it is not."""
        ...


class PointHandler(FrameHandler):
    """Base of handlers of formats of one file for many frames: a subclass says how such a file is opened.

    A point is a lazy dask array (frames, \\*frame shape). Each call sees the frames that are there by then, also while
    the file is being written.

    Parameters
    ----------
    fpath
        The file, or the folder of the store.
    frame_per_point
        Frames in a point.
    kwargs
        Those of ``document_kwargs``: ``open_frames`` is given them.

    Raises
    ------
    TypeError
        When the class does not say how a file is opened, or that documents may say such ``kwargs``.
    ValueError
        When there are less than one frame in a point.

    Examples
    --------
    >>> import numpy
    >>> class NumpyStackHandler(PointHandler):
    ...     specs = frozenset({"MY_STACK_SPEC"})
    ...
    ...     @staticmethod
    ...     def open_frames(path):
    ...         return numpy.load(path, mmap_mode="r")
    """

    open_frames: ClassVar[OpenFrames]
    """(path, \\**kwargs) -> frames, or a context manager that gives them and closes the file.

    The frames are anything with ``shape``, (frames, \\*frame shape), and ``dtype``, of which slices can be taken: an
    array that numpy has mapped, a dataset of h5py, an array of zarr.
    """
    document_kwargs: ClassVar[frozenset[str]] = frozenset()
    """Keyword arguments of ``open_frames`` that documents may choose, by ``resource_kwargs`` or ``parameters``.

    Documents may come from anybody. Name none that changes what opening a file does, as ``mode`` or ``allow_pickle``.
    """
    open: ClassVar[Callable[..., ManyFrames]]
    """(place) -> its frames, unopened: instead of ``open_frames``, where a slice is not the way to read them."""

    def __init__(self, fpath: str | PathLike[str], frame_per_point: int = 1, **kwargs: Any) -> None:
        place = Place.of(fpath)
        self._file: ManyFrames
        self._seen = 0
        super().__init__(place, self.frames_of(place, kwargs), frame_per_point)

    @classmethod
    def frames_of(cls, place: Place, kwargs: Mapping[str, Any]) -> ManyFrames:
        """The frames that a document tells of, by its ``resource_kwargs`` or ``parameters``; unopened.

        Raises
        ------
        TypeError
            When the class does not say how a file is opened, or that documents may say such ``kwargs``.
        """
        given = cls._given(kwargs)
        if inspect.getattr_static(cls, "open", None):
            return cls.open(place, **given)
        opens = static_function(cls, "open_frames", "how a file is opened")
        return OpenedFrames(
            place=place, open_frames=opens, kwargs=given, frames_per_event=kwargs.get("frame_per_point")
        )

    @classmethod
    def _given(cls, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """What of ``kwargs`` reaches the function that opens a file."""
        allowed = frozenset(cls.document_kwargs)
        if strange := sorted(kwargs.keys() - allowed - _LAYOUT):
            msg = (
                f"{cls.__name__} takes no {', '.join(strange)} from documents: its document_kwargs, which name what "
                f"they may choose, are {sorted(allowed) or 'empty'}"
            )
            raise TypeError(msg)
        return {key: value for key, value in kwargs.items() if key in allowed}

    def _check(self, point_number: int, start: int, stop: int) -> None:
        del start
        if stop <= self._seen and self._file.path.exists():  # opened before, and still there
            return
        try:
            self._seen = self._file.check_frame(stop - 1)
        except MissingFileError:
            raise
        except OSError as error:
            msg = f"{self._file.path} does not hold point {point_number} with {self._frames} frames a point: {error}"
            raise OSError(msg) from error
