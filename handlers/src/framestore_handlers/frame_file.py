"""What a file of frames is to whoever reads them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .fault import Fault, Looked
    from .held import FrameType


class FrameFile(Protocol):
    """Frames on disk, as a small value that pickles: it holds a path, never an open file."""

    @property
    def frames_per_event(self) -> int | None:
        """Frames in an event, where the document of the file says so."""
        ...

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out``, (frames, \\*frame shape), with the frames from number ``start`` on.

        Raises
        ------
        MissingFileError
            When the file is gone.
        OSError
            When the file holds fewer frames than asked for, or cannot be read.
        """
        ...

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame, found by opening the file."""
        ...

    def files(self, start: int, stop: int) -> Sequence[Path]:
        """Files that hold the frames from number ``start`` up to ``stop``; none of frames that stand in no file."""
        ...


@runtime_checkable
class DatumFrames(FrameFile, Protocol):
    """A `FrameFile` whose datums say by more than ``point_number`` which frames are theirs."""

    def of_datum(self, datum_kwargs: Mapping[str, Any], frames: int) -> tuple[FrameFile, int]:
        """Where the frames of a datum are, and the number of the first of them; there are ``frames`` in an event.

        Equal results are taken for the same file: consecutive frames of it are read at once.
        """
        ...


@runtime_checkable
class TimedFrames(FrameFile, Protocol):
    """A `FrameFile` that knows when each frame was taken."""

    def times_into(self, out: NDArray[np.float64], start: int) -> None:
        """Fill ``out``, (frames,), with the starts of the exposures of the frames from number ``start`` on.

        POSIX seconds; NaN where the file does not say. It raises what `read_into` does.
        """
        ...


@runtime_checkable
class SummedFrames(FrameFile, Protocol):
    """A `FrameFile` whose file may hold a checksum of each frame."""

    def checksums(self, pixels: NDArray[Any], start: int) -> list[tuple[str | None, str | None]]:
        """What the file says, and what was found, of each of the frames ``pixels``, read from number ``start`` on.

        Both as text, ``xxh3:`` and 16 hex digits; (None, None) where the file has none. Of one of another kind nothing
        is found, (text, None): it cannot be checked, which is no damage.

        Raises
        ------
        ModuleNotFoundError
            When there are some, and xxhash is not installed; it names the command that installs it.
        OSError
            When the file cannot be read.
        """
        ...


@runtime_checkable
class CheckedFrames(FrameFile, Protocol):
    """A `FrameFile` that can tell without reading pixels whether its frames are there and whole."""

    def check(self, wanted: Sequence[range], said: "FrameType | None", looked: "Looked") -> "Iterator[Fault]":
        """What is wrong with some of the frames, in their order; it raises nothing.

        Parameters
        ----------
        wanted
            Numbers of the frames: ranges in order, of which none is empty and none has anything in common with another.
        said
            Shape and dtype of a frame, as the documents say it; None where they do not.
        looked
            Is told how far it is, from time to time.
        """
        ...
