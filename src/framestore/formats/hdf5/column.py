"""A dataset of one number a frame, next to the frames themselves."""

from typing import Any

import h5py
import numpy as np

_ROWS_PER_CHUNK = 512
"""Numbers in a chunk: 4 KiB."""


class Column:
    """A number a frame: (frames,). Its last chunk is kept in memory and written over, whole, past HDF5's cache."""

    def __init__(self, file: h5py.File, path: str, dtype: str) -> None:
        self._id: Any = file.create_dataset(path, (0,), dtype, maxshape=(None,), chunks=(_ROWS_PER_CHUNK,)).id
        self._chunk = np.zeros(_ROWS_PER_CHUNK, dtype)
        self._start = 0
        self._written = 0
        self._filled = 0

    @property
    def rows(self) -> int:
        """How many values it has, those included that are not written yet."""
        return self._start + self._filled

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
        if rows > self.rows:
            return
        start = rows - rows % _ROWS_PER_CHUNK
        if start != self._start:
            self._chunk = self._stored(start).copy()
        self._start, self._filled, self._written = start, rows - start, min(self._written, rows - start)
        if self._id.shape[0] > rows:
            self._id.set_extent((rows,))

    def _stored(self, start: int) -> np.ndarray[Any, Any]:
        """The chunk that begins at row ``start``, out of the file."""
        return np.frombuffer(self._id.read_direct_chunk((start,))[1], self._chunk.dtype)
