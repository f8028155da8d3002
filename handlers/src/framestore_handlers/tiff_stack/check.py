"""Whether the pages of a stack are in the file: their directories and their pixels. No pixel is read."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from framestore_handlers.fault import Fault, Looked, fault_of
from framestore_handlers.held import FrameType, check_count, check_type
from framestore_handlers.naming import named_errors
from framestore_handlers.place import Place
from framestore_handlers.tiff.check import check_strip
from framestore_handlers.tiff.page import CutOffError, Page
from framestore_handlers.tiff.reading import check_page, cut_off, tifffile_opened

from .pages import Pages

_STEP = 256
"""Pages after which it is told how far it is."""


def check_pages(place: Place, wanted: Sequence[range], said: FrameType | None, looked: Looked) -> Iterator[Fault]:
    """What is wrong with the pages of a file; see `CheckedFrames`."""
    try:
        with named_errors(place, place.path):
            stack = _Stack(place, said)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with a damaged file is a fault
        looked(sum(map(len, wanted)), 1)
        yield from (fault_of(error, part, place.path) for part in wanted)
        return
    with stack:
        for part in wanted:
            yield from stack.faults(part, looked)
    looked(0, 1)


class _Stack:
    """An open file, and where its pages are; the chain of them is followed once."""

    def __init__(self, place: Place, said: FrameType | None) -> None:
        self._path, self._said = place.path, said
        self._opened = place.checked()
        self._tifffile: Any = None
        with ExitStack() as opened:
            self._pages = opened.enter_context(Pages(place))
            self._offsets = self._pages.offsets()
            self._closing = opened.pop_all()

    def __enter__(self) -> Self:
        """Use it in a ``with`` block, which closes the file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._closing.close()

    def faults(self, wanted: range, looked: Looked) -> Iterator[Fault]:
        """What is wrong with some pages."""
        there = range(wanted.start, max(min(wanted.stop, len(self._offsets)), wanted.start))
        for number in there:
            try:
                self._check(number)
            except Exception as error:  # noqa: BLE001 - as above
                yield fault_of(error, range(number, number + 1), self._path)
            if (number + 1 - wanted.start) % _STEP == 0:
                looked(_STEP, 0)
        looked(len(there) % _STEP + len(wanted) - len(there), 0)
        if there.stop < wanted.stop:
            yield self._beyond(range(there.stop, wanted.stop))

    def _beyond(self, lacking: range) -> Fault:
        """The fault of pages that the chain does not reach: it ends, or breaks off at a page that is not whole."""
        try:
            if self._offsets:
                self._page(len(self._offsets) - 1)
            check_count(self._path, len(self._offsets), lacking.stop)
        except OSError as error:
            return fault_of(error, lacking, self._path)
        raise AssertionError(lacking)

    def _page(self, number: int) -> Page:
        try:
            return Page.at(self._offsets[number], self._pages.head, self._pages.read)
        except CutOffError:
            raise cut_off(self._path, number) from None

    def _check(self, number: int) -> None:
        page = self._page(number)
        try:
            page.check_text()
            strip = page.strip()
        except CutOffError:
            raise cut_off(self._path, number) from None
        if strip is None:
            held = self._by_tifffile(number)
        else:
            self._pages.reaches(strip.offset + strip.nbytes)  # one that is being written may have grown
            check_strip(strip, self._pages.size, self._path, number)
            held = strip.shape, strip.dtype.newbyteorder("=")
        if self._said is not None:
            check_type(_named(self._path, number), held, self._said)

    def _by_tifffile(self, number: int) -> FrameType:
        """Shape and dtype of a page that is stored otherwise than as one strip."""
        if self._tifffile is None:
            self._tifffile = self._closing.enter_context(tifffile_opened(self._opened, str(self._path)))
        page = self._tifffile.pages[number]
        check_page(page, self._tifffile.filehandle.size, self._path, number)
        return page.shape, page.dtype


def _named(path: Path, number: int) -> str:
    return f"page {number} of {path}"
