"""IMM files of X-ray photon correlation: many frames in a file, of all pixels or only of those that are not 0."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.claims import first_frame
from framestore_handlers.handler import FrameHandler
from framestore_handlers.held import check_count, check_type
from framestore_handlers.place import Place

from .imm_contents import Contents, Entry

if TYPE_CHECKING:
    import dask.array as da

_DTYPE = np.dtype(np.uint32)
"""What the frames come back as, however wide the numbers in the file are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IMMFrames:
    """The frames of one file; a `DatumFrames`."""

    place: Place
    """The file."""
    frames_per_event: int | None = None
    """Frames in an event, where the document of the file says so."""

    @property
    def path(self) -> Path:
        """The file."""
        return self.place.path

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out``, of uint32 or of what the file has, with the frames from ``start`` on; see `FrameFile`."""
        contents = Contents.read(self.place)
        check_count(self.path, len(contents), start + len(out))
        with self.place.checked().open("rb") as file:
            for number, frame in enumerate(out, start):
                self._read(file, contents.entry(file, number), number, frame)

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame."""
        contents = Contents.read(self.place)
        check_count(self.path, len(contents), 1)
        with self.place.checked().open("rb") as file:
            return contents.entry(file, 0).shape, _DTYPE

    def check_frame(self, number: int) -> int:
        """Check that there is a frame of that number, and say how many there are; OSError when there is none."""
        frames = len(Contents.read(self.place))
        check_count(self.path, frames, number + 1)
        return frames

    def files(self, start: int, stop: int) -> list[Path]:
        """The file, whichever frames are asked for."""
        del start, stop
        return [self.place.chosen()]

    def of_datum(self, datum_kwargs: Mapping[str, Any], frames: int) -> tuple["IMMFrames", int]:
        """The frames of a datum, which says its ``index`` among those of the file; see `DatumFrames`."""
        return self, first_frame(datum_kwargs["index"], frames, "index", self.path)

    def _read(self, file: BinaryIO, entry: Entry, number: int, frame: NDArray[Any]) -> None:
        dtype = entry.dtype if frame.dtype.newbyteorder("=") == entry.dtype.newbyteorder("=") else _DTYPE
        check_type(self.path, (entry.shape, dtype), (frame.shape, frame.dtype))
        file.seek(entry.offset)
        if not entry.sparse:
            frame.reshape(-1)[...] = np.fromfile(file, entry.dtype, entry.pixels)
            return
        places = np.fromfile(file, "<u4", entry.pixels)
        if len(places) and places.max() >= frame.size:
            msg = f"{self.path} is damaged: frame {number} has a pixel {places.max()} of {frame.size}"
            raise OSError(msg)
        frame[...] = 0
        frame.reshape(-1)[places] = np.fromfile(file, entry.dtype, entry.pixels)


class IMMHandler(FrameHandler):
    """Handler of the spec ``IMM``: an index is a lazy dask array (frames, height, width) of uint32.

    As that of area-detector-handlers, but frames of all pixels (theirs takes their first for the numbers of pixels) are
    read, too, the file is not read through when the handler is made, and frames that it does not hold are an error
    that says so.

    Parameters
    ----------
    filename
        The file.
    frames_per_point
        Frames for an index.
    """

    specs = frozenset({"IMM"})

    def __init__(self, filename: str | PathLike[str], frames_per_point: int) -> None:
        place = Place.of(filename)
        self._imm = IMMFrames(place=place)
        super().__init__(place, self._imm, frames_per_point)

    def __call__(self, index: int) -> "da.Array":  # pyright: ignore[reportIncompatibleMethodOverride] - as its datums
        """Frames of one index; see `FrameHandler`."""
        return super().__call__(index)

    def _check(self, point_number: int, start: int, stop: int) -> None:
        del point_number, start
        self._imm.check_frame(stop - 1)

    def _files(self, datum_kwarg_gen: Iterable[Mapping[str, Any]]) -> Iterable[Path]:
        del datum_kwarg_gen  # whichever they are
        return self._imm.files(0, 0)


def from_resource(place: Place, kwargs: Mapping[str, Any]) -> IMMFrames:
    """Frames of a Resource with the spec ``IMM``."""
    return IMMFrames(place=place, frames_per_event=kwargs["frames_per_point"])
