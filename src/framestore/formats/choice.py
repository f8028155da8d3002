"""From what a user says to a format."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .format import Format
from .hdf5 import HDF5
from .jpeg import JPEG
from .png import PNG
from .tiff import TIFF
from .tiff_stack import TIFFStack
from .zarr import Zarr

FORMATS: Mapping[str, Callable[[], Format]] = {
    "hdf5": HDF5,
    "tiff": TIFF,
    "tiff_stack": TIFFStack,
    "jpeg": JPEG,
    "png": PNG,
    "zarr": Zarr,
}
"""Format by name, with its default settings."""


def chosen(format: str | Format) -> Format:  # noqa: A002 - the word of the public argument
    """The format of that name, or the settings themselves.

    Raises
    ------
    ValueError
        When there is no format of that name; it names those that there are.
    TypeError
        When it is neither a name nor a format's settings.

    Examples
    --------
    >>> chosen("hdf5").layout.suffix
    '.h5'
    """
    if isinstance(format, str):
        if format not in FORMATS:
            msg = f"unknown format {format!r}; choose one of: {', '.join(FORMATS)}"
            raise ValueError(msg)
        return FORMATS[format]()
    if not hasattr(format, "layout") or isinstance(format, type):
        msg = f"format must be a name ({', '.join(FORMATS)}) or settings from framestore.formats, not {format!r}"
        raise TypeError(msg)
    return format


def check_holds(
    format: Format,  # noqa: A002 - the word of the public argument
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    camera: str,
    *,
    saved: bool = False,
) -> None:
    """Refuse frames that a format cannot hold.

    Parameters
    ----------
    format
        Of the files.
    shape, dtype
        Of a frame.
    camera
        Name of the camera, for the message.
    saved
        Whether the camera saves its files itself, so that only formats of one file a frame help.

    Raises
    ------
    ValueError
        It names the camera, what it got, what the format can hold, and the formats that can hold it.
    """
    try:
        format.check(shape, dtype)
    except ValueError as error:
        able = [name for name in FORMATS if _holds(name, shape, dtype, saved=saved)]
        advice = f"use one of these formats: {', '.join(able)}" if able else "no format of framestore can hold it"
        msg = f"{camera}: {error}; {advice}"
        raise ValueError(msg) from None


def _holds(name: str, shape: tuple[int, ...], dtype: np.dtype[Any], *, saved: bool) -> bool:
    try:
        other = FORMATS[name]()
        other.check(shape, dtype)
    except (ValueError, ImportError):  # one whose library is not installed does not help now
        return False
    return not saved or hasattr(other, "read_back")
