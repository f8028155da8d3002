"""Handlers whose datums say something else than the number of a point."""

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framestore_handlers import blocks
from framestore_handlers.frame_file import FrameFile
from framestore_handlers.handler import FrameHandler
from framestore_handlers.segments import Segment

if TYPE_CHECKING:
    import dask.array as da

FilePath = str | PathLike[str]
"""A path as databroker gives it."""


class DatumHandler(FrameHandler):
    """Base: a subclass says what it is called with, and which files a datum is in."""

    def paths(self, datum_kwargs: Mapping[str, Any]) -> Iterable[Path]:
        """Files that hold a datum; the one that it was made with."""
        del datum_kwargs
        return [self._place.path]

    def _files(self, datum_kwarg_gen: Iterable[Mapping[str, Any]]) -> Iterable[Path]:
        for kwargs in datum_kwarg_gen:
            yield from self.paths(kwargs)


def lazy_frames(file: FrameFile, first: int, frames: int, shape: tuple[int, ...], dtype: str) -> "da.Array":
    """Lazy array (frames, \\*shape) of consecutive frames of a file."""
    return blocks.lazy_event(Segment(file=file, first=first, events=1), (frames, *shape), dtype)
