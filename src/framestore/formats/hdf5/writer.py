"""Frames into an HDF5 file, by direct chunk writes, while others read along."""

import contextlib
import datetime as dt
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from framestore_handlers.hdf5.layout import LAYOUT
from numpy.typing import NDArray

from framestore.formats.file_settings import FileSettings
from framestore.formats.format import Contents
from framestore.formats.identity import identity
from framestore.frame import FrameInfo

_ROWS_PER_CHUNK = 512
"""Frame ids and timestamps in a chunk: 4 KiB each."""
_LIBVER = ("v110", "v110")
"""Oldest library that knows SWMR; readers down to HDF5 1.10 open the file."""
_HEAD = 64 * 2**10
"""Bytes that must fit on the disk; all that HDF5 writes before the first frame takes less."""


class _Column:
    """A number a frame: (frames,). Its last chunk is kept in memory and written over, whole, past HDF5's cache."""

    def __init__(self, file: h5py.File, path: str, dtype: str) -> None:
        self._id: Any = file.create_dataset(path, (0,), dtype, maxshape=(None,), chunks=(_ROWS_PER_CHUNK,)).id
        self._chunk = np.zeros(_ROWS_PER_CHUNK, dtype)
        self._start = 0
        self._written = 0
        self._filled = 0

    def append(self, value: float) -> None:
        """Add a value; it is written by the next `flush`, or when it fills a chunk.

        Raises
        ------
        TypeError, ValueError, OverflowError
            When it is not a number, or too large.
        """
        self._chunk[self._filled] = value
        self._filled += 1
        if self._filled == _ROWS_PER_CHUNK:
            self.flush()
            self._start += _ROWS_PER_CHUNK
            self._filled = self._written = 0

    def flush(self) -> None:
        """Write all values that were added."""
        if self._filled > self._written:
            self._id.set_extent((self._start + self._filled,))
            try:
                self._id.write_direct_chunk((self._start,), self._chunk)
            except BaseException:
                self._id.set_extent((self._start + self._written,))
                raise
            self._written = self._filled

    def values(self, first: int) -> list[Any]:
        """All values from row ``first`` on."""
        chunks = [self._stored(start) for start in range(first - first % _ROWS_PER_CHUNK, self._start, _ROWS_PER_CHUNK)]
        values = np.concatenate([*chunks, self._chunk[: self._filled]])
        return values[first - (self._start - len(chunks) * _ROWS_PER_CHUNK) :].tolist()

    def truncate(self, rows: int) -> None:
        """Keep the first ``rows`` values."""
        start = rows - rows % _ROWS_PER_CHUNK
        if start != self._start:
            self._chunk = self._stored(start).copy()
        self._start, self._filled, self._written = start, rows - start, min(self._written, rows - start)
        if self._id.shape[0] > rows:
            self._id.set_extent((rows,))

    def _stored(self, start: int) -> NDArray[Any]:
        """The chunk that begins at row ``start``, out of the file."""
        return np.frombuffer(self._id.read_direct_chunk((start,))[1], self._chunk.dtype)


