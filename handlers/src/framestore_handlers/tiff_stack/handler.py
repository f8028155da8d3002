"""Frames out of a stack of TIFF pages, also while it is being written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.checksum import Compared
from framestore_handlers.fault import Fault, Looked
from framestore_handlers.held import FrameType, check_type
from framestore_handlers.place import Place
from framestore_handlers.points import PointHandler
from framestore_handlers.tiff.checksums import compare_page
from framestore_handlers.tiff.compression import decompressed
from framestore_handlers.tiff.layout import Compression
from framestore_handlers.tiff.page import CutOffError, Page, Strip
from framestore_handlers.tiff.reading import as_frame, by_tifffile, cut_off, fill, stored, type_by_tifffile
from framestore_handlers.tiff.times import page_time

from .check import check_pages
from .layout import LAYOUT
from .pages import Pages


@dataclass(frozen=True, kw_only=True, slots=True)
class TIFFStackFrames:
    """The pages of one file; a `FrameFile`."""

    place: Place
    """The file."""
    frames_per_event: int | None = None
    """Frames in an event, where the document of the file says so."""

    @property
    def path(self) -> Path:
        """The file."""
        return self.place.path

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        with Pages(self.place) as pages:
            page = None
            for number, frame in enumerate(out, start):
                page = pages.following(page, number) if page else pages.page(number)
                self._read(pages, page, number, frame)

    def times_into(self, out: NDArray[np.float64], start: int) -> None:
        """Fill ``out`` with the times from that of frame ``start`` on; see `TimedFrames`. No pixel is read."""
        for row, time in enumerate(self._asked(page_time, start, len(out))):
            out[row] = time

    def checksums(self, pixels: NDArray[Any], start: int) -> list[Compared]:
        """What the pages say of the checksums of these frames, and what was found; see `SummedFrames`."""
        frames = iter(pixels)
        return list(self._asked(lambda page: compare_page(page, next(frames)), start, len(pixels)))

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame, in the byte order of this machine."""
        with Pages(self.place) as pages:
            strip = self._strip(pages, pages.page(0), 0)
        if strip is None:
            return type_by_tifffile(self.place.checked(), 0)
        return strip.shape, strip.dtype.newbyteorder("=")

    def frames(self) -> int:
        """How many frames the file holds now.

        Raises
        ------
        OSError
            When the last is not whole.
        """
        with Pages(self.place) as pages:
            count = len(pages.offsets())
            if count:
                self._strip(pages, pages.page(count - 1), count - 1)
            return count

    def check_frame(self, number: int) -> int:
        """Check that the file holds a frame of that number, and say how many it holds at least.

        Raises
        ------
        OSError
            When it does not, or not all of it.
        """
        with Pages(self.place) as pages:
            self._strip(pages, pages.page(number), number)
        return number + 1

    def files(self, start: int, stop: int) -> list[Path]:
        """The file, whichever frames are asked for."""
        del start, stop
        return [self.place.chosen()]

    def _asked(self, ask: Callable[[Page], Any], start: int, count: int) -> Iterator[Any]:
        """What each of ``count`` pages from number ``start`` on answers."""
        with Pages(self.place) as pages:
            page = None
            for number in range(start, start + count):
                page = pages.following(page, number) if page else pages.page(number)
                try:
                    yield ask(page)
                except CutOffError:
                    raise cut_off(self.path, number) from None

    def check(self, wanted: Sequence[range], said: FrameType | None, looked: Looked) -> Iterator[Fault]:
        """What is wrong with some of the frames; see `CheckedFrames`."""
        return check_pages(self.place, wanted, said, looked)

    def _read(self, pages: Pages, page: Page, number: int, frame: NDArray[Any]) -> None:
        strip, said = self._strip(pages, page, number), (frame.shape, frame.dtype)
        if strip is None:
            frame[...] = by_tifffile(self.place.checked(), number, lambda found: check_type(self.path, found, said))
            return
        check_type(self.path, (strip.shape, strip.dtype), said)
        try:
            if strip.compression == Compression.NONE and strip.dtype == frame.dtype and frame.flags.c_contiguous:
                fill(pages.file, strip.offset, frame.reshape(-1).view(np.uint8))
                return
            name = f"frame {number} of {self.path}"
            data = decompressed(stored(pages.file, strip, name), strip.compression, strip.frame_bytes, name)
        except CutOffError:
            raise cut_off(self.path, number) from None
        frame[...] = as_frame(data, strip)

    def _strip(self, pages: Pages, page: Page, number: int) -> Strip | None:
        """Where the pixels are; None where tifffile is to look for them."""
        try:
            page.check_text()
            strip = page.strip()
        except CutOffError:
            raise cut_off(self.path, number) from None
        if strip and (
            not pages.reaches(strip.offset + strip.nbytes)
            or (strip.compression == Compression.NONE and strip.nbytes < strip.frame_bytes)
        ):
            raise cut_off(self.path, number)
        return strip


class TIFFStackHandler(PointHandler):
    """Handler of the spec ``FRAMESTORE_TIFF_STACK``: a point is a lazy dask array (frames, \\*frame shape)."""

    specs = frozenset({LAYOUT.spec})

    @staticmethod
    def open(place: Place) -> TIFFStackFrames:
        """The frames of a file, unopened."""
        return TIFFStackFrames(place=place)


def from_resource(place: Place, kwargs: Mapping[str, Any]) -> TIFFStackFrames:
    """Frames of a Resource with the spec ``FRAMESTORE_TIFF_STACK``."""
    return TIFFStackFrames(place=place, frames_per_event=kwargs.get("frame_per_point"))


def from_stream_resource(place: Place, parameters: Mapping[str, Any]) -> TIFFStackFrames:
    """Frames of a StreamResource with the mimetype ``image/tiff``."""
    stacked = parameters.get("join_method") == "stack" and len(parameters.get("chunk_shape", ())) > 1
    return TIFFStackFrames(place=place, frames_per_event=parameters["chunk_shape"][1] if stacked else None)
