"""The arrays beside the image of a Zarr store: a number a frame."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.place import Place

from .opening import array_folder, array_in, check_whole


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """One of these arrays, open: (events, frames)."""

    place: Place
    """The store, or the image's array in it."""
    folder: Path
    """That of the array."""
    array: Any
    """The array."""

    @classmethod
    def opened(cls, place: Place, name: str, frames: int, kinds: str) -> "Numbers | None":
        """Open the array of that name; None where there is none.

        Parameters
        ----------
        place
            The store, or the image's array in it.
        name
            Of the array.
        frames
            Frames in an event, as the image's array has them.
        kinds
            Kinds of numbers, by numpy's letters, that it may hold.

        Raises
        ------
        UntrustedPathError
            When it is outside of what may be opened.
        OSError
            When it cannot be read, or does not hold such numbers, one a frame.
        """
        folder = place.checked(array_folder(place.checked()).parent / name)
        array = array_in(folder, place)
        if array is None:
            return None
        if array.shape[1:] != (frames,) or np.dtype(array.dtype).kind not in kinds:
            msg = f"{folder} holds {array.shape} {array.dtype}, not numbers of {frames} frames an event"
            raise OSError(msg)
        return cls(place=place, folder=folder, array=array)

    def read(self, start: int, count: int) -> NDArray[Any]:
        """The numbers of ``count`` frames from number ``start`` on: (frames,); fewer, where it has no more.

        Raises
        ------
        OSError
            When a file of them is gone or cut off.
        """
        events, frames = self.array.shape
        wanted = range(start // frames, min(-(-(start + count) // frames), events))
        if not wanted:
            return np.empty(0, self.array.dtype)
        check_whole(self.array, self.folder, self.place, wanted, range(frames))
        try:
            held = self.array[wanted.start : wanted.stop]
        except Exception as error:
            msg = f"{self.folder} cannot be read: {type(error).__name__}: {error}"
            raise OSError(msg) from error
        return np.asarray(held).reshape(-1)[start % frames :][:count]
