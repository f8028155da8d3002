"""A frame out of a TIFF file."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.held import Check, CutOffFileError, FrameType, unchecked

from .compression import decompressed
from .page import CutOffError, Head, Page, Read, Strip

_LARGEST = 2**32
"""Bytes of a frame that tifffile reads, and of all pages of a file that is smaller than what they unpack to."""

_OVERHEAD = 2**16
"""Bytes that a compression may add to a frame, beyond what pixels take that it cannot compress."""


def read_frame(path: Path, check: Check = unchecked) -> NDArray[Any]:
    """The frame of a file, (height, width) or (height, width, 3), in the byte order of this machine.

    What is stored otherwise than as one strip is read by tifffile. A file of several pages gives (pages, \\*page shape)
    of those that are like the first, which leaves out thumbnails. What metadata says of other files, or of more
    dimensions, as OME-XML does, is not followed.

    Parameters
    ----------
    path
        The file.
    check
        Sees shape and dtype before pixels are read, to refuse them: those of a damaged file may be absurd.

    Raises
    ------
    FileNotFoundError
        When the file is gone.
    OSError
        When it is cut off, or ends in zeros that were never written over, or is not TIFF; it names the file.
    ModuleNotFoundError
        When it is compressed, and the library for that is not installed; it names the command that mends it.
    """
    with FileIO(path) as file:
        try:
            strip = only_strip(file, path)
            if strip:
                check((strip.shape, strip.dtype.newbyteorder("=")))
                data = stored(file, strip, str(path))
                return as_frame(decompressed(data, strip.compression, strip.frame_bytes, str(path)), strip)
        except CutOffError:
            raise cut_off(path) from None
    return by_tifffile(path, check=check)


def frame_type(path: Path) -> FrameType:
    """Shape and dtype of what `read_frame` gives; it raises what that does, but reads no pixels."""
    with FileIO(path) as file:
        try:
            strip = only_strip(file, path)
        except CutOffError:
            raise cut_off(path) from None
    return (strip.shape, strip.dtype.newbyteorder("=")) if strip else type_by_tifffile(path)


def only_strip(file: FileIO, path: Path) -> Strip | None:
    """The pixels of a file of one page; None where tifffile is to look for them."""
    read = reader(file)
    head = Head.of(read)
    if head is None:
        msg = f"{path} is not TIFF, or cut off at its beginning"
        raise OSError(msg)
    page = Page.at(head.first, head, read)
    page.check_text()
    strip = page.strip()
    return None if page.next else strip


def reader(file: FileIO) -> Read:
    """What reads a file for a `Page`."""
    size = os.fstat(file.fileno()).st_size

    def read(offset: int, nbytes: int) -> bytes:
        file.seek(min(offset, size))
        return file.read(nbytes)

    return read


def stored(file: FileIO, strip: Strip, name: str) -> NDArray[np.uint8]:
    """The bytes of a strip as they stand in the file, compressed or not: (bytes,).

    Raises
    ------
    CutOffError
        When the file has fewer.
    OSError
        When they are more than any compression makes of a frame; nothing is read.
    """
    if strip.nbytes > 2 * strip.frame_bytes + _OVERHEAD:
        msg = f"{name} is damaged: it claims {strip.nbytes} bytes of pixels for a frame of {strip.frame_bytes}"
        raise OSError(msg)
    data = np.empty(strip.nbytes, np.uint8)
    fill(file, strip.offset, data)
    return data


def fill(file: FileIO, offset: int, data: NDArray[np.uint8]) -> None:
    """Fill ``data``, (bytes,), with those of the file from ``offset`` on; CutOffError when it has fewer."""
    if offset + data.nbytes > os.fstat(file.fileno()).st_size:
        raise CutOffError
    file.seek(offset)
    left = data.data
    while left.nbytes:
        count = file.readinto(left)
        if not count:
            raise CutOffError
        left = left[count:]


def as_frame(pixels: NDArray[np.uint8], strip: Strip) -> NDArray[Any]:
    """The bytes of a frame as its array, in the byte order of this machine."""
    array = pixels.view(np.uint8).view(strip.dtype).reshape(strip.shape)
    return array.astype(strip.dtype.newbyteorder("="), copy=False)


def cut_off(path: Path, frame: int | None = None) -> CutOffFileError:
    """The error for a file, or a frame in it, that is not whole."""
    name = str(path) if frame is None else f"frame {frame} of {path}"
    return CutOffFileError(f"{name} is cut off, or ends in zeros instead of its end; copy it from where it was written")


def by_tifffile(path: Path, page: int | None = None, check: Check = unchecked) -> NDArray[Any]:
    """What tifffile reads of a file, or of one of its pages.

    Parameters
    ----------
    path
        The file.
    page
        Number of the page; None: of a file of one frame.
    check
        Sees shape and dtype before pixels are read, to refuse them: those of a damaged file may be absurd.

    Raises
    ------
    OSError
        When it is not whole, or cannot be read; it names the file.
    """
    with _pages(path, page) as (pages, most, name):
        return _pixels(pages, most, name, check)


def type_by_tifffile(path: Path, page: int | None = None) -> FrameType:
    """Shape and dtype of what `by_tifffile` gives; it raises what that does, but reads no pixels."""
    with _pages(path, page) as (pages, _, _):
        return _type(pages)


@contextmanager
def _pages(path: Path, page: int | None) -> Generator[tuple[list[Any], int, str]]:
    """A page of a file, or the first and those that are like it; how many bytes they may be; and their name."""
    name = str(path) if page is None else f"frame {page} of {path}"
    with tifffile_opened(path, name) as file:
        parts: list[Any] = list(file.pages) if page is None else [file.pages[page]]
        for part in parts:
            check_page(part, file.filehandle.size, path, page)
        first = parts[0]
        alike = [part for part in parts if (part.shape, part.dtype) == (first.shape, first.dtype)]
        yield alike, max(_LARGEST, file.filehandle.size), name


@contextmanager
def tifffile_opened(path: Path, name: str) -> Generator[Any]:
    """A file as tifffile opens it, whose errors become those of this module; ``name`` is for them."""
    import tifffile  # noqa: PLC0415 - what framestore writes does not need it

    try:
        with tifffile.TiffFile(path) as file:
            yield file
    except (tifffile.TiffFileError, ValueError, RuntimeError, LookupError, TypeError, MemoryError) as error:
        msg = f"{name} cannot be read as TIFF: {error}"
        if "imagecodecs" in str(error):
            msg += "; pip install 'framestore-handlers[compression]'"
        raise OSError(msg) from error


def _type(pages: list[Any]) -> FrameType:
    first = pages[0]
    return first.shape if len(pages) == 1 else (len(pages), *first.shape), first.dtype


def _pixels(pages: list[Any], most: int, name: str, check: Check) -> NDArray[Any]:
    """A page, or several that are alike; by itself, tifffile opens files that they name."""
    first, (shape, dtype) = pages[0], _type(pages)
    check((shape, dtype))
    if len(pages) == 1:
        array = first.asarray()
        check((array.shape, array.dtype))  # of a damaged page, it may make another shape
        return array
    if len(pages) * first.nbytes > most:
        msg = f"{name} claims {len(pages)} pages of {first.shape} {dtype}, more than {most} bytes; it is not read"
        raise OSError(msg)
    stack: NDArray[Any] = np.empty(shape, dtype)
    for number, page in enumerate(pages):
        stack[number] = page.asarray()
    return stack


def check_page(page: Any, size: int, path: Path, number: int | None = None) -> None:
    """Refuse a page that is not in a file of ``size`` bytes, or unpacks to more than memory, or to nobody knows what.

    Raises
    ------
    OSError
        It names the file, and the page where that has a number.
    """
    if not _is_whole(page, size):
        raise cut_off(path, number)
    name = str(path) if number is None else f"frame {number} of {path}"
    if page.dtype is None:
        msg = f"{name} cannot be read as TIFF: its pixels, of {page.bitspersample} bit, are of no known kind"
        raise OSError(msg)
    if page.nbytes > _LARGEST:
        msg = f"{name} claims {page.shape} {page.dtype}, more than {_LARGEST} bytes; such are not read"
        raise OSError(msg)


def _is_whole(page: Any, size: int) -> bool:
    """Whether all pixels are in the file; tifffile makes zeros of what is missing."""
    ends = [offset + count for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)]
    return bool(ends) and max(ends) <= size and min(page.databytecounts) > 0
