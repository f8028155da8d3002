"""Frames that have a file each, in one folder."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import blocks
from .place import Place
from .templates import Template, parse

if TYPE_CHECKING:
    import dask.array as da

ReadFrame = Callable[[Path], ArrayLike]
"""The frame that a file holds; raises OSError when it is not whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameSeries:
    """The frames of a series of files; a `FrameFile`."""

    place: Place
    """The folder where the files are."""
    template: Template
    """How they are named."""
    read_frame: ReadFrame
    """How one is read."""
    frames_per_event: int | None = None
    """Frames in an event, where the document of the series says so."""

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        for number, frame in enumerate(out, start):
            array = self.frame(number)
            if array.shape != frame.shape or array.dtype.newbyteorder("=") != frame.dtype.newbyteorder("="):
                msg = (
                    f"{self.path(number)} holds a frame of {array.shape} {array.dtype}, "
                    f"its documents say {frame.shape} {frame.dtype}"
                )
                raise OSError(msg)
            frame[...] = array

    def frame_type(self, number: int = 0) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame."""
        array = self.frame(number)
        return array.shape, array.dtype

    def frame(self, number: int) -> NDArray[Any]:
        """A frame.

        Raises
        ------
        MissingFileError
            When its file is gone.
        UntrustedPathError
            When it is outside of what may be opened.
        OSError
            When its file is not whole.
        """
        path = self.path(number)
        try:
            return np.asarray(self.read_frame(self.place.checked(path)))
        except FileNotFoundError:
            raise self.place.missing(path) from None

    def path(self, number: int) -> Path:
        """File of a frame."""
        return self.place.path / self.template.name(number)

    def files(self, start: int, stop: int) -> list[Path]:
        """Files of the frames from number ``start`` up to ``stop``."""
        return [self.place.chosen(self.path(number)) for number in range(start, stop)]


class SeriesHandler:
    """Base of handlers of formats of one file a frame: a subclass says how a file is read.

    A point is a lazy dask array (frames, \\*frame shape); only its first file is opened when it is asked for.

    Parameters
    ----------
    fpath
        The folder.
    template
        How the files are named, in areaDetector's notation: ``%s%s_%6.6d.jpg``, for folder, ``filename`` and number.
    filename
        What the names begin with.
    frame_per_point
        Frames in a point.

    Raises
    ------
    ValueError
        When the template is not one of a series of files.

    Examples
    --------
    >>> import numpy
    >>> class NumpyHandler(SeriesHandler):
    ...     specs = frozenset({"MY_FORMAT_SPEC"})
    ...     read_frame = staticmethod(numpy.load)
    """

    specs: ClassVar[frozenset[str]] = frozenset()
    """Specs of Resource documents that it reads."""
    read_frame: ClassVar[ReadFrame]
    """(path) -> array: read one file; raises OSError when it is not whole."""
    return_type: ClassVar[dict[str, bool]] = {"delayed": True}
    """Tells databroker that what is returned is lazy already."""

    def __init__(self, fpath: str | PathLike[str], template: str, filename: str = "", frame_per_point: int = 1) -> None:
        self._series = FrameSeries(place=Place.of(fpath), template=parse(template, filename), read_frame=self.reading())
        self._frames = int(frame_per_point)
        self._known: tuple[tuple[int, ...], np.dtype[Any]] | None = None

    @classmethod
    def reading(cls) -> ReadFrame:
        """The function that reads a file.

        Raises
        ------
        TypeError
            When the class has none.
        """
        read = inspect.getattr_static(cls, "read_frame", None)
        if not isinstance(read, staticmethod):
            msg = f"{cls.__name__} has no read_frame = staticmethod(<function of a path>) that says how a file is read"
            raise TypeError(msg)
        return cls.read_frame

    def __call__(self, point_number: int) -> "da.Array":
        """Frames of one point.

        Raises
        ------
        ValueError
            When the number is below 0.
        MissingFileError
            When the first file is gone; those of the other frames are missed when they are computed.
        OSError
            When it is not whole.
        """
        first = blocks.first_frame(point_number, self._frames, self._series.place.path)
        if self._known is None:
            self._known = self._series.frame_type(first)
        shape, dtype = self._known
        segment = blocks.Segment(file=self._series, first=first, events=1)
        return blocks.lazy([segment], (self._frames, *shape), dtype.str)[0]

    def get_file_list(self, datum_kwarg_gen: Iterable[Mapping[str, Any]]) -> list[str]:
        """Files that hold the given datums."""
        points = (kwargs["point_number"] for kwargs in datum_kwarg_gen)
        return [str(self._series.path(point * self._frames + j)) for point in points for j in range(self._frames)]


def from_documents(place: Place, kwargs: Mapping[str, Any], *, read_frame: ReadFrame) -> FrameSeries:
    """Frames of a Resource by its ``resource_kwargs``, or of a StreamResource by its ``parameters``.

    Raises
    ------
    ValueError
        When there is no template, or one that is not that of a series of files.
    """
    if "template" not in kwargs:
        where = place.named or place.path
        msg = f"the document of {where} does not say how the files of its series are named: it has no 'template'"
        raise ValueError(msg)
    return FrameSeries(
        place=place,
        template=parse(kwargs["template"], kwargs.get("filename", "")),
        read_frame=read_frame,
        frames_per_event=kwargs.get("frame_per_point"),
    )
