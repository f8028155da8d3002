"""Images that ophyd-async's documents describe otherwise than areaDetector writes them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fault import Fault, Looked
from .foreign import Opener
from .frame_file import FrameFile, TimedFrames
from .held import FrameType
from .missing import Placed
from .place import MissingFileError, Place
from .prefixed import opened
from .sampled import check_fast

_COLOURS = 3
"""Channels of an image in colour: red, green, blue."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ColourImages:
    """Images whose channels come first in the documents and last in the files; a `FrameFile`.

    ophyd-async says (3, height, width) of what areaDetector writes in its mode RGB1 as (height, width, 3):
    https://github.com/bluesky/ophyd-async, ``get_ndarray_resource_info``.
    """

    file: FrameFile
    """The images, as they are."""

    @property
    def place(self) -> Place:
        """The file, or the folder."""
        return self.file.place if isinstance(self.file, Placed) else Place.of("")

    @property
    def frames_per_event(self) -> int | None:
        """Frames in an event, where the document of the file says so."""
        return self.file.frames_per_event

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out``, (frames, 3, height, width), with the frames from ``start`` on; see `FrameFile`."""
        images = np.empty((len(out), *out.shape[2:], out.shape[1]), out.dtype)
        try:
            self.file.read_into(images, start)
        except (MissingFileError, PermissionError):
            raise
        except OSError as error:  # a writer that does as the documents say
            try:
                self.file.read_into(out, start)
            except OSError:
                raise error from None
        else:
            out[...] = np.moveaxis(images, -1, 1)

    def times_into(self, out: NDArray[np.float64], start: int) -> None:
        """Fill ``out`` with the times from that of frame ``start`` on; see `TimedFrames`."""
        if isinstance(self.file, TimedFrames):
            self.file.times_into(out, start)
        else:
            out.fill(np.nan)

    def check(self, wanted: Sequence[range], said: FrameType | None, looked: Looked) -> Iterator[Fault]:
        """What is wrong with some of the frames; see `CheckedFrames`. They may stand in the file as documents say."""
        is_as_said = said is not None and self._held() == said[0]
        moved = said if said is None or is_as_said else ((*said[0][1:], said[0][0]), said[1])
        return check_fast(self.file, wanted, moved, looked)

    def _held(self) -> tuple[int, ...] | None:
        """Shape of a frame in the file; None where that cannot be told."""
        try:
            return self.file.frame_type()[0]
        except OSError:
            return None

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape, the channels first, and dtype of a frame."""
        shape, dtype = self.file.frame_type()
        return (shape[-1], *shape[:-1]) if shape[-1] == _COLOURS else shape, dtype

    def files(self, start: int, stop: int) -> list[Path]:
        """Files of the frames from number ``start`` up to ``stop``."""
        return list(self.file.files(start, stop))


def as_described(opener: Opener, place: Place, parameters: Mapping[str, Any]) -> FrameFile:
    """The frames of a StreamResource that ``opener`` opens, as its document describes them."""
    file = opened(opener, place, parameters)
    return ColourImages(file=file) if channels_first(parameters) else file


def channels_first(parameters: Mapping[str, Any]) -> bool:
    """Whether a StreamResource's ``parameters`` are those of `ColourImages`."""
    chunk = tuple(parameters.get("chunk_shape", ()))
    return "join_method" not in parameters and len(chunk) == 4 and chunk[1] == _COLOURS != chunk[3]
