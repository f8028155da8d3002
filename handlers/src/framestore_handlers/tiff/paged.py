"""A series of TIFF files that may hold several frames each, a page a frame."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.checksum import NONE, Compared
from framestore_handlers.fault import Fault, Looked
from framestore_handlers.held import FrameType, check_type
from framestore_handlers.naming import named_errors
from framestore_handlers.place import MissingFileError, Place
from framestore_handlers.timed_series import TimedSeries

from .page import CutOffError, Head, Page
from .reading import frame_type, reader

_LOOKED_AT = 8
"""Files that are looked at, to find one that tells how many pages each has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PagedSeries:
    """The frames of a series of files of one frame, or of the same number of pages.

    Where documents do not say how many pages a file has, that is one, or all frames of an event, by the pages that its
    first file has: frame j of point i is file ``i * frames + j``, or page j of file i.
    """

    series: TimedSeries
    """The files."""
    pages: int | None = None
    """Pages in a file; None: as the files say."""

    @property
    def place(self) -> Place:
        """The folder where the files are."""
        return self.series.place

    @property
    def frames_per_event(self) -> int | None:
        """Frames in an event, where the document of the series says so."""
        return self.series.frames_per_event

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        pages = self._pages(start)
        if pages == 1:
            self.series.read_into(out, start)
            return
        row = 0
        while row < len(out):
            number, first = divmod(start + row, pages)
            stop = row + min(pages - first, len(out) - row)
            said = (pages, *out.shape[1:]), out.dtype
            path = self.series.path(number)
            stack = self.series.frame(number, lambda held, path=path, said=said: check_type(path, held, said))
            out[row:stop] = stack[first : first + stop - row]
            row = stop

    def times_into(self, out: NDArray[np.float64], start: int) -> None:
        """Fill ``out`` with the times from that of frame ``start`` on; not known of pages. See `TimedFrames`."""
        if self._pages(start) == 1:
            self.series.times_into(out, start)
        else:
            out.fill(np.nan)

    def checksums(self, pixels: NDArray[Any], start: int) -> list[Compared]:
        """What the files say of these frames, and what was found; nothing of pages. See `SummedFrames`."""
        return self.series.checksums(pixels, start) if self._pages(start) == 1 else [NONE] * len(pixels)

    def frame_type(self, number: int = 0) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame."""
        pages = self._pages(number)
        shape, dtype = self._type(number // pages)
        return shape if pages == 1 else shape[1:], dtype

    def files(self, start: int, stop: int) -> list[Path]:
        """Files of the frames from number ``start`` up to ``stop``."""
        pages = self._pages(start)
        return self.series.files(start // pages, -(-stop // pages))

    def check(self, wanted: Sequence[range], said: FrameType | None, looked: Looked) -> Iterator[Fault]:
        """What is wrong with some of the frames; see `CheckedFrames`."""
        pages = self._pages_of_some(wanted)
        if pages == 1:
            return self.series.check(wanted, said, looked)
        files = [range(part.start // pages, -(-part.stop // pages)) for part in wanted]
        stack = said and ((pages, *said[0]), said[1])
        faults = self.series.check(files, stack, lambda count, _: looked(count * pages, count))
        return (replace(fault, start=fault.start * pages, stop=fault.stop * pages) for fault in faults)

    def _pages_of_some(self, wanted: Sequence[range]) -> int:
        """Pages in a file, of which the first may be gone."""
        found = 1
        for number in (number for part in wanted[:1] for number in part[:: max(len(part) // _LOOKED_AT, 1)]):
            with suppress(OSError):
                found = max(found, self._pages(number))
        return found

    def _pages(self, number: int) -> int:
        """Pages in a file; known where the frame of that number is."""
        frames = self.frames_per_event or 1
        if self.pages is not None or frames == 1:
            return self.pages or 1
        for candidate in dict.fromkeys((number, number // frames)):
            path = self.place.checked(self.series.path(candidate))
            if path.exists():
                return frames if _has_pages(path) and self._count(candidate) == frames else 1
        return 1

    def _count(self, number: int) -> int:
        """Frames in a file of several pages, all of which are alike; else one."""
        try:
            shape, _ = self._type(number)
        except MissingFileError:
            return 1
        return shape[0] if len(shape) > 2 else 1

    def _type(self, number: int) -> FrameType:
        """Shape and dtype of what a file holds."""
        path = self.series.path(number)
        checked = self.place.checked(path)
        with named_errors(self.place, path):
            return frame_type(checked)


def _has_pages(path: Path) -> bool:
    """Whether a file has more than one page; False of one that is cut off, or no TIFF, which is found out later."""
    with FileIO(path) as file:
        read = reader(file)
        head = Head.of(read)
        try:
            return head is not None and Page.at(head.first, head, read).next != 0
        except (CutOffError, OSError):
            return False
