"""A function that has the camera save a file, as a source."""

import operator
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from framestore.setting import Setting, checked


class SavingSource:
    """Frames that the hardware, or its own software, saves: a `FrameSaver` made of a function.

    For formats of one file a frame, such as ``format="jpeg"``. Each file is read back and checked before its point is
    done, and the numbers of the event are computed from what it holds.

    Parameters
    ----------
    acquire_image
        Takes the path of a file that is not there yet, a string, and returns the shape of the image when it has been
        saved there. An exception that it raises fails the point.
    shape
        Of every frame: (height, width) or (height, width, 3).
    dtype
        Of every frame.
    settings
        What can be changed of the camera, by name; see `framestore.Setting`.

    Raises
    ------
    TypeError
        When ``acquire_image`` cannot be called, ``shape`` is no sequence of whole numbers, or a setting is none.
    ValueError
        When a size is below 1, or a setting's name or units are refused.

    Examples
    --------
    >>> from PIL import Image
    >>> def acquire_image(filepath):
    ...     image = Image.new("L", (6, 4))
    ...     image.save(filepath)
    ...     return image.height, image.width
    >>> SavingSource(acquire_image, shape=(4, 6))
    SavingSource(acquire_image)
    """

    def __init__(
        self,
        acquire_image: Callable[[str], Sequence[int]],
        shape: Sequence[int],
        dtype: DTypeLike = "uint8",
        *,
        settings: Mapping[str, Setting] | None = None,
    ) -> None:
        if not callable(acquire_image):
            msg = f"acquire_image must be a function of a file's path that returns a shape, not {acquire_image!r}"
            raise TypeError(msg)
        self._acquire_image = acquire_image
        self.shape = tuple(operator.index(size) for size in shape)
        if not self.shape or min(self.shape) < 1:
            msg = f"shape must be that of an image, such as (512, 512), not {shape!r}"
            raise ValueError(msg)
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self.settings = checked(settings)
        """What can be changed, by name."""

    def start(self) -> None:
        """Do nothing: a function needs no preparation."""

    def save_frame(self, path: Path) -> Sequence[int]:
        """Call the function. It cannot be interrupted: the acquisition watches over its time."""
        return self._acquire_image(str(path))

    def stop(self) -> None:
        """Do nothing: a function holds nothing."""

    def __repr__(self) -> str:
        """Name of the function."""
        return f"SavingSource({getattr(self._acquire_image, '__qualname__', self._acquire_image)})"
