"""Frames into a Zarr store, whose chunks are files of their own."""

import contextlib
import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from framestore_handlers.checksum import UNKNOWN
from framestore_handlers.zarr.layout import LAYOUT, METADATA

from framestore.formats.checksum_settings import ChecksumSettings
from framestore.formats.format import Content, Contents
from framestore.formats.identity import identity
from framestore.formats.presence import Presence
from framestore.frame import FrameInfo

from .chunks import Chunks
from .column import Column
from .files import write_whole
from .metadata import describe_column, describe_group, describe_image
from .node import Node
from .shards import Shards

_NUMBERS_PER_CHUNK = 1024
"""Frame ids, or other numbers, in a chunk: 8 KiB; more where a point has more frames."""
_FILL: Mapping[str, Any] = {
    LAYOUT.frame_id: -1,
    LAYOUT.timestamp: math.nan,
    LAYOUT.exposure_time: 0.0,
    LAYOUT.checksum: np.uint64(UNKNOWN),
}
"""What stands in place of the numbers of frames that are not there."""


class ZarrWriter:
    """One store, a folder. All of a point is written before its events' number, which readers go by, grows.

    A reader in another process sees whole points or none, also after the writer was killed.

    Parameters
    ----------
    path
        The folder, made exclusively.
    contents
        What it is going to hold.
    settings
        What becomes of the files as files.
    compressors
        zarr-python's codecs of what the encoder does.
    shard
        Whether the frames of a point share a file.
    """

    def __init__(
        self, path: Path, contents: Contents, settings: ChecksumSettings, compressors: list[Any], *, shard: bool
    ) -> None:
        self._path = path
        self._settings = settings
        self._frames = contents.frames_per_point
        self._appended = 0
        self._open = contextlib.ExitStack()
        path.mkdir()
        self._identity = identity(path)
        try:
            settings.own(path)
            self._open.callback(Presence(path).end)
            write_whole(path / METADATA, json.dumps(describe_group(contents), indent=1).encode(), settings)
            self._columns = [self._column(name) for name in LAYOUT.numbers if self._has(name)]
            self._image = Node(path / LAYOUT.image, describe_image(contents, compressors, shard=shard), settings)
            self._chunks = (Shards if shard else Chunks)(self._image, self._frames, settings)
            self._open.callback(self._chunks.close)
            settings.sync_folder(path)
            settings.sync_folder(path.parent)
        except BaseException:
            self._open.close()
            shutil.rmtree(path, ignore_errors=True)
            raise

    def append(self, content: Content, info: FrameInfo) -> None:
        """Write a frame as a chunk."""
        info = self._settings.with_checksum(content, info)
        self._chunks.write(self._appended, content)
        try:
            self._append_numbers(info)
        except BaseException:
            self._chunks.remove(self._appended, 1, self._appended + 1)
            self._truncate(self._appended)  # no frame without its numbers, no numbers without their frame
            raise
        self._appended += 1

    def flush(self) -> None:
        """Make all points that are whole visible to readers.

        Raises
        ------
        FileNotFoundError
            When somebody has removed or replaced the folder: frames before and behind would be in different places.
        """
        if identity(self._path) != self._identity:
            msg = f"{self._path} was removed or replaced while it was written; leave it there until unstage"
            raise FileNotFoundError(msg)
        self._show()

    def remove(self, first: int, frames: int) -> None:
        """Take out ``frames`` frames from row ``first`` on; those behind them move up."""
        numbers = self._numbers(first + frames)
        self._chunks.remove(first, frames, self._appended)
        self._truncate(first)
        for info in numbers:
            self._append_numbers(info)
        self._appended = first + len(numbers)
        self._image.show(min(self._appended // self._frames, self._image.events))
        self._show()

    def copy_to(self, other: "ZarrWriter", first: int) -> None:
        """Append the frames from row ``first`` on to another store."""
        for number, info in enumerate(self._numbers(first), first):
            other.append(self._chunks.read(number), info)

    def close(self) -> None:
        """Flush, and remove what was taken back, or belongs to a point that is not whole.

        A store that holds no point is removed.
        """
        points = self._appended // self._frames
        if points == 0:
            return self.discard()
        try:
            self.flush()
            self._chunks.settle(points * self._frames)
        finally:
            self._open.close()
        return None

    def discard(self) -> None:
        """Remove the folder."""
        self._open.close()
        if identity(self._path) == self._identity:
            shutil.rmtree(self._path)

    def _show(self) -> None:
        """Let readers see all points that are whole: no image without its numbers."""
        for column in self._columns:
            column.flush()
        self._image.show(self._appended // self._frames)

    def _has(self, name: str) -> bool:
        return name != LAYOUT.checksum or self._settings.checksum is not None

    def _column(self, name: str) -> Column:
        events = max(_NUMBERS_PER_CHUNK // self._frames, 1)
        description = describe_column(name, self._frames, events, _FILL[name])
        node = Node(self._path / name, description, self._settings, in_place=True)
        self._open.callback(node.close)
        column = Column(node, fill=_FILL[name], frames=self._frames, events=events, settings=self._settings)
        self._open.callback(column.close)
        return column

    def _append_numbers(self, info: FrameInfo) -> None:
        """Add what is known of a frame, in the order of the layout; without checksums, there is no column of them."""
        values = info.frame_id, info.timestamp, info.exposure_time, info.checksum or UNKNOWN
        for column, value in zip(self._columns, values, strict=False):
            column.append(value)

    def _numbers(self, first: int) -> list[FrameInfo]:
        """What is known of each frame from row ``first`` on."""
        rows = zip(*(column.values(first) for column in self._columns), strict=True)
        return [
            FrameInfo(frame_id=row[0], timestamp=row[1], exposure_time=row[2], checksum=row[3] if row[3:] else None)
            for row in rows
        ]

    def _truncate(self, frames: int) -> None:
        for column in self._columns:
            column.truncate(frames)
