"""Frames that have a file each, in one folder."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checked_series import FileType, check_series
from .claims import check_files
from .fault import Fault, Looked
from .handler import FrameHandler, static_function
from .held import Check, FrameType, check_type, unchecked
from .naming import named_errors
from .place import Place
from .sampled import check_by_reading
from .templates import parse
from .threads import share

ReadFrame = Callable[..., ArrayLike]
"""(path) -> the frame that a file holds; raises an exception when it is not whole.

Some take a `Check` besides, (path, check), and let it see shape and dtype before they read pixels.
"""


class Names(Protocol):
    """How the files of a series are named, such as a `Template`."""

    def name(self, number: int) -> str:
        """Name of the file of that number."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameSeries:
    """The frames of a series of files; a `FrameFile`."""

    place: Place
    """The folder where the files are."""
    template: Names
    """How they are named."""
    read_frame: ReadFrame
    """How one is read."""
    checks_first: bool = False
    """Whether ``read_frame`` takes a `Check`, too."""
    frames_per_event: int | None = None
    """Frames in an event, where the document of the series says so."""
    file_type: FileType | None = None
    """How one is looked at, to see whether it is whole; None: only reading it tells."""

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        frames = ((start + number, out[number, ...]) for number in range(len(out)))  # arrays, of numbers, too
        share(self._place, frames, count=len(out), nbytes=out.nbytes)

    def frame_type(self, number: int = 0) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame."""
        array = self.frame(number)
        return array.shape, array.dtype

    def frame(self, number: int, check: Check = unchecked) -> NDArray[Any]:
        """A frame, whose shape and dtype ``check`` sees: before pixels are read, where the reader can tell them.

        Raises
        ------
        MissingFileError
            When its file is gone.
        UntrustedPathError
            When it is outside of what may be opened.
        OSError
            When its file is not whole.
        """
        return self._read(self.path(number), check)

    def _read(self, path: Path, check: Check) -> NDArray[Any]:
        checked = self.place.checked(path)
        with named_errors(self.place, path):
            array = np.asarray(self.read_frame(checked, check) if self.checks_first else self.read_frame(checked))
        check((array.shape, array.dtype))
        return array

    def _place(self, numbered: tuple[int, NDArray[Any]]) -> None:
        """Fill an array with the frame of a number."""
        number, frame = numbered
        path = self.path(number)
        frame[...] = self._read(path, lambda held: check_type(path, held, (frame.shape, frame.dtype)))

    def path(self, number: int) -> Path:
        """File of a frame."""
        return self.place.below(self.template.name(number))

    def files(self, start: int, stop: int) -> list[Path]:
        """Files of the frames from number ``start`` up to ``stop``.

        Raises
        ------
        ValueError
            When they are more than can be listed.
        """
        check_files(stop - start, self.place.path)
        return [self.place.chosen(self.path(number)) for number in range(start, stop)]

    def check(self, wanted: Sequence[range], said: FrameType | None, looked: Looked) -> Iterator[Fault]:
        """What is wrong with some of the frames; see `CheckedFrames`."""
        if self.file_type is None:
            return check_by_reading(self, wanted, said, looked)
        return check_series(self, self.file_type, wanted, said, looked)


class SeriesHandler(FrameHandler):
    """Base of handlers of formats of one file a frame: a subclass says how a file is read.

    A point is a lazy dask array (frames, \\*frame shape); only the first file that is asked for is opened before that
    is computed.

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
        When the template is not one of a series of files, or there are less than one frame in a point.
    TypeError
        When the class does not say how a file is read.

    Examples
    --------
    >>> import numpy
    >>> class NumpyHandler(SeriesHandler):
    ...     specs = frozenset({"MY_FORMAT_SPEC"})
    ...     read_frame = staticmethod(numpy.load)
    """

    read_frame: ClassVar[ReadFrame]
    """Reads one file, as an array, from its path; it raises an exception when the file is not whole."""
    checks_first: ClassVar[bool] = False
    """Whether ``read_frame`` is (path, check) -> array, and calls ``check((shape, dtype))`` before it reads pixels."""

    def __init__(self, fpath: str | PathLike[str], template: str, filename: str = "", frame_per_point: int = 1) -> None:
        place = Place.of(fpath)
        names, reads = parse(template, filename), self.reading()
        self._series = FrameSeries(place=place, template=names, read_frame=reads, checks_first=self.checks_first)
        super().__init__(place, self._series, frame_per_point)

    @classmethod
    def reading(cls) -> ReadFrame:
        """The function that reads a file.

        Raises
        ------
        TypeError
            When the class has none.
        """
        return static_function(cls, "read_frame", "how a file is read")

    def _check(self, point_number: int, start: int, stop: int) -> None:
        del point_number
        for path in self._series.files(start, stop):
            if not path.exists():
                raise self._place.missing(path)

    def _frame_type(self, first: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
        return self._series.frame_type(first)


def from_documents(
    place: Place,
    kwargs: Mapping[str, Any],
    *,
    read_frame: ReadFrame,
    checks_first: bool = False,
    file_type: FileType | None = None,
) -> FrameSeries:
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
        checks_first=checks_first,
        frames_per_event=kwargs.get("frame_per_point"),
        file_type=file_type,
    )
