"""When a page of a TIFF file was taken."""

from collections.abc import Generator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from framestore_handlers.told import time_of, words_of

from .layout import EPICS_EPOCH, Tag, Type
from .page import CutOffError, Head, Page, exactly
from .reading import cut_off, reader

_MOST_TEXT = 4096
"""Bytes of a description that are looked at: what we tell of a frame stands first."""


def read_time(path: Path) -> float:
    """When the frame of a file was taken, POSIX seconds; NaN where it does not say. The pixels are not read.

    Raises
    ------
    FileNotFoundError
        When the file is gone.
    OSError
        When it is cut off, or is not TIFF; it names the file.
    """
    with first_page(path) as page:
        return page_time(page)


@contextmanager
def first_page(path: Path) -> Generator[Page]:
    """The first page of a file, which is open meanwhile; it raises what `read_time` does."""
    with FileIO(path) as file:
        read = reader(file)
        head = Head.of(read)
        if head is None:
            msg = f"{path} is not TIFF, or cut off at its beginning"
            raise OSError(msg)
        try:
            yield Page.at(head.first, head, read)
        except CutOffError:
            raise cut_off(path) from None


def page_time(page: Page) -> float:
    """When a page was taken, by areaDetector's tags; by its description where they do not say.

    Raises
    ------
    CutOffError
        When values of the page are not in the file.
    """
    seconds, nanoseconds = page.value(Tag.SECONDS, 0), page.value(Tag.NANOSECONDS, 0)
    if seconds > 0:
        return EPICS_EPOCH + seconds + nanoseconds * 1e-9
    return time_of(page_words(page))


def page_words(page: Page) -> dict[str, str]:
    """What the description of a page tells in words; see `told`.

    Raises
    ------
    CutOffError
        When it is not in the file.
    """
    return words_of(_description(page).split("\n"))


def _description(page: Page) -> str:
    kind, count, place = page.entries.get(Tag.DESCRIPTION, (0, 0, 0))
    if kind != Type.ASCII:
        return ""
    return exactly(page.read, place, min(count, _MOST_TEXT)).rstrip(b"\0").decode("utf-8", "replace")