class HDF5Writer:
    """One file; frames are chunks of their own, which go to the file as they are, past HDF5's cache and filters.

    A frame's chunk, then its frame id and timestamp, are written before the extents that show them reach the file:
    a reader in another process sees whole frames or none, also after the writer was killed.
    """

    def __init__(self, path: Path, contents: Contents, settings: FileSettings) -> None:
        shape, dtype = contents.shape, contents.dtype
        self._settings = settings
        self._shape = shape
        self._dtype = dtype
        self._tail = (0,) * len(shape)
        self._appended = 0
        self._path = path
        _claim(path)
        self._identity = identity(path)
        try:
            settings.own(path)
            self._file = h5py.File(path, "w", libver=_LIBVER)
        except BaseException:
            path.unlink()
            raise
        try:
            image = self._file.create_dataset(
                LAYOUT.dataset, (0, *shape), dtype, maxshape=(None, *shape), chunks=(1, *shape)
            )
            self._image: Any = image.id
            self._frame_ids = _Column(self._file, LAYOUT.frame_id, "i8")
            self._timestamps = _Column(self._file, LAYOUT.timestamp, "f8")
            _describe(self._file, path, contents.camera, shape)
            self._file.swmr_mode = True
        except BaseException:
            with contextlib.suppress(Exception):  # on a full disk HDF5 fails to close, too: the first error counts
                self._file.close()
            path.unlink()
            raise

    def append(self, content: NDArray[Any], info: FrameInfo) -> None:
        """Write a frame as a chunk."""
        row = self._appended
        self._image.set_extent((row + 1, *self._shape))
        try:
            self._image.write_direct_chunk((row, *self._tail), content)
            self._frame_ids.append(info.frame_id)
            self._timestamps.append(info.timestamp)
        except BaseException:
            self._image.set_extent((row, *self._shape))  # no row without a frame, no frame without its numbers
            self._frame_ids.truncate(row)
            self._timestamps.truncate(row)
            raise
        self._appended = row + 1

    def flush(self) -> None:
        """Make all appended frames visible to readers.

        Raises
        ------
        FileNotFoundError
            When somebody has removed or replaced the file: its frames would vanish with this process.
        """
        if identity(self._path) != self._identity:
            msg = f"{self._path} was removed or replaced while it was written; leave it there until unstage"
            raise FileNotFoundError(msg)
        self._frame_ids.flush()
        self._timestamps.flush()
        self._file.flush()
        self._settings.sync(self._file.id.get_vfd_handle())

    def remove(self, first: int, frames: int) -> None:
        """Take out ``frames`` frames from row ``first`` on; those behind them move up."""
        numbers = self._numbers(first + frames)
        for row in range(first + frames, self._appended):
            filters, chunk = self._image.read_direct_chunk((row, *self._tail))
            self._image.write_direct_chunk((row - frames, *self._tail), chunk, filters)
        self._frame_ids.truncate(first)
        self._timestamps.truncate(first)
        for frame_id, timestamp in numbers:
            self._frame_ids.append(frame_id)
            self._timestamps.append(timestamp)
        self._appended = first + len(numbers)
        self._image.set_extent((self._appended, *self._shape))
        self._frame_ids.flush()
        self._timestamps.flush()
        self._file.flush()

    def copy_to(self, other: "HDF5Writer", first: int) -> None:
        """Append the frames from row ``first`` on to another file."""
        for row, (frame_id, timestamp) in enumerate(self._numbers(first), first):
            _, chunk = self._image.read_direct_chunk((row, *self._tail))
            frame = np.frombuffer(chunk, self._dtype).reshape(self._shape)
            other.append(frame, FrameInfo(frame_id=frame_id, timestamp=timestamp))

    def close(self) -> None:
        """Flush and close the file; plain tools read it from now on without knowing of SWMR.

        A file that holds no frame is removed.
        """
        if not self._file:
            return None
        if self._appended == 0:
            return self.discard()
        try:
            self.flush()
        finally:
            self._file.close()
        return None

    def discard(self) -> None:
        """Close the file, and remove it."""
        try:
            self._file.close()
        finally:
            if identity(self._path) == self._identity:
                self._path.unlink()

    def _numbers(self, first: int) -> list[tuple[int, float]]:
        """Id and timestamp of each frame from row ``first`` on."""
        return list(zip(self._frame_ids.values(first), self._timestamps.values(first), strict=True))


def _claim(path: Path) -> None:
    """Create the file exclusively, on a disk that has room for its head: HDF5 crashes where it cannot write that.

    Raises
    ------
    FileExistsError
        When something is there already.
    OSError
        When the disk is full; the file is removed again.
    """
    with path.open("xb") as file:
        try:
            file.write(bytes(_HEAD))
            file.flush()
        except BaseException:
            path.unlink()
            raise


def _describe(file: Any, path: Path, camera: str, shape: tuple[int, ...]) -> None:
    """Make the file valid NeXus: NXroot, NXentry, NXdata and NXdetector, each pointing at the image.

    https://manual.nexusformat.org/classes/base_classes/
    """
    now = dt.datetime.now(dt.UTC).astimezone().isoformat()
    entry, data = file["entry"], file["entry/data"]
    detector = file["entry/instrument/detector"]
    file.attrs.update(NX_class="NXroot", default="entry", file_name=path.name, file_time=now, creator="framestore")
    entry.attrs.update(NX_class="NXentry", default="data")
    entry["start_time"] = now
    file["entry/instrument"].attrs["NX_class"] = "NXinstrument"
    detector.attrs["NX_class"] = "NXdetector"
    detector["local_name"] = camera
    detector["timestamp"].attrs.update(units="s", long_name="start of the exposure, POSIX time")
    detector["frame_id"].attrs["long_name"] = "number that the camera gave the frame"
    axes = ["timestamp", *("." for _ in shape)]
    data.attrs.update(NX_class="NXdata", signal="data", axes=axes, timestamp_indices=0, frame_id_indices=0)
    data["data"].attrs.update(target=LAYOUT.dataset, interpretation=_interpretation(shape))
    detector["data"] = data["data"]
    for name in ("timestamp", "frame_id"):
        detector[name].attrs["target"] = f"/entry/instrument/detector/{name}"
        data[name] = detector[name]


def _interpretation(shape: tuple[int, ...]) -> str:
    """NeXus' word for what a frame is."""
    if len(shape) == 1:
        return "spectrum"
    return "rgb-image" if len(shape) == 3 and shape[-1] == 3 else "image"
