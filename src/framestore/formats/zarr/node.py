"""An array of a store on disk: a folder with the file that describes it."""

import json
import os
from pathlib import Path
from typing import Any

from framestore_handlers.zarr.layout import METADATA, SEPARATOR

from framestore.formats.file_settings import FileSettings

from .files import write_whole

_MARK = 10**15
"""Stands for the number of events in the text that describes an array, and has as many digits as there is room for."""


class Node:
    """A folder, made exclusively, whose array grows along its first axis: (events, …).

    Parameters
    ----------
    path
        The folder.
    description
        What stands in the file that describes the array; see `metadata`.
    settings
        What becomes of the files as files.
    in_place
        Whether the number of events is written over, in the file that describes the array. That is several times as
        fast as to replace the file, as is else done: then a reader meets the old number or the new one, whatever the
        file system promises of reading what is being written.

    Raises
    ------
    FileExistsError
        When something is there already.
    """

    def __init__(
        self, path: Path, description: dict[str, Any], settings: FileSettings, *, in_place: bool = False
    ) -> None:
        self.path = path
        self.events = 0
        """How many readers see."""
        shape = [_MARK, *description["shape"][1:]]
        self._head, self._tail = json.dumps({**description, "shape": shape}, indent=1).split(str(_MARK))
        self._settings = settings
        self._zeros = (0,) * len(shape)
        path.mkdir()
        settings.own(path)
        self._replace(0)
        self._file = os.open(path / METADATA, os.O_RDWR | os.O_CLOEXEC) if in_place else None

    def chunk(self, *numbers: int) -> Path:
        """File of a chunk, by its place in the grid: (event, frame); further numbers are 0."""
        return self.path / SEPARATOR.join(("c", *map(str, numbers + self._zeros[len(numbers) :])))

    def show(self, events: int) -> None:
        """Let readers see so many events, whose chunks are all written; they see them at once."""
        if events == self.events:
            return
        self._settings.sync_folder(self.path)  # the chunks' names, before what says that they are there
        if self._file is None:
            self._replace(events)
            self._settings.sync_folder(self.path)
        else:
            os.pwrite(self._file, self._number(events), len(self._head))
            self._settings.sync(self._file)
        self.events = events

    def close(self) -> None:
        """Close the file that describes the array."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _replace(self, events: int) -> None:
        text = [self._head.encode(), self._number(events), self._tail.encode()]
        write_whole(self.path / METADATA, text, self._settings)

    def _number(self, events: int) -> bytes:
        return f"{events:{len(str(_MARK))}d}".encode()
