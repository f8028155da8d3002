"""Frames as chunks, each in a file of its own."""

from pathlib import Path

from framestore.formats.file_settings import FileSettings
from framestore.formats.format import Content

from .files import duplicate, remove, write_whole
from .node import Node


class Chunks:
    """One file a frame. Files of frames that were taken back stay until others replace them, or until `settle`.

    Readers that look at an older shape find whole frames in them.

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
        self._placed = 0

    def write(self, number: int, content: Content) -> None:
        """Write frame ``number``."""
        write_whole(self._path(number), content, self._settings)
        self._placed = max(self._placed, number + 1)

    def read(self, number: int) -> bytes:
        """Content of frame ``number``."""
        return self._path(number).read_bytes()

    def remove(self, first: int, frames: int, total: int) -> None:
        """Take out ``frames`` of ``total`` frames from number ``first`` on; those behind them move up.

        All the time, each number that readers were shown has a whole frame.
        """
        for number in range(first + frames, total):
            duplicate(self._path(number), self._path(number - frames))
        left = total - frames
        for number in range(max(left, self._node.events * self._frames), total):
            remove(self._path(number))  # no reader knows of it, and on a full disk its room is wanted

    def settle(self, total: int) -> None:
        """Remove what is there beside the first ``total`` frames."""
        for number in range(total, self._placed):
            self._path(number).unlink(missing_ok=True)
        self._placed = min(self._placed, total)

    def close(self) -> None:
        """No file is open."""

    def _path(self, number: int) -> Path:
        return self._node.chunk(*divmod(number, self._frames))
