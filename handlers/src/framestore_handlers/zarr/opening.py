"""Opening the array of frames in a Zarr store, and finding what of it is not there."""

import math
import os
from collections.abc import Iterator
from io import FileIO
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from framestore_handlers.held import CutOffFileError
from framestore_handlers.place import Place

from .layout import LAYOUT, METADATA

_LARGEST_CHUNK = 2**31
"""Bytes of a chunk, which is unpacked at once."""


def zarr_python() -> Any:
    """The library zarr-python.

    Raises
    ------
    ModuleNotFoundError
        When it is not installed; it names the command that mends it.
    """
    try:
        import zarr  # noqa: PLC0415 - an extra; and who reads other formats does not need it
    except ModuleNotFoundError as error:
        if error.name != "zarr":
            raise
        msg = "Zarr stores need zarr-python: pip install 'framestore-handlers[zarr]'"
        raise ModuleNotFoundError(msg, name="zarr") from error
    return zarr


def array_folder(path: Path) -> Path:
    """Folder of the image's array; ``path`` is that, or the store it is in."""
    inside = path / LAYOUT.image
    return inside if (inside / METADATA).is_file() else path


def checked_folder(place: Place) -> Path:
    """The same of a place, when it may be opened."""
    return place.checked(array_folder(place.checked()))


def open_array(place: Place) -> Any:
    """Open the image's array as it is now.

    Raises
    ------
    MissingFileError
        When it is gone.
    UntrustedPathError
        When it is outside of what may be opened.
    OSError
        When it is no array of frames.
    """
    folder = checked_folder(place)
    array = array_in(folder, place)
    if array is None:
        raise place.missing()
    if array.ndim < 3:
        msg = f"{folder} holds an array of shape {array.shape}, not (events, frames of an event, *frame shape)"
        raise OSError(msg)
    return array


def array_in(folder: Path, place: Place) -> Any | None:
    """Open the array in a folder of a store, which was checked already, as it is now; None where there is none.

    Raises
    ------
    UntrustedPathError
        When what describes it is outside of what may be opened.
    OSError
        When it is no array, or has chunks that are too large.
    """
    if not place.checked(folder / METADATA).is_file():
        return None
    try:
        # version 2, which may stand beside it, can hold pickles: those run what they like
        array = zarr_python().open_array(folder, mode="r", zarr_format=3)
    except ModuleNotFoundError:
        raise
    except Exception as error:
        msg = f"{folder} cannot be read as a Zarr array: {type(error).__name__}: {error}"
        raise OSError(msg) from error
    nbytes = math.prod(array.chunks) * array.dtype.itemsize
    if nbytes > _LARGEST_CHUNK:
        msg = f"{folder} claims chunks of {array.chunks} {array.dtype}, {nbytes} bytes; {_LARGEST_CHUNK} are the most"
        raise OSError(msg)
    return array


def stored_dtype(array: Any) -> np.dtype[Any]:
    """Dtype of the frames that were given to the writer, byte order included.

    zarr-python gives every number in this machine's byte order; what it has in the file, a codec says.
    """
    codecs = array.metadata.codecs
    inner = next((codec.codecs for codec in codecs if hasattr(codec, "chunk_shape")), codecs)
    endian = next((codec.endian for codec in inner if hasattr(codec, "endian")), None)
    dtype = np.dtype(array.dtype)
    if endian is None:  # single bytes
        return dtype
    return dtype.newbyteorder(">" if endian.value == "big" else "<")


def chunk_files(array: Any, folder: Path, events: range, frames: range) -> Iterator[tuple[int, int, Path]]:
    """(event, first frame in it, file) of each file that holds some of those frames of those events."""
    grid = array.shards or array.chunks
    inner = [range(-(-size // chunk)) for size, chunk in zip(array.shape[2:], grid[2:], strict=True)]
    starts = range(frames.start // grid[1], -(-frames.stop // grid[1]))
    for event in range(events.start // grid[0], -(-events.stop // grid[0])):
        for frame, *rest in product(starts, *inner):
            name = array.metadata.encode_chunk_key((event, frame, *rest))
            yield event * grid[0], frame * grid[1], folder / name


def pieces(frames: int, start: int, stop: int) -> Iterator[tuple[range, range]]:
    """(events, frames of each) that together are the frames from ``start`` to ``stop``, in order."""
    while start < stop:
        event, first = divmod(start, frames)
        whole = (stop - start) // frames if first == 0 else 0
        if whole:
            yield range(event, event + whole), range(frames)
            start += whole * frames
        else:
            last = min(frames, first + stop - start)
            yield range(event, event + 1), range(first, last)
            start += last - first


def files_beside_image(folder: Path) -> Iterator[Path]:
    """Files of the store that the image's array is in, at ``folder``, but for those of its frames."""
    store = folder.parent
    if (store / METADATA).is_file():
        yield store / METADATA
        for name in LAYOUT.numbers:
            yield from sorted(path for path in (store / name).rglob("*") if path.is_file())
    yield folder / METADATA


def plain_bytes(array: Any) -> int | None:
    """Bytes of each file of chunks, where they hold the numbers as they are; None where that is not known."""
    if len(array.metadata.codecs) > 1 or array.shards is not None:
        return None
    return int(np.prod(array.chunks)) * array.dtype.itemsize


def check_whole(array: Any, folder: Path, place: Place, events: range, frames: range) -> None:
    """Check that the files of some frames of some events are there; Zarr reads a missing one as zeros.

    Parameters
    ----------
    array, folder
        What holds them, or their times, and where it was opened.
    place
        The store: what may be opened.
    events, frames
        Which events, and which frames of each.

    Raises
    ------
    UntrustedPathError
        When one is outside of what may be opened.
    OSError
        When one is gone, or has another size than its frames; it names file and frame.
    """
    expected = plain_bytes(array)
    for event, frame, path in chunk_files(array, folder, events, frames):
        with open_chunk(place.checked(path), event, frame, expected):
            pass


def open_chunk(path: Path, event: int, frame: int, expected: int | None) -> FileIO:
    """Open the file of a chunk, which has so many bytes; None: any number but 0.

    Raises
    ------
    OSError
        When it is gone, or has another size; it names file and frame.
    """
    try:
        file = FileIO(path)
    except (FileNotFoundError, NotADirectoryError):
        msg = f"{path} is missing: it holds frame {frame} of event {event}; copy it from where it was written"
        raise OSError(msg) from None
    size = os.fstat(file.fileno()).st_size
    if size != expected if expected else size == 0:  # zarr-python takes an empty shard for a missing one
        file.close()
        msg = (
            f"{path}, which holds frame {frame} of event {event}, is cut off: it has {size} of {expected or 'its'} "
            "bytes; copy it from where it was written"
        )
        raise CutOffFileError(msg)
    return file
