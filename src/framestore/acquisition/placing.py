"""Where the frames of an acquisition go."""

import math
from concurrent.futures import Future
from pathlib import Path

from framestore.formats import Contents, Format, Writer
from framestore.frame import FrameSource
from framestore.paths import ensure_folder, ensure_space

from .order import Order
from .saved import SavedFrames
from .split import Split
from .target import Target
from .writer import WriterThread

_PATIENCE = 0.1
"""Seconds that are waited for the end of a point, to split a file there."""


class Placing:
    """Makes files, and moves frames, on the writer's thread.

    Parameters
    ----------
    writer
        Whose thread it is.
    source
        Of the frames.
    format
        Of the files.
    contents
        Of the files.
    """

    def __init__(
        self,
        writer: WriterThread,
        *,
        source: FrameSource,
        format: Format,  # noqa: A002 - the word of the public argument
        contents: Contents,
    ) -> None:
        self._writer = writer
        self._source = source
        self._format = format
        self._contents = contents
        self._frame_bytes = math.prod(contents.shape) * contents.dtype.itemsize

    def check_folder(self, folder: Path, create_dir_depth: int, frames: int) -> None:
        """Make a folder, if need be, and look whether it can be written to and has room for so many frames.

        Raises
        ------
        OSError
            When it cannot be made or written to, or has no room; TimeoutError when its file system does not return.
        """
        size = frames * self._format.least_bytes(self._contents.shape, self._contents.dtype)

        def check() -> None:
            ensure_space(ensure_folder(folder, create_dir_depth), size)

        self._writer.wait(self._writer.check(check, folder))

    def open(self, path: Path, create_dir_depth: int, *, vital: bool) -> "Future[None]":
        """All further orders go to a new file, or series of files.

        Parameters
        ----------
        path, create_dir_depth
            Where, and which folders may be made.
        vital
            Whether it fails the next order when it cannot be made.

        Returns
        -------
        Future[None]
            Done when it is made; holds the error when it cannot be.
        """
        opened = self._writer.open(self._target(path, create_dir_depth), vital=vital)
        if isinstance(self._source, SavedFrames):
            self._source.save_beside(path, self._contents.camera, lambda: self._writer.wait(opened))
        return opened

    def move(self, first: int, path: Path, create_dir_depth: int) -> None:
        """Begin a new file with the frames from row ``first`` on of this one; all further orders go there.

        Raises
        ------
        OSError
            When it cannot be made, or they cannot be written; TimeoutError when the file system does not return.
        """
        size = self._bytes_from(first)
        self._writer.wait(self._writer.move(first, self._target(path, create_dir_depth)), size)
        if isinstance(self._source, SavedFrames):
            self._source.save_beside(path, self._contents.camera)

    @property
    def part(self) -> int:
        """How many files were full before the one that frames go to now, since it was opened; see `Target`."""
        return self._writer.files.part

    def split(self, order: Order, most: int | None) -> None:
        """Have further points of an order go to another file, if this one is full; it may come to nothing.

        Parameters
        ----------
        order
            Which may have ended.
        most
            Not if more of its frames stand in files by then; None: in any case.

        Raises
        ------
        TimeoutError
            When the file system does not return.
        """
        if self._format.rotate_frames is not None or self._format.rotate_bytes is not None:
            split = Split(most)
            self._writer.split(order, split)
            split.wait(_PATIENCE, self._writer.wait)

    def take_back(self, frames: int, part: int | None = None) -> None:
        """Take the last ``frames`` frames, of orders that are complete, out of the file again.

        Where a file was split after a part that is named, they stay in that; nothing is taken from the next.
        """
        self._writer.take_back(frames, part)

    def remove(self, first: int, frames: int) -> None:
        """Take out ``frames`` frames from row ``first`` of the file on; those behind them move up.

        Raises
        ------
        OSError
            When they cannot; TimeoutError when the file system does not return.
        """
        self._writer.wait(self._writer.remove(first, frames), self._bytes_from(first + frames))

    def _bytes_from(self, row: int) -> int:
        """Size of the frames of the file from that row on."""
        return max(self._writer.files.rows - row, 0) * self._frame_bytes

    def _target(self, path: Path, create_dir_depth: int) -> Target:
        def make(path: Path) -> Writer:
            ensure_folder(path.parent, create_dir_depth)
            self._format.sync_way(path.parent)
            return self._format.writer(path, self._contents)

        return Target(
            path=path,
            make=make,
            part_path=lambda number: path.with_name(self._format.layout.part_name(path.name, number)),
            frame_bytes=self._frame_bytes,
            most_frames=self._format.rotate_frames,
            most_bytes=self._format.rotate_bytes,
        )
