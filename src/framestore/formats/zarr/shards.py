"""Frames as parts of a shard: a file a point."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np

from framestore.formats.file_settings import FileSettings
from framestore.formats.format import Content
from framestore.formats.plain import byte_count, write_all

from .files import create, duplicate, remove
from .node import Node


class _Part:
    """The shard of a point that is not whole: an open file without a name of its own, and where its frames are."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = create(path)
        self.places: list[tuple[int, int]] = []
        """(offset, bytes) of each frame."""

    def write(self, content: Content) -> None:
        end = sum(self.places[-1]) if self.places else 0
        try:
            os.lseek(self.file, end, os.SEEK_SET)
            write_all(self.file, content)
        except BaseException:
            os.ftruncate(self.file, end)  # what did not fit takes no room
            raise
        self.places.append((end, byte_count(content)))

    def truncate(self, frames: int) -> None:
        del self.places[frames:]
        os.ftruncate(self.file, sum(self.places[-1]) if self.places else 0)

    def read(self, frame: int) -> bytes:
        offset, size = self.places[frame]
        return _pread(self.file, size, offset)

    def close(self) -> None:
        os.close(self.file)
        remove(self.path)


class Shards:
    """One file a point: its frames one behind another, and where they are. It has its name when the point is whole.

    https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html

    Parameters
    ----------
    node
        Of the image's array.
    frames
        Of an event.
    settings
        What becomes of the files as files.
    """

    def __init__(self, node: Node, frames: int, settings: FileSettings) -> None:
        self._node = node
        self._frames = frames
        self._settings = settings
        self._scratches: Iterator[Path] = (node.path / f".shard-{number}" for number in count())
        self._part: _Part | None = None
        self._event = 0
        self._placed = 0

    def write(self, number: int, content: Content) -> None:
        """Write frame ``number``, which follows the last one."""
        if self._part is None:
            self._part = _Part(next(self._scratches))
            self._event = number // self._frames
        self._part.write(content)
        if len(self._part.places) == self._frames:
            try:
                self._finish(self._part)
            except BaseException:
                self._part.truncate(self._frames - 1)
                raise
            self._part = None

    def read(self, number: int) -> bytes:
        """Content of frame ``number``."""
        return self._read(number, self._part, self._event)

    def remove(self, first: int, frames: int, total: int) -> None:
        """Take out ``frames`` of ``total`` frames from number ``first`` on; those behind them move up."""
        part, event = self._part, self._event
        if part is not None and first + frames == total and first > event * self._frames:
            part.truncate(first - event * self._frames)
        elif first % self._frames == 0 and frames % self._frames == 0 and first + frames < total:
            self._move(first // self._frames, frames // self._frames, total // self._frames)
        else:
            self._rewrite(first, range(first + frames, total))

    def settle(self, total: int) -> None:
        """Remove what is there beside the first ``total`` frames, which are those of whole points."""
        self.close()
        for event in range(total // self._frames, self._placed):
            self._node.chunk(event).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the shard of a point that is not whole."""
        part, self._part = self._part, None
        if part is not None:
            part.close()

    def _finish(self, part: _Part) -> None:
        """Give a shard its name."""
        from google_crc32c import value  # noqa: PLC0415 - comes with the extra

        index = np.array(part.places, "<u8").tobytes()
        os.lseek(part.file, 0, os.SEEK_END)
        write_all(part.file, [index, value(index).to_bytes(4, "little")])
        self._settings.sync(part.file)
        self._settings.own(part.path)
        part.path.replace(self._node.chunk(self._event))
        os.close(part.file)
        self._placed = max(self._placed, self._event + 1)

    def _move(self, first: int, points: int, whole: int) -> None:
        """Take out points; shards behind them move up."""
        for event in range(first + points, whole):
            duplicate(self._node.chunk(event), self._node.chunk(event - points))
        self._event -= points

    def _rewrite(self, first: int, behind: range) -> None:
        """Write the points anew from that of number ``first`` on: what is before it, and what is ``behind``."""
        part, event, self._part = self._part, self._event, None
        start = first - first % self._frames
        for to, number in enumerate((*range(start, first), *behind), start):
            self.write(to, self._read(number, part, event))
        if part is not None:
            part.close()

    def _read(self, number: int, part: _Part | None, event_of_part: int) -> bytes:
        event, frame = divmod(number, self._frames)
        if part is not None and event == event_of_part:
            return part.read(frame)
        with self._node.chunk(event).open("rb") as shard:
            file, size = shard.fileno(), 16 * self._frames
            index = np.frombuffer(_pread(file, size, os.fstat(file).st_size - size - 4), "<u8")
            offset, length = index[2 * frame : 2 * frame + 2].tolist()
            return _pread(file, length, offset)


def _pread(file: int, size: int, offset: int) -> bytes:
    """Read all of a part of a file: Linux itself reads no more than 2 GiB at once."""
    parts: list[bytes] = []
    while size:
        part = os.pread(file, size, offset)
        if not part:
            msg = "a shard ends before what it is said to hold"
            raise OSError(msg)
        parts.append(part)
        size, offset = size - len(part), offset + len(part)
    return b"".join(parts)
