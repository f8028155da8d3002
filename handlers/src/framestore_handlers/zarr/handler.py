"""Frames out of a Zarr store, also while it is being written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.checksum import Compared, compared_frames
from framestore_handlers.claims import check_files
from framestore_handlers.fault import Fault, Looked
from framestore_handlers.held import FrameType, check_count, check_type
from framestore_handlers.place import Place
from framestore_handlers.points import PointHandler

from .check import check_store
from .checksums import checksums_of
from .layout import LAYOUT
from .opening import (
    array_folder,
    check_whole,
    checked_folder,
    chunk_files,
    files_beside_image,
    open_array,
    open_chunk,
    pieces,
    plain_bytes,
    stored_dtype,
)
from .times import times_into


@dataclass(frozen=True, kw_only=True, slots=True)
class ZarrFrames:
    """The frames of an array (events, frames of an event, \\*frame shape), counted through."""

    place: Place
    """Folder of the array, or of the store it is in."""
    frames_per_event: int | None = None
    """Frames in an event, where the document of the store says so."""

    @property
    def path(self) -> Path:
        """Folder of the array, or of the store it is in."""
        return self.place.path

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        array = open_array(self.place)
        self._check(array, out, start)
        folder = checked_folder(self.place)
        is_plain = plain_bytes(array) is not None and array.chunks == (1, 1, *out.shape[1:])
        row = 0
        for events, frames in pieces(array.shape[1], start, start + len(out)):
            part = out[row : row + len(events) * len(frames)]
            if is_plain and part.flags.c_contiguous:
                _read_plain(array, self.place, events, frames, part)
            else:
                check_whole(array, folder, self.place, events, frames)
                _read(array, folder, events, frames, part.reshape(len(events), len(frames), *out.shape[1:]))
            row += len(part)

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame."""
        array = open_array(self.place)
        return array.shape[2:], stored_dtype(array)

    def times_into(self, out: NDArray[np.float64], start: int) -> None:
        """Fill ``out`` with the times from that of frame ``start`` on; see `TimedFrames`. No image is read."""
        array = open_array(self.place)
        check_count(self.path, array.shape[0] * array.shape[1], start + len(out))
        times_into(self.place, out, start, array.shape[1])

    def checksums(self, pixels: NDArray[Any], start: int) -> list[Compared]:
        """What the store says of the checksums of these frames, and what was found; see `SummedFrames`."""
        array = open_array(self.place)
        said = checksums_of(self.place, start, len(pixels), array.shape[1])
        return compared_frames(said, pixels, stored_dtype(array).byteorder)

    def check_frame(self, number: int) -> int:
        """Check that there is a frame of that number, and say how many there are; OSError when there is none."""
        frames = self.frames()
        if not number < frames:
            msg = f"{self.path} does not hold frame {number}: it holds {frames}"
            raise OSError(msg)
        return frames

    def frames(self) -> int:
        """How many frames the store holds now."""
        array = open_array(self.place)
        return array.shape[0] * array.shape[1]

    def files(self, start: int, stop: int) -> list[Path]:
        """Files of the frames from number ``start`` up to ``stop``."""
        check_files(stop - start, self.path)
        array = open_array(self.place)
        folder = checked_folder(self.place)
        parts = pieces(array.shape[1], start, stop)
        return [path for events, frames in parts for _, _, path in chunk_files(array, folder, events, frames)]

    def check(self, wanted: Sequence[range], said: FrameType | None, looked: Looked) -> Iterator[Fault]:
        """What is wrong with some of the frames; see `CheckedFrames`."""
        return check_store(self.place, self.frames_per_event, wanted, said, looked)

    def _check(self, array: Any, out: NDArray[Any], start: int) -> None:
        check_type(self.path, (array.shape[2:], stored_dtype(array)), (out.shape[1:], out.dtype), in_order=True)
        if self.frames_per_event not in (None, array.shape[1]):
            msg = f"{self.path} has {array.shape[1]} frames an event, its documents say {self.frames_per_event}"
            raise OSError(msg)
        check_count(self.path, array.shape[0] * array.shape[1], start + len(out))


def _read_plain(array: Any, place: Place, events: range, frames: range, out: NDArray[Any]) -> None:
    """Read frames whose files hold them as they are, straight to where they belong: several times as fast."""
    files = chunk_files(array, checked_folder(place), events, frames)
    for row, (event, frame, path) in zip(out, files, strict=True):
        left = memoryview(row.reshape(-1).view(np.uint8))
        with open_chunk(place.checked(path), event, frame, row.nbytes) as file:
            while left:
                count = file.readinto(left)
                if not count:
                    msg = f"{path}, which holds frame {frame} of event {event}, was cut off while it was read"
                    raise OSError(msg)
                left = left[count:]


def _read(array: Any, folder: Path, events: range, frames: range, out: NDArray[Any]) -> None:
    """Read some frames of some events; an error names the first of them that cannot be read."""
    try:
        out[...] = array[events.start : events.stop, frames.start : frames.stop]
    except Exception as error:
        for event in events:
            for frame in frames:
                _read_one(array, folder, event, frame)
        msg = f"{folder} cannot be read: {type(error).__name__}: {error}"
        raise OSError(msg) from error


def _read_one(array: Any, folder: Path, event: int, frame: int) -> None:
    try:
        array[event, frame]
    except Exception as error:
        _, _, path = next(chunk_files(array, folder, range(event, event + 1), range(frame, frame + 1)))
        msg = (
            f"{path} is damaged: frame {frame} of event {event} cannot be read ({type(error).__name__}: {error}); "
            "copy it from where it was written"
        )
        raise OSError(msg) from error


class ZarrHandler(PointHandler):
    """Handler of the spec ``FRAMESTORE_ZARR``: a point is a lazy dask array (frames, \\*frame shape)."""

    specs = frozenset({LAYOUT.spec})

    @staticmethod
    def open(place: Place) -> ZarrFrames:
        """The frames of a file, unopened."""
        return ZarrFrames(place=place)

    def _files(self, datum_kwarg_gen: Iterable[Mapping[str, Any]]) -> Iterator[Path]:
        """Files of the store: those of the image's frames, after what describes them and stands beside them."""
        yield from files_beside_image(array_folder(self._place.path))
        yield from super()._files(datum_kwarg_gen)


def from_resource(place: Place, kwargs: Mapping[str, Any]) -> ZarrFrames:
    """Frames of a Resource with the spec ``FRAMESTORE_ZARR``."""
    return ZarrFrames(place=place, frames_per_event=kwargs.get("frame_per_point"))


def from_stream_resource(place: Place, parameters: Mapping[str, Any]) -> ZarrFrames:
    """Frames of a StreamResource with the mimetype ``application/x-zarr``."""
    stacked = parameters.get("join_method") == "stack"  # else a chunk is (frames, \\*frame shape)
    return ZarrFrames(
        place=place, frames_per_event=parameters["chunk_shape"][1] if stacked and "chunk_shape" in parameters else None
    )
