"""Whether a TIFF file of a frame is whole: its directory and its pixels are in it. No pixel is read."""

from io import FileIO
from pathlib import Path

from framestore_handlers.held import FrameType

from .layout import Compression
from .page import CutOffError, Strip
from .reading import cut_off, only_strip, type_by_tifffile


def file_type(path: Path) -> FrameType:
    """Shape and dtype of the frame of a file, or of the pages of several, all bytes of which are there.

    Raises
    ------
    FileNotFoundError
        When the file is gone.
    CutOffFileError
        When it is cut off.
    OSError
        When it is damaged, as far as that can be seen without reading pixels, or not TIFF.
    """
    with FileIO(path) as file:
        try:
            strip = only_strip(file, path)
        except CutOffError:
            raise cut_off(path) from None
        if strip is not None:
            check_strip(strip, file.seek(0, 2), path)
            return strip.shape, strip.dtype.newbyteorder("=")
    return type_by_tifffile(path)


def check_strip(strip: Strip, size: int, path: Path, page: int | None = None) -> None:
    """Check that the pixels of a page are in a file of ``size`` bytes.

    Raises
    ------
    CutOffFileError
        When they are not.
    """
    is_plain = strip.compression == Compression.NONE
    least = strip.frame_bytes if is_plain else 1
    if strip.offset + strip.nbytes > size or strip.nbytes < least:
        raise cut_off(path, page)
