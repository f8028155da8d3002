"""Series of files that hold several frames each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.frame_file import FrameFile
from framestore_handlers.place import Place
from framestore_handlers.templates import Template


class Stack(FrameFile, Protocol):
    """A `FrameFile` that can say how many frames it holds."""

    def frames(self) -> int:
        """How many frames the file holds."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class StackSeries:
    """The frames of a series of files of ``frames_per_file`` frames each; a `FrameFile`."""

    place: Place
    """The folder where the files are."""
    template: Template
    """How they are named."""
    open_file: Callable[[Place], Stack]
    """(place of a file) -> its frames, unopened."""
    frames_per_file: int
    """Frames in a file."""
    frames_per_event: int | None = None
    """Frames in an event, where the document of the series says so."""

    def __post_init__(self) -> None:
        """Check that there are frames in a file."""
        if self.frames_per_file < 1:
            msg = f"{self.place.path}: there must be 1 frame or more in a file, not {self.frames_per_file}"
            raise ValueError(msg)

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        row = 0
        while row < len(out):
            number, first = divmod(start + row, self.frames_per_file)
            stop = row + min(self.frames_per_file - first, len(out) - row)
            self.checked(number).read_into(out[row:stop], first)
            row = stop

    def frame_type(self, number: int = 0) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame."""
        return self.open_file(self._place(number // self.frames_per_file)).frame_type()

    def checked(self, number: int) -> Stack:
        """File of that number, once it is seen to hold as many frames as each must.

        Raises
        ------
        MissingFileError
            When it is gone.
        OSError
            When it holds more frames, or fewer.
        """
        file = self.open_file(self._place(number))
        if (frames := file.frames()) != self.frames_per_file:
            msg = f"{self.path(number)} holds {frames} frames, expected {self.frames_per_file}: those of a point"
            raise OSError(msg)
        return file

    def path(self, number: int) -> Path:
        """File of that number."""
        return self.place.below(self.template.name(number))

    def files(self, start: int, stop: int) -> list[Path]:
        """Files of the frames from number ``start`` up to ``stop``."""
        numbers = range(start // self.frames_per_file, -(-stop // self.frames_per_file))
        return [self._place(number).chosen() for number in numbers]

    def _place(self, number: int) -> Place:
        return below(self.place, self.template.name(number))


def below(place: Place, name: str) -> Place:
    """What has that name in a folder.

    Raises
    ------
    ValueError
        When the name leads out of it.
    """
    named = f"{place.named.rstrip('/')}/{name}" if place.named else ""
    decoded = place.decoded / name if place.decoded else None
    return replace(place, path=place.below(name), named=named, decoded=decoded)
