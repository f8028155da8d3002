"""The pages of a stack, found without reading all before them where that can be."""

import os
import struct
from array import array
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import Self

from framestore_handlers.place import Place
from framestore_handlers.settled import settled_version
from framestore_handlers.tiff.layout import Tag
from framestore_handlers.tiff.page import CutOffError, Head, Page, exactly
from framestore_handlers.tiff.reading import cut_off

_LEAST_BYTES = 18
"""Of a page: a directory of one entry."""


class Pages:
    """The pages of an open file.

    Raises
    ------
    MissingFileError
        When the file is gone.
    UntrustedPathError
        When it is outside of what may be opened.
    OSError
        When it is not TIFF.
    """

    def __init__(self, place: Place) -> None:
        self._path = place.path
        try:
            self._opened = place.checked()
            self.file = FileIO(self._opened)
        except FileNotFoundError:
            raise place.missing() from None
        try:
            status = os.fstat(self.file.fileno())
            self.size = status.st_size
            self._version = settled_version(status)
            self.head = self._head()
        except BaseException:
            self.file.close()
            raise

    def __enter__(self) -> Self:
        """Use it in a ``with`` block, which closes the file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.file.close()

    def read(self, offset: int, nbytes: int) -> bytes:
        """Bytes of the file, as many as there are up to ``nbytes``."""
        if not self.reaches(offset + nbytes):
            nbytes = max(self.size - offset, 0)
        self.file.seek(min(offset, self.size))
        return self.file.read(nbytes)

    def reaches(self, end: int) -> bool:
        """Whether the file has so many bytes; one that is being written may have got them since it was opened."""
        if end > self.size:
            self.size = os.fstat(self.file.fileno()).st_size
        return end <= self.size

    def page(self, number: int) -> Page:
        """The page of that number, from 0.

        Raises
        ------
        OSError
            When the file has fewer, or the page is not whole.
        """
        try:
            return self._predicted(number) or Page.at(self._offset(number), self.head, self.read)
        except CutOffError:
            raise cut_off(self._path, number) from None

    def following(self, page: Page, number: int) -> Page:
        """The page behind ``page``, of that number; see `page`."""
        try:
            return Page.at(page.next, self.head, self.read) if page.next else self.page(number)
        except CutOffError:
            raise cut_off(self._path, number) from None

    def offsets(self) -> "array[int]":
        """Where the directory of each page is; that of the last may not be in the file.

        Raises
        ------
        OSError
            When pages go round in a circle.
        """
        return _settled_offsets(self._opened, self._version) if self._version else self.walk()

    def walk(self) -> "array[int]":
        """The same, from the file itself."""
        offsets: array[int] = array("Q")
        offset = self.head.first
        while offset:
            if len(offsets) * _LEAST_BYTES > self.size:
                msg = f"{self._path} is damaged: its pages go round in a circle, or overlap"
                raise OSError(msg)
            offsets.append(offset)
            try:
                offset = self._next(offset)
            except CutOffError:
                break
        return offsets

    def _head(self) -> Head:
        head = Head.of(self.read)
        if head is None:
            msg = f"{self._path} is not TIFF, or cut off at its beginning"
            raise OSError(msg)
        return head

    def _offset(self, number: int) -> int:
        offsets = self.offsets()
        if number >= len(offsets):
            if offsets:
                Page.at(offsets[-1], self.head, self.read)
            msg = f"{self._path} holds {len(offsets)} frames, so no frame {number}"
            raise OSError(msg)
        return offsets[number]

    def _predicted(self, number: int) -> Page | None:
        """The page where it stands when all are of the same length; None when the one before it says otherwise."""
        if not self.head.first:
            return None
        page = Page.at(self.head.first, self.head, self.read)
        step = page.value(Tag.PAGE_BYTES, 0)
        if number == 0 or not step:
            return None if number else page
        offset = self.head.first + number * step
        try:
            before = Page.at(offset - step, self.head, self.read)
        except CutOffError:
            return None
        return Page.at(offset, self.head, self.read) if before.next == offset else None

    def _next(self, offset: int) -> int:
        """What the page at ``offset`` says of the next."""
        order, entry, code = self.head.order, *((20, "Q") if self.head.big else (12, "I"))
        size = 8 if self.head.big else 2
        (count,) = struct.unpack(order + ("Q" if self.head.big else "H"), exactly(self.read, offset, size))
        (following,) = struct.unpack(
            order + code, exactly(self.read, offset + size + count * entry, struct.calcsize(code))
        )
        return following


@lru_cache(maxsize=16)
def _settled_offsets(path: Path, version: tuple[int, ...]) -> "array[int]":
    """Where the pages of a file are that has not changed for a while: it is walked through once."""
    del version  # of which file, in which state, this is the answer
    with Pages(Place.of(path)) as pages:
        return pages.walk()
