"""The data key of a camera's image."""

from typing import Any

import numpy as np


def image_to_come(camera: str, *, external: str, lossy: bool) -> dict[str, Any]:
    """The data key where nobody knows yet what the frames are like: its shape is empty.

    Parameters
    ----------
    camera
        Name of the camera.
    external
        Of the documents.
    lossy
        Whether what is read back may differ from what the camera gave.
    """
    data_key: dict[str, Any] = {
        "source": f"framestore:{camera}",
        "dtype": "array",
        "shape": [],
        "external": external,
    }
    return data_key | ({"lossy": True} if lossy else {})


def of_frames(camera: str, frames_per_point: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> dict[str, Any]:
    """What a data key says of an event's frames; ``shape`` and ``dtype`` are those of one.

    The names of the dimensions begin with the camera's: two cameras of different size, or a motor called ``x``, then
    stand beside each other in one table.
    """
    axes = ("y", "x", "channel") if len(shape) > 1 else ("x",)
    names = axes[: len(shape)] if len(shape) <= len(axes) else tuple(f"dim_{i}" for i in range(len(shape)))
    return {
        "shape": [frames_per_point, *shape],
        "dtype_numpy": dtype.str,
        "dims": [f"{camera}_{axis}" for axis in ("frame", *names)],
    }
