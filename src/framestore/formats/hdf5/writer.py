"""Frames into an HDF5 file, by direct chunk writes, while others read along."""

import datetime as dt
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from framestore_handlers.hdf5.layout import LAYOUT
from h5py import h5s
from numpy.typing import NDArray

_ROWS_PER_CHUNK = 1024
"""Frame ids and timestamps in a chunk: 8 KiB each."""
_LIBVER = ("v110", "v110")
"""Oldest library that knows SWMR; readers down to HDF5 1.10 open the file."""


class HDF5Writer:
    """One file; frames are chunks of their own, which go to the file as they are, past HDF5's cache and filters.

    A frame's chunk, then its frame id and timestamp, are written before the extents that show them reach the file:
    a reader in another process sees whole frames or none, also after the writer was killed.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], camera: str) -> None:
        self._shape = shape
        self._tail = (0,) * len(shape)
        self._appended = 0
        self._frame_ids: list[int] = []
        self._timestamps: list[float] = []
        self._file = h5py.File(path, "x", libver=_LIBVER)
        try:
            self._image = _create(self._file, LAYOUT.dataset, shape, dtype, (1, *shape))
            self._ids = _create(self._file, LAYOUT.frame_id, (), np.dtype("i8"), (_ROWS_PER_CHUNK,))
            self._times = _create(self._file, LAYOUT.timestamp, (), np.dtype("f8"), (_ROWS_PER_CHUNK,))
            _describe(self._file, path, camera, shape)
            self._file.swmr_mode = True
        except BaseException:
            self._file.close()
            path.unlink()
            raise

    def append(self, array: NDArray[Any], frame_id: int, timestamp: float) -> None:
        """Write a frame as a chunk."""
        row = self._appended
        self._image.set_extent((row + 1, *self._shape))
        self._image.write_direct_chunk((row, *self._tail), array)
        self._frame_ids.append(frame_id)
        self._timestamps.append(timestamp)
        self._appended = row + 1

    def flush(self) -> None:
        """Make all appended frames visible to readers."""
        _extend(self._ids, np.array(self._frame_ids, np.int64), self._appended)
        _extend(self._times, np.array(self._timestamps, np.float64), self._appended)
        self._frame_ids.clear()
        self._timestamps.clear()
        self._file.flush()

    def truncate(self, frames: int) -> None:
        """Take back all frames but the first ``frames``."""
        flushed = self._appended - len(self._frame_ids)
        keep = max(frames - flushed, 0)
        del self._frame_ids[keep:]
        del self._timestamps[keep:]
        self._image.set_extent((frames, *self._shape))
        for dataset in (self._ids, self._times):
            dataset.set_extent((min(frames, flushed),))
        self._appended = frames
        self.flush()

    def close(self) -> None:
        """Flush and close the file; plain tools read it from now on without knowing of SWMR."""
        try:
            self.flush()
        finally:
            self._file.close()


def _create(file: h5py.File, path: str, shape: tuple[int, ...], dtype: np.dtype[Any], chunks: tuple[int, ...]) -> Any:
    return file.create_dataset(path, (0, *shape), dtype, maxshape=(None, *shape), chunks=chunks).id


def _extend(dataset: Any, values: NDArray[Any], rows: int) -> None:
    """Grow a dataset to ``rows`` with ``values`` at its end."""
    if not len(values):
        return
    dataset.set_extent((rows,))
    space = dataset.get_space()
    space.select_hyperslab((rows - len(values),), (len(values),))
    dataset.write(h5s.create_simple((len(values),)), space, values)


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
