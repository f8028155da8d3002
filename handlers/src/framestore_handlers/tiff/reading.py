"""A frame out of a TIFF file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compression import decompressed
from .page import CutOffError, Head, Page, Read, Strip

_LARGEST = 2**32
"""Bytes of a frame that tifffile reads, and of all pages of a file that is smaller than what they unpack to."""


def read_frame(path: Path) -> NDArray[Any]:
    """The frame of a file, (height, width) or (height, width, 3), in the byte order of this machine.

    What is stored otherwise than as one strip is read by tifffile. A file of several pages gives (pages, \\*page shape)
    of those that are like the first, which leaves out thumbnails. What metadata says of other files, or of more
    dimensions, as OME-XML does, is not followed.

    Raises
    ------
    FileNotFoundError
        When the file is gone.
    OSError
        When it is cut off, or ends in zeros that were never written over, or is not TIFF; it names the file.
    ModuleNotFoundError
        When it is compressed, and the library for that is not installed; it names the command that mends it.
    """
    content = np.fromfile(path, np.uint8)
    head = Head.of(_reader(content))
    if head is None:
        msg = f"{path} is not TIFF, or cut off at its beginning"
        raise OSError(msg)
    try:
        page = Page.at(head.first, head, _reader(content))
        page.check_text()
        strip = page.strip()
    except CutOffError:
        raise cut_off(path) from None
    if strip is None or page.next:
        return by_tifffile(path)
    if strip.offset + strip.nbytes > len(content):
        raise cut_off(path)
    data = content[strip.offset : strip.offset + strip.nbytes]
    return as_frame(decompressed(data, strip.compression, strip.frame_bytes, str(path)), strip)


def as_frame(pixels: NDArray[np.uint8], strip: Strip) -> NDArray[Any]:
    """The bytes of a frame as its array, in the byte order of this machine."""
    array = pixels.view(np.uint8).view(strip.dtype).reshape(strip.shape)
    return array.astype(strip.dtype.newbyteorder("="), copy=False)


def cut_off(path: Path, frame: int | None = None) -> OSError:
    """The error for a file, or a frame in it, that is not whole."""
    name = str(path) if frame is None else f"frame {frame} of {path}"
    return OSError(f"{name} is cut off, or ends in zeros instead of its end; copy it from where it was written")


def by_tifffile(
    path: Path, page: int | None = None, check: Callable[[tuple[int, ...]], None] = lambda _: None
) -> NDArray[Any]:
    """What tifffile reads of a file, or of one of its pages.

    Parameters
    ----------
    path
        The file.
    page
        Number of the page; None: of a file of one frame.
    check
        Refuses the shape of a page before its pixels are read: that of a damaged one may be absurd, and take its time.

    Raises
    ------
    OSError
        When it is not whole, or cannot be read; it names the file.
    """
    import tifffile  # noqa: PLC0415 - what framestore writes does not need it

    name = str(path) if page is None else f"frame {page} of {path}"
    try:
        with tifffile.TiffFile(path) as file:
            parts: list[Any] = list(file.pages) if page is None else [file.pages[page]]
            for part in parts:
                if not _is_whole(part, file.filehandle.size):
                    raise cut_off(path, page)
                _check_size(part, name)
                check(part.shape)
            return _pixels(parts, max(_LARGEST, file.filehandle.size), name)
    except (tifffile.TiffFileError, ValueError, RuntimeError, LookupError, TypeError, MemoryError) as error:
        msg = f"{name} cannot be read as TIFF: {error}"
        if "imagecodecs" in str(error):
            msg += "; pip install 'framestore-handlers[compression]'"
        raise OSError(msg) from error


def _pixels(pages: list[Any], most: int, name: str) -> NDArray[Any]:
    """The first page, with those that are like it where there are such; by itself, tifffile opens files they name."""
    first = pages[0]
    alike = [page for page in pages if (page.shape, page.dtype) == (first.shape, first.dtype)]
    if len(alike) == 1:
        return first.asarray()
    if len(alike) * first.nbytes > most:
        msg = f"{name} claims {len(alike)} pages of {first.shape} {first.dtype}, more than {most} bytes; it is not read"
        raise OSError(msg)
    stack: NDArray[Any] = np.empty((len(alike), *first.shape), first.dtype)
    for number, page in enumerate(alike):
        stack[number] = page.asarray()
    return stack


def _check_size(page: Any, name: str) -> None:
    """Refuse what unpacks to more than memory should be taken for; its documents are compared later."""
    if page.nbytes > _LARGEST:
        msg = f"{name} claims {page.shape} {page.dtype}, more than {_LARGEST} bytes; such are not read"
        raise OSError(msg)


def _is_whole(page: Any, size: int) -> bool:
    """Whether all pixels are in the file; tifffile makes zeros of what is missing."""
    ends = [offset + count for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)]
    return bool(ends) and max(ends) <= size and min(page.databytecounts) > 0


def _reader(content: NDArray[np.uint8]) -> Read:
    def read(offset: int, nbytes: int) -> bytes:
        return content[offset : offset + nbytes].tobytes()

    return read
