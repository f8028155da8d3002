"""Points out of a file of many frames."""

import inspect
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Protocol

from . import blocks
from .handler import FrameHandler, static_function
from .opened import OpenedFrames, OpenFrames, accepted
from .place import MissingFileError, Place


class ManyFrames(blocks.FrameFile, Protocol):
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
        Whatever else ``resource_kwargs`` say: ``open_frames`` is given it.

    Raises
    ------
    TypeError
        When the class does not say how a file is opened, or that is not done with such ``kwargs``.
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

    Documents may say any argument that it takes after the path, but for those that a `functools.partial` has been
    given: it must take none that changes what opening a file does, as ``allow_pickle`` of `numpy.load`.
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
            When the class does not say how a file is opened, or that is not done with such ``kwargs``.
        """
        if inspect.getattr_static(cls, "open", None):
            return cls.open(place, **accepted(cls.open, kwargs))
        return OpenedFrames.of(static_function(cls, "open_frames", "how a file is opened"), place, kwargs)

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
