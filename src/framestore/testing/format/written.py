"""A file of frames, and what should be in it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from framestore.formats import Contents, Format
from framestore.frame import FrameInfo

from .frames import Form, about

SPOILED = 0xA5
"""What memory is filled with that a writer has been told not to look at any more."""


class Row(NamedTuple):
    """A frame in a file."""

    array: NDArray[Any]
    info: FrameInfo


@dataclass(kw_only=True, slots=True)
class StoredFrames:
    """A file, or a series of files, and what should be in it."""

    settings: Format
    """The format."""
    path: Path
    """What its writer got."""
    form: Form
    """Of the frames."""
    name: str
    """What it is called, without the suffix."""
    frames_per_point: int = 1
    """Frames in an event."""
    rows: list[Row] = field(default_factory=list[Row])
    """What should be in it."""


class WrittenFile(StoredFrames):
    """A file, or a series of files, that is written as an acquisition does: through the format's encoder.

    What is handed to the writer is spoiled as soon as it has returned: buffers and scratches are used again.

    Parameters
    ----------
    settings
        The format.
    path
        What its writer gets.
    form
        Of the frames.
    name
        What it is called, without the suffix.
    frames_per_point
        Frames in an event.
    """

    def __init__(self, settings: Format, path: Path, form: Form, *, name: str, frames_per_point: int = 1) -> None:
        super().__init__(settings=settings, path=path, form=form, name=name, frames_per_point=frames_per_point)
        self._count = 0
        self._ended = False
        self._encoder = settings.encoder(form.shape, form.dtype)
        self._scratch = np.empty(self._encoder.scratch_bytes if self._encoder else 0, np.uint8)
        self._buffer = np.empty(form.shape, form.dtype)
        contents = Contents(shape=form.shape, dtype=form.dtype, frames_per_point=frames_per_point)
        self.writer = settings.writer(path, contents)
        """The format's own."""

    def append(self, frames: int = 1) -> "WrittenFile":
        """Append frames, none of which is like one before; smooth ones where the format is lossy."""
        for k in range(self._count, self._count + frames):
            self.append_row(Row(self.form.frame(k, smooth=self.settings.lossy), about(k)))
        self._count += frames
        return self

    def append_row(self, row: Row) -> None:
        """Append a frame."""
        self._buffer[...] = row.array
        content: Any = self._buffer
        if self._encoder is not None:
            content = self._encoder.encode(self._buffer, row.info, self._scratch)
        self.writer.append(content, row.info)
        for memory in (self._buffer.reshape(-1).view(np.uint8), self._scratch):
            memory.fill(SPOILED)
        self.rows.append(row)

    def flush(self) -> None:
        """Flush it."""
        self.writer.flush()

    def remove(self, first: int, frames: int) -> None:
        """Take frames out."""
        self.writer.remove(first, frames)
        del self.rows[first : first + frames]

    def copy_to(self, other: "WrittenFile", first: int) -> None:
        """Append frames to another file."""
        self.writer.copy_to(other.writer, first)
        other.rows += self.rows[first:]

    def close(self) -> "WrittenFile":
        """Close it; nothing is encoded any more."""
        self.writer.close()
        self._encoder, self._ended = None, True
        return self

    def discard(self) -> None:
        """Discard it."""
        self.writer.discard()
        self._encoder, self._ended = None, True

    def end(self) -> None:
        """Close it, unless that was done, or it was discarded."""
        if not self._ended:
            self.close()
