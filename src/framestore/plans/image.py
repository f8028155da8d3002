"""What a snapshot gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Image:
    """The frames of one data key, and where they are."""

    data_key: str
    """Name of the data key, such as ``"camera_image"``."""
    files: tuple[Path, ...]
    """Where the frames are, in order: one file, or one a frame, as the format has it."""
    array: NDArray[Any] = field(repr=False)
    """(frames, \\*frame shape), as the data key says: one frame is (1, height, width)."""
    timestamps: NDArray[np.float64]
    """When the exposure of each frame began, POSIX seconds; NaN where the file does not say.

    Its shape is (frames,), or () where the array has no axis for frames, as that of some detectors of others."""

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """Shape of a frame, pixels."""
        return self.array.shape[self.timestamps.ndim :]

    @property
    def frame(self) -> NDArray[Any]:
        """The frame, where there is one: (height, width), or with colours (height, width, 3).

        Raises
        ------
        ValueError
            When there are several.
        """
        if not self.timestamps.ndim:
            return self.array
        if len(self.array) != 1:
            msg = f"{self.data_key} has {len(self.array)} frames, expected one: take them out of `array`"
            raise ValueError(msg)
        return self.array[0]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Snapshot:
    """What the plan ``snapshot`` returns: the images of one event, read back from their files."""

    uid: str
    """Of the run; empty where the plan was only looked at, by a program that executes no message."""
    images: Mapping[str, Image]
    """By data key."""
    data: Mapping[str, Any]
    """What else belongs to the event, such as ``camera_mean``, by data key."""

    @property
    def image(self) -> Image:
        """The image, where there is one.

        Raises
        ------
        ValueError
            When there are several; it names them.
        """
        if len(self.images) != 1:
            msg = f"the snapshot has {len(self.images)} images, expected one: take images[...] of {list(self.images)}"
            raise ValueError(msg)
        (image,) = self.images.values()
        return image

    @property
    def files(self) -> tuple[Path, ...]:
        """Where the frames are, where there is one image."""
        return self.image.files

    @property
    def array(self) -> NDArray[Any]:
        """(frames, \\*frame shape), where there is one image."""
        return self.image.array

    @property
    def frame(self) -> NDArray[Any]:
        """The frame, where there is one image, of one frame."""
        return self.image.frame
