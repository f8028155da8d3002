"""Handlers that others wrote, as files of frames that ``load`` reads."""

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .claims import first_frame
from .frame_file import FrameFile
from .handler import FrameHandler
from .place import Place
from .points import PointHandler
from .series import SeriesHandler, from_documents

Handler = Callable[..., Callable[..., Any]]
"""A class that databroker takes: ``Handler(path, **resource_kwargs)(point_number=0)`` gives the frames of a point."""

Opener = Callable[[Place, Mapping[str, Any]], FrameFile]
"""(place, keyword arguments or parameters of the document) -> frames, unopened."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HandlerFrames:
    """The frames that a handler gives, point by point; a `FrameFile`."""

    handler: Handler
    """Its class."""
    place: Place
    """What it reads."""
    kwargs: Mapping[str, Any]
    """What it is made with."""
    datum_kwargs: Mapping[str, Any] | None = None
    """What it is called with, where the datum's keyword arguments are others than ``point_number``."""
    frames_per_event: int | None
    """Frames in a point; None where the document does not say."""

    @property
    def path(self) -> str:
        """What it reads, as databroker says it: that of a folder may end in a slash."""
        ends = self.place.named.endswith("/")
        path = self.place.checked()
        return os.path.join(path, "") if ends else str(path)  # noqa: PTH118 - a slash at the end stays

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        frames = self.frames_per_event or 1
        row = 0
        with self._made() as handler:
            while row < len(out):
                number, skip = divmod(start + row, frames)
                part = self._point(handler, number, (frames, *out.shape[1:]), out.dtype)[skip:][: len(out) - row]
                out[row : row + len(part)] = part
                row += len(part)

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame; (frames, \\*frame shape) is what the handler is taken to give."""
        with self._made() as handler:
            point = _computed(handler(**self._called(0)))
            return point.shape[1:], point.dtype

    def files(self, start: int, stop: int) -> list[Path]:
        """What it reads; the files that it makes of it, only it knows."""
        del start, stop
        return [self.place.path]

    def of_datum(self, datum_kwargs: Mapping[str, Any], frames: int) -> tuple["HandlerFrames", int]:
        """The frames of a datum; see `DatumFrames`."""
        if set(datum_kwargs) == {"point_number"}:
            return self, first_frame(datum_kwargs["point_number"], frames, "point_number", self.place.path)
        return replace(self, datum_kwargs=datum_kwargs), 0

    @contextmanager
    def _made(self) -> Generator[Callable[..., Any]]:
        """A handler, which is closed where it can be: many of the field's keep their files open until then."""
        handler = self.handler(self.path, **self.kwargs)
        try:
            yield handler
        finally:
            if close := getattr(handler, "close", None):
                close()

    def _called(self, number: int) -> Mapping[str, Any]:
        return {"point_number": number} if self.datum_kwargs is None else self.datum_kwargs

    def _point(
        self, handler: Callable[..., Any], number: int, expected: tuple[int, ...], dtype: np.dtype[Any]
    ) -> NDArray[Any]:
        """A point as the documents say it is, (frames, \\*frame shape)."""
        point = _computed(handler(**self._called(number)), dtype)
        if point.shape == expected[1:] and expected[0] == 1:  # a frame without the axis of frames
            point = point[np.newaxis]
        if point.shape != expected or point.dtype != dtype:
            msg = (
                f"{self.place.path}: {self.handler!r} gives point {number} as {point.shape} {point.dtype}, "
                f"its documents say {expected} {dtype}"
            )
            raise OSError(msg)
        return point


def _computed(point: Any, dtype: np.dtype[Any] | None = None) -> NDArray[Any]:
    """What a handler gave, as an array: a lazy one is computed where it is, as it may hold what cannot be sent around.

    A list of Python's numbers has no dtype: it gets the one of the documents, where that changes none of them.
    """
    if hasattr(point, "__dask_graph__"):
        return np.asarray(point.compute(scheduler="synchronous"))
    array = np.asarray(point)
    if dtype is None or not _has_no_dtype(point) or array.dtype.kind not in "if":
        return array
    with np.errstate(invalid="ignore"):
        fitting = array.astype(dtype)
    return fitting if np.array_equal(fitting, array) else array


def _has_no_dtype(point: Any) -> bool:
    return not hasattr(point[0] if isinstance(point, list | tuple) and point else point, "dtype")


def opener(handler: Handler) -> Opener:
    """How ``load`` reads what a handler's class reads."""
    if isinstance(handler, type) and issubclass(handler, SeriesHandler) and _is_plain(handler, SeriesHandler):
        return partial(from_documents, read_frame=handler.reading(), checks_first=handler.checks_first)
    if isinstance(handler, type) and issubclass(handler, PointHandler) and _is_plain(handler, PointHandler):
        return handler.frames_of
    if not callable(handler):
        msg = f"a handler must be a class, as databroker takes it, not {handler!r}"
        raise TypeError(msg)
    return partial(_handler_frames, handler)


def _is_plain(handler: type[FrameHandler], base: type[FrameHandler]) -> bool:
    """Whether it only says how a file is read: then its files are read without it, in blocks."""
    return handler.__init__ is base.__init__ and handler.__call__ is base.__call__


def _handler_frames(handler: Handler, place: Place, kwargs: Mapping[str, Any]) -> HandlerFrames:
    return HandlerFrames(handler=handler, place=place, kwargs=kwargs, frames_per_event=kwargs.get("frame_per_point"))
