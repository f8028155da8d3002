"""A frame out of a JPEG file."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from framestore_handlers.checksum import Compared, compared
from framestore_handlers.held import Check, CutOffFileError, unchecked
from framestore_handlers.images import decode, infos
from framestore_handlers.told import time_of, words_of

from .comment import found_checksum, said_checksum

_BEGIN, _END = b"\xff\xd8", b"\xff\xd9"
"""Markers around an image (SOI, EOI)."""


def read_frame(path: Path, check: Check = unchecked) -> NDArray[Any]:
    """The frame of a file, (height, width) or (height, width, 3) uint8, as Pillow decodes it.

    Parameters
    ----------
    path
        The file.
    check
        Sees shape and dtype before pixels are decoded, to refuse them.

    Raises
    ------
    FileNotFoundError
        When the file is gone.
    OSError
        When it is cut off, or ends in zeros that were never written over, or is not JPEG; it names the file.
    """
    content = path.read_bytes()
    if content.startswith(_BEGIN) and content.endswith(b"\0") and not content.rstrip(b"\0").endswith(_END):
        # libjpeg would make grey pixels of them; file systems leave them after a crash
        msg = f"{path} is cut off: it has its size, but zeros instead of its end; copy it from where it was written"
        raise CutOffFileError(msg)
    return decode(content, path, "JPEG", check=check)


def compare(path: Path, pixels: NDArray[Any]) -> Compared:
    """What a file says of its checksum, and what was found of all of it but its comment; see `SummedFrames`."""
    del pixels  # JPEG does not keep them
    content = path.read_bytes()
    return compared(said_checksum(content), lambda: found_checksum(content))


def read_time(path: Path) -> float:
    """When the frame of a file was taken, POSIX seconds, by its comment; NaN where that does not say.

    It raises what `read_frame` does, but does not read the pixels.
    """
    comment = infos(path, "JPEG").get("comment", b"")
    return time_of(words_of(comment.decode("utf-8", "replace").split(" ")))
