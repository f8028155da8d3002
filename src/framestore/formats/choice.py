"""From what a user says to a format."""

from collections.abc import Callable, Mapping

from .format import Format
from .hdf5 import HDF5
from .jpeg import JPEG

FORMATS: Mapping[str, Callable[[], Format]] = {"hdf5": HDF5, "jpeg": JPEG}
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
