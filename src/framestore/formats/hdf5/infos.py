"""What is known of each frame, in columns next to the frames."""

import math

import h5py
from framestore_handlers.checksum import UNKNOWN, XXH3
from framestore_handlers.hdf5.layout import LAYOUT

from framestore.frame import FrameInfo

from .column import Column


class Infos:
    """Number, timestamp and exposure time of each frame, and its checksum where they are wanted.

    The column of exposure times stays empty until one is known; it cannot be made later, when readers are along.

    Parameters
    ----------
    file
        The file.
    checksums
        Whether there is to be a column of them.
    """

    def __init__(self, file: h5py.File, *, checksums: bool) -> None:
        self._frame_ids = Column(file, LAYOUT.frame_id, "i8")
        self._timestamps = Column(file, LAYOUT.timestamp, "f8")
        self._count_times = Column(file, LAYOUT.count_time, "f8")
        self._checksums = Column(file, LAYOUT.checksum, "u8") if checksums else None
        if checksums:
            file[LAYOUT.checksum].attrs[LAYOUT.algorithm] = XXH3

    def append(self, info: FrameInfo) -> None:
        """Add those of a frame.

        Raises
        ------
        TypeError, ValueError, OverflowError
            When one is not a number, or too large; some may have been added then, see `truncate`.
        """
        row = self._frame_ids.rows
        self._frame_ids.append(info.frame_id)
        self._timestamps.append(info.timestamp)
        if info.exposure_time or self._count_times.rows:
            while self._count_times.rows < row:
                self._count_times.append(math.nan)
            self._count_times.append(info.exposure_time or math.nan)
        if self._checksums:
            self._checksums.append(UNKNOWN if info.checksum is None else info.checksum)

    def flush(self) -> None:
        """Write all that were added."""
        for column in self._columns:
            column.flush()

    def values(self, first: int) -> list[FrameInfo]:
        """Those of all frames from row ``first`` on."""
        frame_ids, timestamps = self._frame_ids.values(first), self._timestamps.values(first)
        times = self._count_times.values(first) or [math.nan] * len(frame_ids)
        checksums = self._checksums.values(first) if self._checksums else [None] * len(frame_ids)
        return [
            FrameInfo(
                frame_id=frame_id,
                timestamp=timestamp,
                exposure_time=0.0 if math.isnan(time) else time,
                checksum=checksum,
            )
            for frame_id, timestamp, time, checksum in zip(frame_ids, timestamps, times, checksums, strict=True)
        ]

    def truncate(self, rows: int) -> None:
        """Keep those of the first ``rows`` frames."""
        for column in self._columns:
            column.truncate(rows)

    @property
    def _columns(self) -> list[Column]:
        columns = [self._frame_ids, self._timestamps, self._count_times]
        return [*columns, self._checksums] if self._checksums else columns
